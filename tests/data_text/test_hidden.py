"""Hidden tokens: how many, what stands in their place, and what is never asked for."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.data.hidden import UNASKED, hide
from ranvier.data.tokens import UNKNOWN
from ranvier.data.windows import Windows


def test_of_the_hidden_tokens_most_read_as_unknown_some_as_others_and_some_as_they_are() -> None:
    ids = np.random.default_rng(0).integers(2, 1_000, (400, 100))
    read, told = (each.numpy() for each in hide(ids, 1_000, np.random.default_rng(1)))
    asked = told != UNASKED
    assert asked.mean() == pytest.approx(0.15, abs=0.005)
    assert (told[asked] == ids[asked]).all() and (read[~asked] == ids[~asked]).all()
    assert (read[asked] == UNKNOWN).mean() == pytest.approx(0.8, abs=0.02)
    assert (read[asked] == ids[asked]).mean() == pytest.approx(0.1, abs=0.015)
    assert read.min() >= 1 and read.max() < 1_000


def test_what_training_did_not_see_is_never_asked_for_and_something_else_always_is() -> None:
    ids = np.full((1, 3), UNKNOWN)
    assert (hide(ids, 9, np.random.default_rng(0))[1].numpy() == UNASKED).all()
    ids[0, 1] = 5
    for seed in range(20):
        assert hide(ids, 9, np.random.default_rng(seed))[1].numpy().tolist() == [[UNASKED, 5, UNASKED]]


def test_windows_with_hidden_tokens_are_the_same_for_the_same_step() -> None:
    ids = np.arange(2, 102)
    first, again = (Windows(ids, 10, 4, 3, 5, hidden=102).batch(1, 2) for _ in range(2))
    assert first.inputs["text"].equal(again.inputs["text"]) and first.target.equal(again.target)
    assert first.target.shape == (4, 10) and (first.target != UNASKED).any()
    other = Windows(ids, 10, 4, 3, 5, hidden=102).batch(1, 3)
    assert not other.target.equal(first.target)
