"""What cannot be measured is refused, with all that is wrong at once."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.errors import DataError
from ranvier.evaluation import metrics
from ranvier.evaluation.inputs import check_probabilities, checked, checked_weight

HALF = [[0.5, 0.5]]


@pytest.mark.parametrize(
    ("target", "prediction", "sentence"),
    [
        (
            [[0]],
            HALF,
            r"The target has shape \(1, 1\) and type int64. Expected \(rows,\) whole class indices",
        ),
        ([0.0], HALF, "The target has shape .* and type float64. Expected .* whole class indices"),
        ([0], [0.5], r"The prediction has shape \(1,\) and type float64. Expected \(rows, classes\) numbers"),
        ([0], [["a"]], "The prediction has shape .* Expected .rows, classes. numbers"),
        ([0], np.zeros((1, 0)), r"The prediction has shape \(1, 0\)"),
        ([0, 1], HALF, "The target has 2 rows and the prediction 1. Expected as many of each"),
        (
            np.zeros(0, dtype=int),
            np.zeros((0, 2)),
            "There are no rows to measure on. Expected at least one row",
        ),
        (
            [0, 0],
            [[np.nan, 1], [0.5, 0.5]],
            "The prediction is NaN or infinite in 1 of 2 rows. .* has diverged",
        ),
        ([0], [[np.inf, 0]], "The prediction is NaN or infinite in 1 of 1 rows"),
        ([0, 2], HALF * 2, "The target's class indices run from 0 to 2. Expected indices from 0 to 1"),
        ([-1], HALF, "The target's class indices run from -1 to -1"),
    ],
)
def test_classes_that_are_refused(target, prediction, sentence):
    with pytest.raises(DataError, match=sentence):
        checked(target, prediction, "classes")


@pytest.mark.parametrize(
    ("target", "prediction", "sentence"),
    [
        (["a"], [1.0], "The target has shape .* Expected .rows,. or .rows, outputs. numbers"),
        ([1.0], [[[1.0]]], r"The prediction has shape \(1, 1, 1\)"),
        (np.zeros((2, 0)), np.zeros((2, 0)), r"The target has shape \(2, 0\)"),
        ([1.0, 2.0], [1.0], "The target has 2 rows and the prediction 1"),
        ([[1.0, 2.0]], [1.0], "The prediction has 1 outputs. Expected 2, as the target has"),
        ([np.nan], [1.0], "The target holds a value that is NaN or infinite. Expected finite numbers"),
        ([1.0], [-np.inf], "The prediction is NaN or infinite in 1 of 1 rows"),
        ([], [], "There are no rows to measure on"),
    ],
)
def test_values_that_are_refused(target, prediction, sentence):
    with pytest.raises(DataError, match=sentence):
        checked(target, prediction, "values")


def test_all_that_is_wrong_is_said_together():
    with pytest.raises(DataError, match="2 rows and the prediction 1") as caught:
        checked([0, 7], [[np.nan, 0.5]], "classes")
    assert len(caught.value.mistakes) == 3


def test_a_column_of_values_is_no_outer_product():
    """(N,) against (N, 1) would broadcast to (N, N)."""
    assert metrics.mae([1.0, 3.0], [[1.0], [3.0]])[0] == 0.0


@pytest.mark.parametrize("row", [[0.5, 0.6], [-0.5, 1.5], [2.0, 3.0]])
def test_scores_are_no_probabilities(row):
    with pytest.raises(DataError, match=r"1 of 2 predictions are not probabilities. .* apply softmax first"):
        check_probabilities(np.array([row, [0.5, 0.5]]))


def test_float32_probabilities_are_taken():
    scores = np.random.default_rng(0).normal(size=(50, 1000)).astype(np.float32)
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    assert np.isfinite(metrics.log_loss(np.zeros(50, dtype=int), p)[0])


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        ([1.0], r"The row weights have shape \(1,\). Expected one number for each of 2 rows"),
        (["a", "b"], r"The row weights have shape \(2,\). Expected one number for each of 2 rows"),
        ([-1.0, 1.0], "A row weight is negative or not finite, or all are 0"),
        ([np.nan, 1.0], "A row weight is negative or not finite"),
        ([0.0, 0.0], "A row weight is negative or not finite, or all are 0"),
    ],
)
def test_row_weights_that_are_refused(weight, sentence):
    with pytest.raises(DataError, match=sentence):
        checked_weight(weight, 2)


@pytest.mark.parametrize("weights", [[1.0, 1.0], [[1.0]], [[1.0, -1.0]], [[np.nan, 1.0]]])
def test_multiplicities_that_are_refused(weights):
    with pytest.raises(DataError, match=r"The weights have shape .* or are not all at least 0. Expected"):
        metrics.accuracy([0, 1], HALF * 2, weights)
