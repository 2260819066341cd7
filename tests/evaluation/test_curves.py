"""The curves, against scikit-learn; the cheapest threshold, against trying them all."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as oracle

from ranvier.errors import DataError
from ranvier.evaluation.curves import cheapest_threshold, lift_curve, outcome, precision_recall, roc
from ranvier.evaluation.ranking import lift


def rows_of(rows=120, seed=0, decimals=3):
    generator = np.random.default_rng(seed)
    positive = generator.random(rows) < 0.4
    score = 1 / (1 + np.exp(-(generator.normal(size=rows) + 1.5 * positive - 0.7)))
    return positive, np.round(score, decimals)


@pytest.mark.parametrize("decimals", [8, 1])
def test_the_curves_are_those_of_scikit_learn(decimals):
    positive, score = rows_of(decimals=decimals)
    found = roc(positive, score)
    x, y, thresholds = oracle.roc_curve(positive, score, drop_intermediate=False)
    assert found.x == pytest.approx(x)
    assert found.y == pytest.approx(y)
    assert found.thresholds == pytest.approx(thresholds)
    found = precision_recall(positive, score)
    precision, recall, thresholds = oracle.precision_recall_curve(positive, score)
    assert found.y[::-1] == pytest.approx(precision[-len(found.y) :][np.r_[: len(thresholds), -1]])
    assert found.x[::-1] == pytest.approx(recall)
    assert found.thresholds[:0:-1] == pytest.approx(thresholds)


@pytest.mark.parametrize("miss_cost", [0.2, 1.0, 3.0, 50.0])
@pytest.mark.parametrize("seed", range(4))
def test_no_threshold_is_cheaper(miss_cost, seed):
    positive, score = rows_of(40, seed, decimals=2)
    found = cheapest_threshold(positive, score, miss_cost)
    tried = [outcome(positive, score, t, miss_cost).cost for t in (-0.1, *np.unique(score), 1.1)]
    assert outcome(positive, score, found, miss_cost).cost == pytest.approx(min(tried))
    assert 0.0 <= found <= 1.0


def test_where_rows_leave_room_the_threshold_is_that_of_true_probabilities():
    assert cheapest_threshold([False, True], [0.1, 0.9], 1.0) == 0.5
    assert cheapest_threshold([False, True], [0.1, 0.9], 4.0) == pytest.approx(0.2)
    assert cheapest_threshold([False, True], [0.3, 0.4], 1.0) == pytest.approx(0.35)


def test_one_class_has_no_curve():
    for curve in (roc, precision_recall):
        with pytest.raises(DataError, match="All rows are of one class"):
            curve([True, True], [0.1, 0.2])


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match=r"shape \(1,\) and type bool, the scores \(2,\)"):
        roc([True], [0.1, 0.2])
    with pytest.raises(DataError, match="A score is NaN or infinite"):
        roc([True, False], [0.1, np.nan])
    with pytest.raises(DataError, match="The cost of a miss is 0"):
        cheapest_threshold([True, False], [0.1, 0.2], 0)


@pytest.mark.parametrize("make", [roc, precision_recall, lift_curve])
def test_a_weight_is_a_repeated_row(make):
    positive, score = rows_of(decimals=1)
    times = np.random.default_rng(1).integers(0, 3, len(score))
    weighted, repeated = (
        make(positive, score, times),
        make(np.repeat(positive, times), np.repeat(score, times)),
    )
    assert weighted.x == pytest.approx(repeated.x)
    assert weighted.y == pytest.approx(repeated.y)
    assert weighted.thresholds == pytest.approx(repeated.thresholds)


def test_a_weight_moves_the_cheapest_threshold():
    positive, score = rows_of(200, 3)
    times = np.where(positive, 5, 1)
    repeated = cheapest_threshold(np.repeat(positive, times), np.repeat(score, times), 1.0)
    assert cheapest_threshold(positive, score, 1.0, times) == pytest.approx(repeated)
    assert repeated < cheapest_threshold(positive, score, 1.0)


def test_the_lift_curve_ends_at_1_and_gives_the_metric_at_a_tenth():
    positive, score = rows_of(200, 4, decimals=8)
    found = lift_curve(positive, score)
    assert (found.x[-1], found.y[-1]) == (1.0, pytest.approx(1.0))
    at_tenth = found.y[np.flatnonzero(found.x == 0.1)[0]]
    assert lift(positive.astype(int), np.stack([1 - score, score], 1)) == pytest.approx([at_tenth])
