"""Perplexity and accuracy over hidden tokens, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ranvier.evaluation.hidden import measure_hidden


def test_perplexity_and_accuracy_by_hand() -> None:
    found = measure_hidden(np.array([0.0, math.log(4)]), np.array([True, False]))
    assert found["perplexity"]["value"] == pytest.approx(2.0)
    assert found["accuracy"]["value"] == 0.5
    assert found["accuracy"]["low"] is None and found["accuracy"]["reason"] == "fewer than 400 hidden tokens"


def test_intervals_hold_the_value_and_shares_stay_within_0_and_1() -> None:
    draw = np.random.default_rng(0)
    found = measure_hidden(draw.exponential(1.0, 4_000), draw.random(4_000) < 0.999)
    for entry in found.values():
        assert entry["low"] < entry["value"] < entry["high"] or entry["high"] == 1.0
    assert found["accuracy"]["high"] <= 1.0
