"""Calibration, against scikit-learn, hand-worked numbers and probabilities whose temperature is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from ranvier.errors import DataError
from ranvier.evaluation.calibration import at_temperature, calibration_error, reliability, temperature


def drawn(rows=400, classes=3, heat=1.0, seed=0):
    """Targets drawn from the probabilities, which are then made surer (heat below 1) or less sure."""
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.ones(classes), rows)
    target = (generator.random(rows)[:, None] > probabilities.cumsum(1)).sum(1).clip(max=classes - 1)
    return target, at_temperature(probabilities, heat)


@pytest.mark.parametrize("bins", [5, 10])
def test_the_bins_are_those_of_scikit_learn(bins):
    target, probabilities = drawn()
    right = probabilities.argmax(1) == target
    share, confidence = calibration_curve(right, probabilities.max(1), n_bins=bins)
    found = reliability(target, probabilities, bins)
    assert [bin.right for bin in found] == pytest.approx(share)
    assert [bin.confidence for bin in found] == pytest.approx(confidence)
    assert sum(bin.rows for bin in found) == 400
    expected = sum(bin.rows * abs(s - c) for bin, s, c in zip(found, share, confidence)) / 400
    assert calibration_error(target, probabilities, bins) == pytest.approx(expected)
    for bin in found:
        assert bin.low < bin.confidence <= bin.high and bin.interval[0] <= bin.right <= bin.interval[1]


def test_a_confidence_of_1_is_in_the_last_bin():
    (bin,) = reliability([0, 1], [[1.0, 0.0], [1.0, 0.0]])
    assert (bin.low, bin.high, bin.rows, bin.right) == (0.9, 1.0, 2, 0.5)
    assert calibration_error([0, 1], [[1.0, 0.0], [1.0, 0.0]]) == pytest.approx(0.5)


@pytest.mark.parametrize("heat", [0.4, 1.0, 2.5])
def test_the_temperature_undoes_what_was_done(heat):
    target, probabilities = drawn(20_000, heat=heat)
    found = temperature(target, probabilities)
    assert found == pytest.approx(1 / heat, rel=0.05)
    start = minimize(
        lambda t: log_loss(target, at_temperature(probabilities, float(t[0]))),
        [found * 1.2],
        method="Nelder-Mead",
    )
    assert found == pytest.approx(start.x[0], rel=1e-3)


def test_a_temperature_changes_no_class_and_1_changes_nothing():
    _, probabilities = drawn()
    assert at_temperature(probabilities, 1.0) == pytest.approx(probabilities)
    assert (at_temperature(probabilities, 3.0).argmax(1) == probabilities.argmax(1)).all()
    assert at_temperature([[1.0, 0.0]], 2.0) == pytest.approx(np.array([[1.0, 0.0]]))


@pytest.mark.parametrize("measure", [reliability, calibration_error, temperature])
def test_scores_are_refused(measure):
    with pytest.raises(DataError, match="1 of 2 predictions are not probabilities"):
        measure([0, 1], [[0.9, 0.9], [0.2, 0.8]])
