"""Each class by itself: scikit-learn's values, and intervals of as many rows as the class has."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from ranvier.evaluation.by_class import measure_classes
from ranvier.evaluation.resampling import wilson


def test_values_are_scikit_learns() -> None:
    generator = np.random.default_rng(0)
    target, probabilities = generator.integers(0, 3, 60), generator.dirichlet(np.ones(3), 60)
    expected = precision_recall_fscore_support(target, probabilities.argmax(1))
    found = measure_classes(target, probabilities)
    for place, name in enumerate(("precision", "recall", "f1")):
        np.testing.assert_allclose([one[name]["value"] for one in found], expected[place])
        assert all(one[name]["low"] < one[name]["value"] < one[name]["high"] for one in found)
    assert [one["support"] for one in found] == expected[3].tolist()


def test_a_perfect_class_of_few_rows_is_not_certain() -> None:
    target = np.repeat([0, 1], [4, 96])
    found = measure_classes(target, np.eye(2)[target])[0]
    low = pytest.approx(wilson(1.0, 4)[0])
    assert found["recall"] == {"value": 1.0, "low": low, "high": 1.0}
    assert found["precision"]["low"] == low
    share = wilson(1.0, 4)[0]  # of hits among the rows that are of the class or called so
    assert found["f1"] == {"value": 1.0, "low": pytest.approx(2 * share / (1 + share)), "high": 1.0}


def test_f1_of_a_class_that_is_never_called_has_an_interval() -> None:
    found = measure_classes([0, 0, 1, 1, 1], np.eye(2)[[0] * 5])[1]
    high = wilson(0.0, 3)[1]
    assert found["f1"] == {"value": 0.0, "low": 0.0, "high": pytest.approx(2 * high / (1 + high))}


def test_the_interval_of_f1_covers() -> None:
    """20 rows of a class of 100, 5 of others called so: 600 samples leave 0.9 percentage points of noise."""
    generator, covered = np.random.default_rng(0), 0
    shares = np.array([0.7, 0.1, 0.05, 0.15])  # neither, missed, false alarm, hit
    f1 = 2 * 0.15 / (0.25 + 0.2)
    for _ in range(600):
        cell = generator.choice(4, 100, p=shares)
        entry = measure_classes(
            np.isin(cell, (1, 3)).astype(int), np.eye(2)[np.isin(cell, (2, 3)).astype(int)]
        )
        covered += entry[1]["f1"]["low"] <= f1 <= entry[1]["f1"]["high"]
    assert 0.93 < covered / 600 < 0.98


def test_a_class_that_does_not_occur() -> None:
    found = measure_classes(np.zeros(5, dtype=int), np.eye(3)[[0, 0, 0, 0, 1]])
    nothing = {"value": None, "low": None, "high": None}
    assert found[2]["precision"] == found[2]["recall"] == nothing and found[2]["support"] == 0
    assert found[1]["recall"] == nothing and found[1]["precision"]["value"] == 0
    assert found[1]["f1"] == {"value": 0.0, "low": None, "high": None}
