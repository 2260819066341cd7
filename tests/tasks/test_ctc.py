"""Which symbols a row of frames spells: against all paths, and torch's loss."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import pytest
import torch

from ranvier.tasks.ctc import aligned, beam, collapsed, greedy


def logs_of(frames: int, symbols: int, seed: int) -> np.ndarray:
    z = np.random.default_rng(seed).normal(size=(frames, symbols)) * 1.5
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def spellings(logs: np.ndarray) -> dict[tuple[int, ...], float]:
    """The probability of each spelling: the sum over all paths."""
    found: dict[tuple[int, ...], float] = defaultdict(float)
    for path in itertools.product(range(logs.shape[1]), repeat=len(logs)):
        spelt = tuple(k for k, _ in itertools.groupby(path) if k)
        found[spelt] += float(np.exp(logs[np.arange(len(logs)), path].sum()))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_a_wide_beam_finds_the_most_probable_spelling(seed):
    logs = logs_of(5, 3, seed)
    every = spellings(logs)
    assert sum(every.values()) == pytest.approx(1.0)
    assert beam(logs, 200) == list(max(every, key=lambda spelt: every[spelt]))


def test_the_most_probable_path_need_not_spell_the_most_probable_spelling():
    """Graves' example: nothing is the likeliest path, 0.6 x 0.6, and 'a' is spelt by three others, 0.64 together."""
    logs = np.log(np.array([[0.6, 0.4], [0.6, 0.4]]))
    assert greedy(logs) == []
    assert beam(logs, 4) == [1]


@pytest.mark.parametrize("seed", range(4))
def test_the_paths_of_a_spelling_are_those_of_torchs_loss(seed):
    logs = logs_of(5, 3, seed)
    for spelt, chance in spellings(logs).items():
        loss = torch.nn.functional.ctc_loss(
            torch.tensor(logs)[:, None], torch.tensor([spelt]).long(), [5], [len(spelt)], reduction="none"
        )
        assert float(loss) == pytest.approx(-np.log(chance), rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_the_alignment_is_the_best_path_of_the_spelling(seed):
    logs = logs_of(5, 3, seed)
    for spelt in ([1], [2, 1], [1, 1], [1, 2, 1], [], [1, 1, 2, 2]):
        best, at = -np.inf, None
        for path in itertools.product(range(3), repeat=5):
            score = logs[np.arange(5), path].sum()
            if [k for k, _ in itertools.groupby(path) if k] == spelt and score > best:
                best, at = score, path
        found = aligned(logs, spelt)
        if at is None:  # three repetitions would take six frames
            assert (found == -1).all()
            continue
        symbols = [spelt[place] if place >= 0 else 0 for place in found]
        assert symbols == list(at)
        assert sorted(found[found >= 0]) == found[found >= 0].tolist()
        assert set(found[found >= 0]) == set(range(len(spelt)))


def test_nothing_is_spelt_by_no_frame():
    nothing = np.zeros((0, 3))
    assert greedy(nothing) == beam(nothing, 3) == collapsed(np.zeros(0, dtype=np.int64)) == []
    assert aligned(nothing, [1]).shape == (0,)
