"""A temperature for all probabilities: it is the best one, and it is applied only where it helps other rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import log_loss

from ranvier.evaluation.recalibration import before_and_after, recalibrate


def rows(count: int, too_sure: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Classes drawn from probabilities, and these probabilities with their logits multiplied."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(count, 3))
    true = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    target = np.array([random.choice(3, p=p) for p in true])
    stated = np.exp(logits * too_sure)
    return target, stated / stated.sum(1, keepdims=True)


def test_a_network_that_is_too_sure_is_found_out_and_mended():
    target, stated = rows(3000, too_sure=2.5)
    found = recalibrate(target, stated)
    assert found is not None and found.applied and found.used == found.temperature
    assert found.temperature == pytest.approx(2.5, rel=0.1)
    assert found.validation["before"] == pytest.approx(log_loss(target, stated))
    others, of_others = rows(3000, too_sure=2.5, seed=1)
    told = before_and_after(others, of_others, found.temperature)
    for entry in told.values():
        assert entry["after"] < entry["before"]
    assert told["log_loss"]["before"] == pytest.approx(log_loss(others, of_others))
    assert told["calibration_error"]["after"] < 0.03 < 0.1 < told["calibration_error"]["before"]


def test_probabilities_that_are_true_are_left_alone_more_often_than_not():
    applied = [recalibrate(*rows(200, too_sure=1.0, seed=seed)) for seed in range(20)]
    assert sum(found.applied for found in applied) < 10
    assert all(found.used == 1.0 for found in applied if not found.applied)


def test_few_rows_choose_nothing():
    assert recalibrate(*rows(29, too_sure=2.0)) is None
    assert recalibrate(*rows(30, too_sure=2.0)) is not None


def test_few_mistakes_choose_nothing():
    target, stated = np.zeros(200, dtype=int), np.tile([0.9, 0.1], (200, 1))
    target[:9] = 1
    assert recalibrate(target, stated) is None
    target[:10] = 1
    assert recalibrate(target, stated) is not None
