"""Connectionist temporal classification: which symbols a row of frames spells (A. Graves et al., ICML 2006).

At each frame a network says how probable each symbol is, and how probable none of them, the *blank*, symbol 0. A path
has one symbol a frame; what it spells is left when repetitions are joined and then blanks are taken out: ``--aa-ab`` is
``aab``. The probability of a spelling is that of all paths that spell it together.

Legend: T frames, K symbols with the blank, S symbols spelt; ``logs`` (T, K) are natural logarithms of probabilities.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

BLANK = 0

LEAST = -9.0
"""A symbol less probable than e^-9 in a frame is not tried there by ``beam``."""

CERTAIN = -1e-4
"""Where the blank's logarithm is above, no symbol is more probable than ``LEAST``."""

Floats = NDArray[np.float64]


def collapsed(path: NDArray[np.int64]) -> list[int]:
    """What a path spells.

    >>> collapsed(np.array([0, 0, 1, 1, 0, 1, 2]))
    [1, 1, 2]
    """
    first = np.append(True, path[1:] != path[:-1]) if len(path) else np.zeros(0, dtype=np.bool_)
    return [int(symbol) for symbol in path[first] if symbol != BLANK]


def greedy(logs: Floats) -> list[int]:
    """What the most probable path spells, which is often the most probable spelling."""
    return collapsed(logs.argmax(axis=1)) if len(logs) else []


def beam(logs: Floats, width: int) -> list[int]:
    """The most probable spelling that a search finds which keeps ``width`` spellings at each frame.

    Of each spelling that was begun it adds up the probabilities of the paths that end in a blank, and of those that do
    not (Graves 2012, chapter 7; Hannun et al. 2014): a symbol that follows itself is a new one only after a blank.
    """
    kept: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -np.inf)}
    for frame in logs:
        if frame[BLANK] > CERTAIN:  # nothing else is tried there, and the order of what is kept stays
            kept = {spelt: (_sum(*ends) + frame[BLANK], -np.inf) for spelt, ends in kept.items()}
            continue
        found: dict[tuple[int, ...], tuple[float, float]] = defaultdict(lambda: (-np.inf, -np.inf))
        tried = [int(symbol) for symbol in np.flatnonzero(frame > LEAST) if symbol != BLANK]
        for spelt, (in_blank, in_symbol) in kept.items():
            both = _sum(in_blank, in_symbol)
            again = in_symbol + frame[spelt[-1]] if spelt else -np.inf
            before = found[spelt]
            found[spelt] = (_sum(before[0], both + frame[BLANK]), _sum(before[1], again))
            for symbol in tried:
                longer = (*spelt, symbol)
                before = found[longer]
                new = (in_blank if spelt[-1:] == (symbol,) else both) + frame[symbol]
                found[longer] = (before[0], _sum(before[1], new))
        best = sorted(found, key=lambda spelt: (-_sum(*found[spelt]), spelt))[:width]
        kept = {spelt: found[spelt] for spelt in best}
    return list(next(iter(kept)))


def aligned(logs: Floats, spelt: list[int]) -> NDArray[np.int64]:
    """Where a spelling lies: of the most probable path that spells it, for each frame (T,) the place in it, or -1.

    Frames of a blank have -1. All are -1 where there are too few frames to spell it.
    """
    states = [BLANK]
    for symbol in spelt:
        states += [symbol, BLANK]
    emitted = logs[:, states]  # (T, 2 S + 1)
    count, frames = len(states), len(logs)
    steps = np.zeros((frames, count), dtype=np.int64)  # from how many states back each state was reached
    score = np.full(count, -np.inf)
    score[:2] = emitted[0, :2] if frames else -np.inf
    may_skip = np.array([i >= 2 and states[i] != BLANK and states[i] != states[i - 2] for i in range(count)])
    for t in range(1, frames):
        one = np.append(-np.inf, score[:-1])
        two = np.where(may_skip, np.append([-np.inf] * min(2, count), score[:-2])[:count], -np.inf)
        ways = np.stack([score, one, two])
        steps[t] = ways.argmax(axis=0)
        score = ways.max(axis=0) + emitted[t]
    state = count - 1 if count == 1 or score[-1] >= score[-2] else count - 2
    path = np.full(frames, -1, dtype=np.int64)
    if not frames or np.isneginf(score[state]):
        return path
    for t in range(frames - 1, -1, -1):
        path[t] = (state - 1) // 2 if state % 2 else -1
        state -= steps[t, state]
    return path


def _sum(a: float, b: float) -> float:
    """log(e^a + e^b)."""
    return float(np.logaddexp(a, b))
