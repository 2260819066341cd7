"""Metrics of classes, against scikit-learn and hand-worked numbers, on ordinary and degenerate rows."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import metrics as oracle

from ranvier.errors import DataError
from ranvier.evaluation import confusion_matrix
from ranvier.evaluation import metrics as ours

BY_LABEL = {
    "accuracy": oracle.accuracy_score,
    "balanced_accuracy": oracle.balanced_accuracy_score,
    **{
        f"{name}_{average}": lambda t, p, s=score, a=average: s(t, p, average=a, zero_division=0)
        for name, score in (
            ("precision", oracle.precision_score),
            ("recall", oracle.recall_score),
            ("f1", oracle.f1_score),
        )
        for average in ("macro", "weighted")
    },
}


def rows_of(classes: int, rows: int, seed: int, ties: bool = False):
    """Class indices and probabilities that know something of them."""
    generator = np.random.default_rng(seed)
    target = generator.integers(0, classes, rows)
    scores = generator.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[target]
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    if ties:
        probabilities = np.round(probabilities * 4) + 0.25
        probabilities /= probabilities.sum(1, keepdims=True)
    return target, probabilities


def one_hot(labels, classes):
    return np.eye(classes)[labels]


DEGENERATE = {
    "a class absent from the rows": ([0, 0, 2, 2], [0, 2, 2, 2], 3),
    "a class absent but predicted": ([0, 0, 2, 2], [0, 1, 2, 1], 3),
    "a class never predicted": ([0, 1, 2, 2], [0, 0, 2, 2], 3),
    "always the same answer": ([0, 1, 1, 0, 1], [1, 1, 1, 1, 1], 2),
    "one class, right": ([1, 1, 1], [1, 1, 1], 2),
    "one class, wrong": ([1, 1, 1], [0, 0, 0], 2),
    "one row": ([1], [0], 2),
    "all wrong": ([0, 1, 2], [1, 2, 0], 3),
}


@pytest.mark.parametrize("name", BY_LABEL)
class TestLabels:
    @pytest.mark.parametrize("classes", [2, 3, 7])
    def test_random_rows(self, name, classes):
        target, probabilities = rows_of(classes, 200, classes)
        expected = BY_LABEL[name](target, probabilities.argmax(1))
        assert getattr(ours, name)(target, probabilities) == pytest.approx([expected], abs=1e-14)

    @pytest.mark.parametrize("case", DEGENERATE)
    def test_degenerate_rows(self, name, case):
        target, predicted, classes = DEGENERATE[case]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn warns of classes that are predicted but absent
            expected = BY_LABEL[name](target, predicted)
        assert getattr(ours, name)(target, one_hot(predicted, classes)) == pytest.approx([expected])

    def test_weights_are_repeated_rows(self, name):
        target, probabilities = rows_of(4, 60, 1)
        weights = np.random.default_rng(2).integers(0, 4, (5, 60))
        expected = [
            BY_LABEL[name](np.repeat(target, w), np.repeat(probabilities, w, axis=0).argmax(1))
            for w in weights
        ]
        assert getattr(ours, name)(target, probabilities, weights) == pytest.approx(expected)


def test_macro_by_hand():
    """Class 0: 2 of 3 found, 2 of 2 right; class 1: 1 of 1 found, 1 of 2 right."""
    target, predicted = [0, 0, 0, 1], one_hot([0, 0, 1, 1], 2)
    assert ours.precision_macro(target, predicted) == pytest.approx([(1 + 1 / 2) / 2])
    assert ours.recall_macro(target, predicted) == pytest.approx([(2 / 3 + 1) / 2])
    assert ours.f1_macro(target, predicted) == pytest.approx([(4 / 5 + 2 / 3) / 2])
    assert ours.f1_weighted(target, predicted) == pytest.approx([(3 * 4 / 5 + 2 / 3) / 4])


def test_level_scores_answer_the_lowest_class():
    assert ours.accuracy([0, 1], [[0.5, 0.5], [0.5, 0.5]]) == pytest.approx([0.5])


class TestRocAuc:
    @pytest.mark.parametrize("ties", [False, True])
    @pytest.mark.parametrize("seed", range(3))
    def test_two_classes(self, ties, seed):
        target, p = rows_of(2, 150, seed, ties)
        assert ours.roc_auc(target, p) == pytest.approx([oracle.roc_auc_score(target, p[:, 1])])

    @pytest.mark.parametrize("ties", [False, True])
    def test_more_classes(self, ties):
        target, p = rows_of(4, 150, 5, ties)
        assert ours.roc_auc(target, p) == pytest.approx([oracle.roc_auc_score(target, p, multi_class="ovr")])

    @pytest.mark.parametrize("classes", [2, 3])
    @pytest.mark.parametrize("ties", [False, True])
    def test_weights_are_repeated_rows(self, classes, ties):
        target, p = rows_of(classes, 60, 6, ties)
        weights = np.random.default_rng(3).integers(0, 4, (5, 60))
        expected = []
        for w in weights:
            t, q = np.repeat(target, w), np.repeat(p, w, axis=0)
            expected.append(oracle.roc_auc_score(t, q[:, 1] if classes == 2 else q, multi_class="ovr"))
        assert ours.roc_auc(target, p, weights) == pytest.approx(expected)

    def test_by_hand(self):
        """Positives at 0.4 and 0.8, negatives at 0.4 and 0.6: half, none; one, one; 2.5 of 4 pairs."""
        p = np.array([0.4, 0.8, 0.4, 0.6])
        assert ours.roc_auc([1, 1, 0, 0], np.stack([1 - p, p], 1)) == pytest.approx([2.5 / 4])

    def test_a_constant_prediction_is_a_half(self):
        assert ours.roc_auc([0, 1, 1], np.full((3, 2), 0.5)) == pytest.approx([0.5])

    @pytest.mark.parametrize("classes", [1, 2, 3])
    def test_one_class_has_none(self, classes):
        p = np.full((3, classes), 1 / classes)
        assert np.isnan(ours.roc_auc([0, 0, 0], p)).all()

    def test_an_absent_class_is_left_out_of_the_mean(self):
        """scikit-learn gives no value here; each class that occurs is compared with it alone."""
        target, p = rows_of(4, 80, 8)
        target[target == 2] = 1
        each = [oracle.roc_auc_score(target == c, p[:, c]) for c in (0, 1, 3)]
        assert ours.roc_auc(target, p) == pytest.approx([np.mean(each)])

    def test_a_resample_without_a_class_has_none(self):
        found = ours.roc_auc([0, 1], [[0.9, 0.1], [0.2, 0.8]], [[1, 1], [2, 0]])
        assert found[0] == 1.0
        assert np.isnan(found[1])


class TestLogLoss:
    @pytest.mark.parametrize("classes", [2, 5])
    def test_random_rows(self, classes):
        target, p = rows_of(classes, 100, 1)
        expected = oracle.log_loss(target, p, labels=range(classes))
        assert ours.log_loss(target, p) == pytest.approx([expected], rel=1e-12)

    def test_certain_and_wrong_is_finite(self):
        target, p = [0, 1, 2], np.eye(3)[[1, 1, 2]]
        expected = oracle.log_loss(target, p, labels=range(3))
        assert ours.log_loss(target, p) == pytest.approx([expected], rel=1e-12)
        assert expected == pytest.approx(-np.log(np.finfo(float).eps) / 3)

    def test_certain_and_right_is_not_quite_0(self):
        expected = oracle.log_loss([0, 1], np.eye(2))
        assert 0 < expected == ours.log_loss([0, 1], np.eye(2))[0]

    def test_an_absent_class(self):
        target, p = rows_of(3, 50, 4)
        target[target == 2] = 0
        expected = oracle.log_loss(target, p, labels=range(3))
        assert ours.log_loss(target, p) == pytest.approx([expected], rel=1e-12)

    def test_weights_are_repeated_rows(self):
        target, p = rows_of(3, 30, 7)
        w = np.random.default_rng(0).integers(0, 3, 30)
        expected = oracle.log_loss(np.repeat(target, w), np.repeat(p, w, axis=0), labels=range(3))
        assert ours.log_loss(target, p, w[None]) == pytest.approx([expected], rel=1e-12)


class TestConfusionMatrix:
    @pytest.mark.parametrize("weighted", [False, True])
    def test_against_scikit_learn(self, weighted):
        target, p = rows_of(4, 90, 3)
        target[target == 3] = 1  # predicted, but absent
        weight = np.random.default_rng(1).uniform(0.5, 2, 90) if weighted else None
        labels = range(4)
        matrix = oracle.confusion_matrix(target, p.argmax(1), labels=labels, sample_weight=weight)
        assert confusion_matrix(target, p, weight) == pytest.approx(matrix)

    def test_what_is_refused(self):
        with pytest.raises(DataError, match="The target has 2 rows and the prediction 1"):
            confusion_matrix([0, 1], [[0.5, 0.5]])
        with pytest.raises(DataError, match="There are no rows to measure on"):
            confusion_matrix(np.zeros(0, dtype=int), np.zeros((0, 2)))
