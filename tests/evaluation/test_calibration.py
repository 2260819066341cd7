"""Calibration, against scikit-learn, hand-worked numbers and probabilities whose temperature is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from ranvier.errors import DataError
from ranvier.evaluation.calibration import at_temperature, calibration_error, reliability, temperature
from ranvier.evaluation.calibration_error import expected_calibration_error, interval


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
    if bins == 10:  # as many as the metric has
        assert calibration_error(target, probabilities) == pytest.approx(expected)
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


def test_a_weight_is_a_repeated_row():
    target, probabilities = drawn()
    times = np.random.default_rng(1).integers(0, 3, len(target))
    repeated = calibration_error(np.repeat(target, times), np.repeat(probabilities, times, 0))
    assert calibration_error(target, probabilities, times) == pytest.approx(repeated)


def test_the_interval_of_true_probabilities_begins_at_0_where_a_bootstrap_excludes_it():
    """Over 60 samples of 400 rows: 0 is held by about 97 in 100 of ours, and by none of the bootstrap's."""
    ours = theirs = 0
    for seed in range(60):
        target, probabilities = drawn(seed=seed)
        ours += interval(target, probabilities, None, seed)[1][0] == 0.0
        generator = np.random.default_rng(seed)
        weights = generator.multinomial(400, np.full(400, 1 / 400), 100)
        theirs += np.quantile(expected_calibration_error(target, probabilities, weights), 0.025) <= 0.0
    assert ours >= 54 and theirs == 0


def test_the_interval_holds_a_large_error_and_the_value():
    """Probabilities that are surer than true: the error of 400,000 rows lies in most intervals of 400."""
    truth = calibration_error(*drawn(400_000, heat=0.5, seed=999))
    found = []
    for seed in range(100):
        target, probabilities = drawn(heat=0.5, seed=seed)
        low, high = interval(target, probabilities, None, seed)[1]
        assert 0.0 < low < calibration_error(target, probabilities) < high < 1.0
        found.append(low <= truth <= high)
    assert sum(found) >= 88


def test_the_interval_of_one_row_and_of_weights_that_change_nothing():
    low, high = interval(np.array([1]), np.array([[0.0, 1.0]]), None, 0)[1]
    assert (low, high) == (0.0, 0.0)
    target, probabilities = drawn()
    assert interval(target, probabilities, np.full(400, 7.0), 3) == interval(target, probabilities, None, 3)
