"""The range test stops in time, and the suggestion finds the descent of curves whose descent is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ranvier.errors import DivergedError, SpecError
from ranvier.training.rate_finder import _lines, range_test, suggest

RATES = np.geomspace(1e-6, 10.0, 100)


def descent(rates, middle, width=1.0, explodes_at=1.0):
    """A loss that falls from 1 to 0.1 around ``middle`` (steepest there) and explodes."""
    away = np.log(rates / middle) / width
    return 0.1 + 0.9 / (1 + np.exp(away)) + (rates / explodes_at) ** 3


@pytest.mark.parametrize("middle", [1e-4, 1e-3, 1e-2])
def test_finds_the_steepest_descent(middle):
    found = suggest(RATES.tolist(), descent(RATES, middle).tolist())
    step = math.log(RATES[1] / RATES[0])
    assert isinstance(found, float)
    assert abs(math.log(found / middle)) <= 2 * step


@pytest.mark.parametrize("seed", range(20))
def test_finds_it_through_noise(seed):
    noise = np.random.default_rng(seed).normal(scale=0.03, size=100)
    found = suggest(RATES.tolist(), (descent(RATES, 1e-3) + noise).tolist())
    assert 1e-4 < found < 1e-2


def test_a_single_outlier_does_not_decide():
    losses = descent(RATES, 1e-3)
    losses[5] += 0.3  # at 2e-6
    assert 2e-4 < suggest(RATES.tolist(), losses.tolist()) < 5e-3


def test_a_descent_after_the_lowest_loss_does_not_count():
    losses = np.concatenate([np.linspace(1.0, 0.5, 60), np.linspace(50.0, 20.0, 40)])
    assert suggest(RATES.tolist(), losses.tolist()) <= RATES[60]


def test_what_follows_a_loss_that_is_not_finite_is_left_out():
    losses = descent(RATES, 1e-3)
    cut = losses[:70].tolist() + [math.nan] + [-1e9] * 29
    assert suggest(RATES.tolist(), cut) == suggest(RATES[:70].tolist(), losses[:70].tolist())


def test_a_loss_that_only_rises_gives_the_lowest_rate():
    assert suggest(RATES.tolist(), np.linspace(1, 9, 100).tolist()) == RATES[0]


def test_few_points_give_a_tenth_of_the_best():
    assert suggest([0.01, 0.1, 1.0], [1.0, 0.5, 3.0]) == pytest.approx(0.01)
    assert suggest([0.01, 0.1, 1.0, 10.0], [1.0, 0.5, 0.4, 3.0]) == pytest.approx(0.1)
    assert suggest([0.5], [1.0]) == 0.5


def test_slopes_equal_numpys_straight_lines():
    random = np.random.default_rng(0)
    x, y = np.sort(random.normal(size=12)), random.normal(size=12)
    means, slopes = _lines(x, y, 2)
    for i in range(8):
        assert slopes[i] == pytest.approx(np.polyfit(x[i : i + 5], y[i : i + 5], 1)[0])
        assert means[i] == pytest.approx(y[i : i + 5].mean())
    assert len(slopes) == len(means) == 8


def test_no_finite_loss_is_said():
    with pytest.raises(DivergedError, match="The learning-rate range test saw no finite loss"):
        suggest([0.1, 1.0], [math.nan, 1.0])
    with pytest.raises(DivergedError, match="saw no finite loss"):
        suggest([], [])


def test_rates_grow_exponentially():
    asked = []
    rates, losses = range_test(lambda rate: asked.append(rate) or 1.0, low=1e-3, high=1e3, steps=7)
    assert rates == pytest.approx([1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0])
    assert asked == rates
    assert losses == [1.0] * 7


def test_defaults():
    rates, losses = range_test(lambda rate: 1.0)
    assert (len(rates), len(losses)) == (100, 100)
    assert (rates[0], rates[-1]) == pytest.approx((1e-6, 10.0))


@pytest.mark.parametrize(
    "given, tried",
    [
        ([1.0, 0.5, 2.0, 9.0], 3),  # 4 times the best
        ([1.0, 0.5, 1.99, 1.0], 4),  # not quite
        ([1.0, math.nan, 1.0], 2),
        ([1.0, math.inf, 1.0], 2),
        ([1.0, 0.0, 0.5, 1.1, 1.0], 4),  # a loss of 0: stops only above the first
    ],
)
def test_stops_when_the_loss_explodes(given, tried):
    values = iter(given)
    rates, losses = range_test(lambda rate: next(values), low=0.1, high=1.0, steps=len(given))
    assert len(rates) == len(losses) == tried
    np.testing.assert_equal(losses, given[:tried])


def test_limits_are_reported_together():
    with pytest.raises(SpecError, match=r"The range test goes from 1 to 0\.1") as caught:
        range_test(lambda rate: 1.0, low=1.0, high=0.1, steps=1)
    assert "The range test has 1 steps. Expected at least 2." in str(caught.value)
    for low, high in ((0.0, 1.0), (1.0, 1.0), (1.0, math.inf)):
        with pytest.raises(SpecError, match="two rising rates above 0"):
            range_test(lambda rate: 1.0, low=low, high=high)


def test_a_quadratic_from_end_to_end():
    """Gradient descent on theta^2 / 2 diverges above a rate of 2; the suggestion lies below and is not tiny."""
    theta = [1.0]

    def step(rate):
        loss = theta[0] ** 2 / 2
        theta[0] -= rate * theta[0]
        return loss

    assert 1e-3 < suggest(*range_test(step)) < 2.0
