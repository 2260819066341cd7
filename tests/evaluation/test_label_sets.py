"""Metrics of several labels at once, against scikit-learn, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as oracle

from ranvier.catalog import METRICS, load
from ranvier.errors import DataError
from ranvier.evaluation import compare, measure

RNG = np.random.default_rng(0)
MARKS = RNG.integers(0, 2, (150, 4))
MARKS[:8] = 0
CHANCES = np.clip(0.4 * MARKS + 0.6 * RNG.random((150, 4)), 0, 1)
CHANCES[:3] = 0.1
WEIGHT = RNG.integers(1, 4, 150)
OF_LABELS = [load("metrics", name) for name in METRICS if load("metrics", name).form == "labels"]


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_as_in_scikit_learn(weight):
    said = (CHANCES > 0.5).astype(int)
    expected = {
        "labels_f1_micro": oracle.f1_score(MARKS, said, average="micro", sample_weight=weight),
        "labels_f1_macro": oracle.f1_score(MARKS, said, average="macro", sample_weight=weight),
        "jaccard": oracle.jaccard_score(
            MARKS, said, average="samples", sample_weight=weight, zero_division=1
        ),
        "hamming_loss": oracle.hamming_loss(MARKS, said, sample_weight=weight),
        "subset_accuracy": oracle.accuracy_score(MARKS, said, sample_weight=weight),
        "mean_average_precision": oracle.average_precision_score(MARKS, CHANCES, sample_weight=weight),
    }
    assert set(expected) == {metric.name for metric in OF_LABELS}
    rows = None if weight is None else weight[None]
    for metric in OF_LABELS:
        assert metric(MARKS, CHANCES, rows)[0] == pytest.approx(expected[metric.name]), metric.name


def test_a_label_that_no_row_has_and_rows_without_labels():
    none = np.zeros((20, 2), dtype=int)
    found = measure(none, np.full((20, 2), 0.1), OF_LABELS)
    assert found["mean_average_precision"]["reason"] == "no row has any label"
    assert found["labels_f1_micro"]["value"] == 0.0 and found["jaccard"]["value"] == 1.0
    one = np.array([[1, 0], [0, 0]])
    assert load("metrics", "mean_average_precision")(one, [[0.9, 0.1], [0.2, 0.1]])[0] == 1.0


def test_sets_of_labels_are_compared_as_wholes():
    found = compare(MARKS, MARKS.astype(float), 1.0 - MARKS, load("metrics", "subset_accuracy"))
    assert found.difference == 1.0 and found.better == "a"


@pytest.mark.parametrize(
    ("target", "prediction", "match"),
    [
        (
            [0, 1],
            [[0.1], [0.2]],
            r"target has shape \(2,\) and type int64. Expected \(rows, labels\) of 0 and 1",
        ),
        (
            [[0], [1]],
            [[0.1, 0.2], [0.2, 0.1]],
            r"prediction has shape \(2, 2\) .* Expected \(rows, 1\) numbers",
        ),
        ([[0], [2]], [[0.1], [0.2]], "target's marks run from 0 to 2. Expected 0 and 1"),
        (
            [[0], [1]],
            [[0.1], [1.2]],
            "1 of 2 predictions are not probabilities. Expected values from 0 to 1. ",
        ),
    ],
)
def test_what_is_refused(target, prediction, match):
    with pytest.raises(DataError, match=match):
        load("metrics", "mean_average_precision")(target, prediction)
