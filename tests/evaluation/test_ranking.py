"""Top-k accuracy and lift, by hand; the random and degenerate rows are in tests/contracts/test_metric_oracles.py."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.evaluation.metrics import accuracy
from ranvier.evaluation.ranking import gains, lift, top, top_3_accuracy


def test_the_first_three_of_five():
    p = np.array([[0.4, 0.3, 0.15, 0.1, 0.05]] * 5)
    assert top_3_accuracy([0, 1, 2, 3, 4], p) == pytest.approx([0.6])


def test_the_first_one_is_the_accuracy_with_ties_too():
    generator = np.random.default_rng(0)
    target, p = generator.integers(0, 4, 300), generator.multinomial(3, [0.25] * 4, 300) / 3
    ones = np.ones((1, 300))
    assert top(1)(target, p, ones) == accuracy(target, p)


def test_three_of_three_say_nothing():
    assert np.isnan(top_3_accuracy([0, 1], np.full((2, 3), 1 / 3))).all()
    assert not top_3_accuracy.suits(3) and top_3_accuracy.suits(4)
    assert lift.suits(2) and not lift.suits(3)


def test_the_lift_by_hand():
    """Twenty rows, four positive; the highest two scores hold both one positive: (1 / 4) / 0.1."""
    target = np.zeros(20, dtype=int)
    target[[1, 5, 9, 19]] = 1
    score = np.linspace(0.95, 0.05, 20)
    assert lift(target, np.stack([1 - score, score], 1)) == pytest.approx([2.5])


def test_equal_scores_have_a_lift_of_1():
    target = np.array([0, 1, 1, 0, 1])
    assert lift(target, np.full((5, 2), 0.5)) == pytest.approx([1.0])


def test_gains_begin_with_nothing_and_end_with_all():
    taken, found = gains(
        np.array([True, False, True]), np.array([0.2, 0.9, 0.2]), np.array([[1.0, 2.0, 4.0]])
    )
    assert taken.tolist() == [[0.0, 2.0, 7.0]]
    assert found.tolist() == [[0.0, 0.0, 5.0]]
