"""Metrics of ordered classes and of counts, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as oracle

from ranvier.catalog import load
from ranvier.evaluation import compare, measure

RNG = np.random.default_rng(0)
TARGET = RNG.integers(0, 5, 200)
SCORES = RNG.dirichlet(np.ones(5), 200) + 0.3 * np.eye(5)[TARGET]
CHANCES = SCORES / SCORES.sum(1, keepdims=True)
WEIGHT = RNG.integers(1, 4, 200)


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_as_in_scikit_learn(weight):
    predicted = CHANCES.argmax(1)
    rows = None if weight is None else weight[None]
    kappa = oracle.cohen_kappa_score(TARGET, predicted, weights="quadratic", sample_weight=weight)
    assert load("metrics", "quadratic_kappa")(TARGET, CHANCES, rows)[0] == pytest.approx(kappa)
    off = oracle.mean_absolute_error(TARGET, predicted, sample_weight=weight)
    assert load("metrics", "rank_mae")(TARGET, CHANCES, rows)[0] == pytest.approx(off)
    rates = RNG.gamma(2.0, 1.0, 200)
    deviance = oracle.mean_poisson_deviance(TARGET, rates, sample_weight=weight)
    assert load("metrics", "poisson_deviance")(TARGET, rates, rows)[0] == pytest.approx(deviance)


def test_one_class_has_no_kappa_and_a_rate_of_0_no_deviance():
    one = np.tile([0.9, 0.1], (5, 1))
    entry = measure(np.zeros(5, int), one, [load("metrics", "quadratic_kappa")])["quadratic_kappa"]
    assert entry["value"] is None and entry["reason"] == "target and prediction hold one class only"
    deviance = load("metrics", "poisson_deviance")
    assert np.isnan(deviance([1, 0], [0.0, 1.0])[0])
    assert np.isnan(deviance([-1, 0], [1.0, 1.0])[0])
    assert deviance([0, 2], [0.0, 2.0])[0] == 0.0


def test_metrics_of_a_form_and_of_its_special_case_are_measured_together():
    metrics = [load("metrics", name) for name in ("accuracy", "quadratic_kappa", "rank_mae")]
    assert set(measure(TARGET, CHANCES, metrics)) == {"accuracy", "quadratic_kappa", "rank_mae"}
    assert compare(TARGET, CHANCES, CHANCES[::-1], metrics[1], 100).better == "a"
