"""measure: values with intervals, and what is said where there is none."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from ranvier.catalog import METRICS, load
from ranvier.errors import DataError, SpecError
from ranvier.evaluation import measure
from ranvier.evaluation import metrics as m
from ranvier.evaluation.resampling import wilson

CLASSIFY = [metric for metric in (load("metrics", name) for name in METRICS) if metric.form == "classes"]
REGRESS = [metric for metric in (load("metrics", name) for name in METRICS) if metric.form == "values"]


def rows_of(classes, rows, seed=0):
    generator = np.random.default_rng(seed)
    target = generator.integers(0, classes, rows)
    scores = generator.normal(size=(rows, classes)) + np.eye(classes)[target]
    return target, np.exp(scores) / np.exp(scores).sum(1, keepdims=True)


@pytest.mark.parametrize("classes", [2, 5])
def test_classes(classes):
    target, p = rows_of(classes, 150)
    suitable = [metric for metric in CLASSIFY if metric.suits(classes)]
    found = measure(target, p, suitable)
    assert list(found) == [metric.name for metric in suitable]
    for metric in suitable:
        entry = found[metric.name]
        assert entry["value"] == metric(target, p)[0]
        assert metric.low <= entry["low"] < entry["value"] < entry["high"] <= metric.high
        assert entry["reason"] is None
        own = {"expected_calibration_error": "simulation", "lift": "influence"}.get(metric.name)
        counted = "added rows" if metric.needs == "labels" else "jackknife"
        assert entry["method"] == ("wilson" if metric.proportion else own or counted)


@pytest.mark.parametrize("shape", [(60,), (60, 2)])
def test_values(shape):
    generator = np.random.default_rng(0)
    target = generator.normal(size=shape)
    prediction = target + generator.normal(size=shape)
    for name, entry in measure(target, prediction, REGRESS).items():
        metric = load("metrics", name)
        assert entry["value"] == metric(target, prediction)[0]
        assert metric.low <= entry["low"] < entry["value"] < entry["high"] <= metric.high


def test_accuracy_has_wilsons_interval():
    target = np.zeros(50, dtype=int)
    p = np.eye(2)[[0] * 45 + [1] * 5]
    found = measure(target, p, [m.accuracy, m.recall_weighted])
    for entry in found.values():
        assert (entry["low"], entry["high"]) == pytest.approx(wilson(0.9, 50))


def test_a_tenfold_weight_moves_value_and_interval():
    target, p = rows_of(2, 80)
    wrong = p.argmax(1) != target
    entry = measure(target, p, [m.accuracy], weight=np.where(wrong, 10.0, 1.0))["accuracy"]
    assert entry["value"] == pytest.approx((~wrong).sum() / ((~wrong).sum() + 10 * wrong.sum()))
    assert entry["method"] == "added rows"
    assert entry["low"] < entry["value"] < entry["high"]


def test_a_perfect_order_is_not_certain():
    """30 rows of 3 classes are worth 9 / (3 / 10) = 30 rows, and unequal classes fewer."""
    target = np.repeat([0, 1, 2], 10)
    entry = measure(target, np.eye(3)[target], [m.roc_auc])["roc_auc"]
    assert (entry["low"], entry["high"]) == pytest.approx(wilson(1.0, 30))
    assert entry["method"] == "wilson"
    target = np.array([0] * 58 + [1] * 2)
    entry = measure(target, np.eye(2)[target], [m.roc_auc])["roc_auc"]
    assert entry["low"] == pytest.approx(wilson(1.0, 4 / (1 / 58 + 1 / 2))[0])
    entry = measure(target, np.eye(2)[1 - target], [m.roc_auc])["roc_auc"]
    assert (entry["low"], entry["high"]) == pytest.approx(wilson(0.0, 4 / (1 / 58 + 1 / 2)))


def test_rows_of_one_class_have_the_interval_of_their_share():
    entry = measure(np.zeros(20, dtype=int), np.eye(2)[[0] * 20], [m.balanced_accuracy])["balanced_accuracy"]
    assert (entry["low"], entry["method"]) == (pytest.approx(wilson(1.0, 20)[0]), "wilson")


def test_what_is_not_defined_says_why():
    found = measure([1, 1, 1], np.full((3, 2), 0.5), [m.roc_auc, m.accuracy])
    assert found["roc_auc"] == {
        "value": None,
        "low": None,
        "high": None,
        "method": None,
        "reason": "all rows have the same class",
    }
    assert found["accuracy"]["value"] == 0.0
    found = measure([2.0, 2.0], [1.0, 2.0], [m.r2, m.mse])
    assert found["r2"]["value"] is None
    assert found["r2"]["reason"] == "the target is constant in these rows"
    found = measure([1e308, -1e308], [-1e308, 1e308], [m.mse])
    assert found["mse"]["reason"] == "the numbers are too large to be added up"


def test_scores_have_no_probabilities():
    found = measure([0, 1], [[3.0, -1.0], [-2.0, 7.0]], [m.accuracy, m.log_loss], probabilities=False)
    assert found["accuracy"]["value"] == 1.0
    assert found["log_loss"]["value"] is None
    assert found["log_loss"]["reason"] == "the network gives scores, not probabilities"
    with pytest.raises(DataError, match="2 of 2 predictions are not probabilities"):
        measure([0, 1], [[3.0, -1.0], [-2.0, 7.0]], [m.accuracy, m.log_loss])


def test_one_row_has_no_jackknife():
    entry = measure([1.0], [2.0], [m.mae])["mae"]
    assert (entry["value"], entry["low"], entry["reason"]) == (1.0, None, "one row has no interval")
    assert measure([1], [[0.2, 0.8]], [m.accuracy])["accuracy"]["low"] == pytest.approx(wilson(1.0, 1)[0])


def test_a_metric_that_hangs_on_one_row_has_no_interval():
    entry = measure([1.0, 1.0, 1.0, 5.0], [1.0, 2.0, 1.0, 4.0], [m.r2])["r2"]
    assert entry["value"] is not None and entry["low"] is None
    assert entry["reason"] == "with some rows left out, the target is constant in these rows"
    entry = measure([0, 0, 1], [[0.6, 0.4], [0.8, 0.2], [0.7, 0.3]], [m.roc_auc])["roc_auc"]
    assert (entry["value"], entry["low"]) == (0.5, None)
    assert entry["reason"] == "with some rows left out, all rows have the same class"


def test_the_seed_decides_and_json_takes_it():
    target, p = rows_of(3, 800)
    first, same, other = (json.dumps(measure(target, p, CLASSIFY, seed)) for seed in (1, 1, 2))
    assert first == same
    assert first != other


def test_metrics_of_two_forms_are_refused():
    with pytest.raises(
        SpecError,
        match=r"The metrics accuracy \(classes\) and mse \(values\) measure predictions of different forms",
    ):
        measure([0], [[1.0]], [m.accuracy, m.mse])


def test_no_metrics_are_no_measure():
    assert measure([0], [[1.0]], []) == {}


def test_a_census_takes_seconds_and_little_memory():
    """16,281 test rows, all ten metrics of two classes: processor seconds, as the machine may be busy."""
    target, p = rows_of(2, 16_281)
    start = time.process_time()
    found = measure(target, p, CLASSIFY)
    assert time.process_time() - start < 6.0
    assert found["roc_auc"]["low"] is not None
