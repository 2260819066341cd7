"""The further metrics, against scikit-learn and hand-worked numbers, on ordinary and degenerate rows."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import metrics as oracle

from ranvier.errors import SpecError
from ranvier.evaluation import more_metrics as ours


def one_hot(labels, classes):
    return np.eye(classes)[labels]


def rows_of(classes, rows, seed, ties=False):
    generator = np.random.default_rng(seed)
    target = generator.integers(0, classes, rows)
    scores = generator.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[target]
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    if ties:
        probabilities = np.round(probabilities * 4) + 0.25
        probabilities /= probabilities.sum(1, keepdims=True)
    return target, probabilities


def average_precision(target, probabilities, weights=None):
    if probabilities.shape[1] == 2:
        return oracle.average_precision_score(target, probabilities[:, 1], sample_weight=weights)
    hot = one_hot(target, probabilities.shape[1])
    return oracle.average_precision_score(hot, probabilities, sample_weight=weights)


def brier(target, probabilities, weights=None):
    labels = list(range(probabilities.shape[1]))
    guess = probabilities[:, 1] if len(labels) == 2 else probabilities
    return oracle.brier_score_loss(target, guess, labels=labels, sample_weight=weights)


BY_PROBABILITY = {"average_precision": average_precision, "brier": brier}
BY_LABEL = {"cohen_kappa": oracle.cohen_kappa_score, "mcc": oracle.matthews_corrcoef}

DEGENERATE = {
    "a class absent from the rows": ([0, 0, 2, 2], [0, 2, 2, 2], 3),
    "a class absent but predicted": ([0, 0, 2, 2], [0, 1, 2, 1], 3),
    "a class never predicted": ([0, 1, 2, 2], [0, 0, 2, 2], 3),
    "always the same answer": ([0, 1, 1, 0, 1], [1, 1, 1, 1, 1], 2),
    "one class, wrong": ([1, 1, 1], [0, 0, 0], 2),
    "all wrong": ([0, 1, 2], [1, 2, 0], 3),
    "all right": ([0, 1, 2, 0], [0, 1, 2, 0], 3),
    "one row, wrong": ([1], [0], 2),
}


@pytest.mark.parametrize("name", BY_PROBABILITY)
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("classes", [2, 3, 7])
class TestProbabilities:
    def test_random_rows(self, name, ties, classes):
        target, probabilities = rows_of(classes, 200, classes, ties)
        expected = BY_PROBABILITY[name](target, probabilities)
        assert getattr(ours, name)(target, probabilities) == pytest.approx([expected], abs=1e-12)

    def test_weights_that_may_be_0(self, name, ties, classes):
        target, probabilities = rows_of(classes, 120, classes + 1, ties)
        weights = np.random.default_rng(2).integers(0, 3, (5, 120)) * 0.7
        expected = [BY_PROBABILITY[name](target, probabilities, row) for row in weights]
        assert getattr(ours, name)(target, probabilities, weights) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", BY_LABEL)
class TestLabels:
    @pytest.mark.parametrize("classes", [2, 3, 7])
    def test_random_rows(self, name, classes):
        target, probabilities = rows_of(classes, 200, classes)
        weights = np.random.default_rng(2).integers(0, 3, (4, 200))
        predicted = probabilities.argmax(1)
        expected = [BY_LABEL[name](target, predicted, sample_weight=row) for row in weights]
        assert getattr(ours, name)(target, probabilities, weights) == pytest.approx(expected, abs=1e-12)

    @pytest.mark.parametrize("case", DEGENERATE)
    def test_degenerate_rows(self, name, case):
        target, predicted, classes = DEGENERATE[case]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = BY_LABEL[name](target, predicted)
        found = getattr(ours, name)(target, one_hot(predicted, classes))
        assert found == pytest.approx([expected], abs=1e-12)


def test_one_class_and_right_has_no_kappa_and_no_correlation():
    right = one_hot([1, 1, 1], 2)
    assert np.isnan(ours.cohen_kappa([1, 1, 1], right)).all()
    assert ours.mcc([1, 1, 1], right) == [0.0]  # as scikit-learn's
    scaled = ours.cohen_kappa([1, 1, 1], right, [[0.1, 0.2, 0.7]])
    assert np.isnan(scaled).all()


@pytest.mark.parametrize(("target", "expected"), [([1, 1], 1.0), ([0, 0], np.nan)])
def test_average_precision_of_one_class(target, expected):
    probabilities = [[0.3, 0.7], [0.6, 0.4]]
    assert ours.average_precision(target, probabilities) == pytest.approx([expected], nan_ok=True)


def test_average_precision_leaves_an_absent_class_out():
    target, probabilities = np.array([0, 1, 1]), np.array([[0.5, 0.2, 0.3], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1]])
    each = [oracle.average_precision_score(target == c, probabilities[:, c]) for c in (0, 1)]
    assert ours.average_precision(target, probabilities) == pytest.approx([np.mean(each)])


@pytest.mark.parametrize("shape", [(80,), (80, 3)])
def test_relative_errors(shape):
    generator = np.random.default_rng(0)
    target = generator.normal(3.0, 2.0, shape)
    prediction = target + generator.normal(size=shape)
    weights = generator.integers(0, 3, (4, 80))
    expected = [oracle.mean_absolute_percentage_error(target, prediction, sample_weight=w) for w in weights]
    assert ours.mape(target, prediction, weights) == pytest.approx(expected, rel=1e-12)


def test_a_target_of_0_has_no_relative_error_unless_its_row_is_left_out():
    found = ours.mape([0.0, 2.0, 4.0], [1.0, 1.0, 3.0], [[1, 1, 1], [0, 1, 1]])
    assert found == pytest.approx([np.nan, (0.5 + 0.25) / 2], nan_ok=True)


@pytest.mark.parametrize("level", [0.0, 1.0, 1.5, float("nan")])
def test_the_level_of_a_quantile_is_between_0_and_1(level):
    with pytest.raises(SpecError, match=r"The level of a quantile is .*. Expected a number between 0 and 1"):
        ours.pinball(level)
