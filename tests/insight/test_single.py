"""What one column tells: against hand-worked means, scikit-learn's AUC, and columns whose worth is known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ranvier.insight.checks import single


def test_bins_are_values_where_there_are_few_and_quantiles_where_there_are_many():
    values = np.arange(1000.0)
    found = single.bins(values)
    assert found.max() == 63 and np.all(np.diff(found) >= 0)
    counts = np.bincount(found)
    assert counts.min() >= 15 and counts.max() <= 17
    assert single.bins(np.array([3.0, np.nan, 1.0])).tolist() == [1, 2, 0]
    assert single.bins(np.array([-1, 0, 4])).tolist() == [0, 1, 5]


def test_a_mean_is_that_of_the_other_folds():
    groups, targets = np.zeros(5, dtype=np.int64), np.array([[1.0], [2.0], [3.0], [4.0], [10.0]])
    means = single.held_out_means(groups, targets, 0)
    expected = [(20 - value + 0.1 * 4) / 4.1 for value in targets[:, 0]]
    assert means[:, 0] == pytest.approx(expected)


def test_what_occurs_once_says_nothing():
    generator = np.random.default_rng(0)
    target = generator.integers(0, 2, 300)
    assert single.score(np.arange(300), target, 2, 0) < 0.6
    assert single.score(generator.normal(size=300), generator.normal(size=300), None, 0) < 0.05


def test_the_score_is_the_area_under_the_roc_curve():
    generator = np.random.default_rng(1)
    target = generator.integers(0, 3, 900)
    codes = np.where(generator.random(900) < 0.6, target, generator.integers(0, 3, 900))
    means = single.held_out_means(codes + 1, np.eye(3)[target], 4)
    wanted = roc_auc_score(target, means / means.sum(1, keepdims=True), multi_class="ovr")
    assert single.score(codes, target, 3, 4) == pytest.approx(wanted)


@pytest.mark.parametrize("shape", [np.exp, np.negative, np.arctan, np.abs])
def test_a_function_of_the_target_is_found_whatever_its_shape(shape):
    target = np.random.default_rng(2).normal(size=2000)
    worth = single.score(shape(target), target, None, 0)
    assert (worth > 0.99) == (shape is not np.abs)


def test_that_a_value_is_missing_counts():
    target = np.arange(400) % 2
    boat = np.where(target == 1, np.random.default_rng(0).integers(1, 20, 400), np.nan).astype(float)
    assert single.score(boat, target, 2, 0) > 0.99
