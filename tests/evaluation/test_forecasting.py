"""Coverage and what brings it to where it is to be; the baselines of forecasts against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.data.series.windows import LEVELS
from ranvier.errors import DataError
from ranvier.evaluation.forecast_baselines import forms, naive, smoothing, spaced
from ranvier.evaluation.forecasting import coverage, mase, widening

NORMAL = np.array([-1.95996, -1.28155, 0.0, 1.28155, 1.95996])


def drawn(rows, spread, seed=0, steps=3):
    """Targets of normal noise, and quantiles of a normal distribution that is ``spread`` times as wide."""
    noise = np.random.default_rng(seed).normal(size=(rows, steps))
    target = np.concatenate([np.ones((rows, 1)), np.zeros((rows, 1)), noise], axis=1)
    return target, np.tile(spread * NORMAL, (rows, steps, 1))


def test_coverage_is_that_of_the_normal_distribution():
    found = coverage(*drawn(20_000, 1.0))
    np.testing.assert_allclose(found[80], 0.8, atol=0.01)
    np.testing.assert_allclose(found[95], 0.95, atol=0.01)


@pytest.mark.parametrize("spread", [0.4, 1.0, 2.0])
def test_widening_brings_the_coverage_to_where_it_is_to_be(spread):
    moved = widening(*drawn(500, spread), 500)
    assert np.sign(moved[-1]) == (1 if spread < 1 else -1) or spread == 1.0
    assert moved[LEVELS.index(0.5)] == 0.0
    target, prediction = drawn(20_000, spread, seed=1)
    found = coverage(target, np.sort(prediction + moved, axis=2))
    np.testing.assert_allclose(found[80], 0.8, atol=0.03)
    np.testing.assert_allclose(found[95], 0.95, atol=0.02)


def test_few_stretches_are_all_held():
    target, prediction = drawn(30, 0.4)
    found = coverage(target, prediction + widening(target, prediction, 3.9))
    assert all((share == 1.0).all() for share in found.values())
    found = coverage(target, prediction + widening(target, prediction, 4.0))
    assert found[80].mean() < 0.9


def test_widening_of_nothing_is_nothing():
    target, prediction = drawn(0, 1.0)
    assert not widening(target, prediction, 0).any()


def test_shapes_that_do_not_fit_are_refused():
    target, prediction = drawn(4, 1.0)
    with pytest.raises(DataError, match=r"The target has shape \(4, 5\) and the prediction \(4, 3, 4\)"):
        mase(target, prediction[:, :, :4])
    target[2, 3] = np.nan
    with pytest.raises(DataError, match="The target holds a value that is NaN or infinite"):
        mase(target, prediction)


def test_naive_forecasts_repeat_what_was_last():
    known = np.array([1.0, 2.0, 3.0, 4.0])
    assert naive(known, 5, 3).tolist() == [2, 3, 4, 2, 3]
    assert naive(known, 2).tolist() == [4, 4]
    assert naive(known[:2], 3, 12).tolist() == [1, 2, 1]


def test_smoothing_chooses_the_form_that_the_series_has():
    pytest.importorskip("statsmodels")
    time = np.arange(60)
    rising = (
        50 + 2.0 * time + 10 * np.sin(2 * np.pi * time / 6) + np.random.default_rng(0).normal(size=60) * 0.1
    )
    said, form = smoothing(rising, 6, 6)
    after = 50 + 2.0 * np.arange(60, 66) + 10 * np.sin(2 * np.pi * np.arange(60, 66) / 6)
    np.testing.assert_allclose(said, after, atol=1.0)
    assert form["seasonal"] == "add"
    assert form["trend"] == "add"
    grown = rising**3
    assert smoothing(grown, 6, 6)[1]["seasonal"] == "mul"
    assert all("seasonal" not in each for each in forms(rising[:12], 6))
    assert all(each["seasonal"] == "add" for each in forms(rising - 100, 6))


def test_smoothing_of_what_cannot_be_smoothed_is_the_naive_forecast():
    pytest.importorskip("statsmodels")
    assert smoothing(np.array([1.0]), 3, 1)[0].tolist() == [1.0, 1.0, 1.0]


def test_origins_are_spaced():
    assert spaced(3).tolist() == [0, 1, 2]
    assert len(spaced(1000, 200)) == 200
