"""Top-k accuracy and lift, by hand; the random and degenerate rows are in tests/contracts/test_metric_oracles.py."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.evaluation import measure
from ranvier.evaluation.metrics import accuracy
from ranvier.evaluation.ranking import FEWEST_POSITIVE, gains, interval_of_lift, lift, top, top_3_accuracy
from ranvier.evaluation.resampling import wilson


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


def scored(rows, generator, base=-1.2):
    """Two classes; the score knows the chance of the second, and the lift of its first tenth is about 2.9."""
    place = generator.normal(base, 1.5, rows)
    target = (generator.random(rows) < 1 / (1 + np.exp(-place))).astype(int)
    score = 1 / (1 + np.exp(-place))
    return target, np.stack([1 - score, score], 1)


@pytest.mark.parametrize("rows", [100, 600])
def test_the_interval_of_the_lift_covers(rows):
    """The jackknife's holds 98 to 99% of the truths; 600 samples leave 0.9 percentage points of noise."""
    truth = np.mean([lift(*scored(200_000, np.random.default_rng([9, i])))[0] for i in range(4)])
    generator, covered = np.random.default_rng(0), 0
    for _ in range(600):
        _, ends = interval_of_lift(*scored(rows, generator), None, 0)
        covered += ends[0] <= truth <= ends[1]
    assert 0.93 < covered / 600 < 0.975


def test_the_lift_of_weighted_rows():
    """Equal weights are none; half of the rows without weight leave the interval of the others."""
    target, p = scored(200, np.random.default_rng(1))
    _, ends = interval_of_lift(target, p, None, 0)
    assert interval_of_lift(target, p, np.full(200, 7.0), 0)[1] == pytest.approx(ends)
    other = scored(200, np.random.default_rng(2))
    both = (np.concatenate([target, other[0]]), np.concatenate([p, other[1]]))
    assert interval_of_lift(*both, np.repeat([1.0, 0.0], 200), 0)[1] == pytest.approx(ends)


def test_a_tenth_without_positive_rows_has_wilsons_interval():
    target = np.repeat([0, 1], [50, 10])
    score = np.linspace(0.9, 0.1, 60)
    entry = measure(target, np.stack([1 - score, score], 1), [lift])["lift"]
    assert (entry["value"], entry["low"], entry["method"]) == (0.0, 0.0, "wilson")
    assert entry["high"] == pytest.approx(wilson(0.0, 6)[1] * 6)


def test_the_interval_of_the_lift_takes_rows_of_one_score_together():
    """Their order is nothing, and where all have one score the lift is 1 for certain: chance cannot do other."""
    target, p = scored(150, np.random.default_rng(3))
    p = np.round(p, 1)
    order = np.random.default_rng(4).permutation(150)
    _, ends = interval_of_lift(target, p, None, 0)
    assert interval_of_lift(target[order], p[order], None, 0)[1] == pytest.approx(ends)
    assert interval_of_lift(target, np.full((150, 2), 0.5), None, 0)[1] == pytest.approx((1.0, 1.0))


def test_few_positive_rows_have_no_interval_of_the_lift():
    target = np.arange(60) >= 61 - FEWEST_POSITIVE
    score = np.linspace(0.1, 0.9, 60)
    entry = measure(target.astype(int), np.stack([1 - score, score], 1), [lift])["lift"]
    assert entry["value"] == pytest.approx(10.0)
    assert (entry["low"], entry["reason"]) == (None, "fewer than 5 rows have the positive class")
