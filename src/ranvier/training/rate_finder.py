"""The learning-rate range test (Smith 2017): let the rate grow, and see where the loss falls fastest."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import DivergedError, Mistake, SpecError, raise_if_any


def range_test(
    step: Callable[[float], float], *, low: float = 1e-6, high: float = 10.0, steps: int = 100
) -> tuple[list[float], list[float]]:
    """Train with a rate that grows exponentially from ``low`` to ``high``, and record the loss.

    It stops after a loss that is not finite, or that is both four times the best so far and above the first.
    (The second part matters for a loss that can reach 0, of which any loss is more than four times.) That
    last loss is recorded too. Run it on a copy of the network: the weights are worthless afterwards.

    Args:
        step: trains one step with the given learning rate and returns the loss before it.
        low: the first rate.
        high: the last rate.
        steps: how many rates, at least 2.

    Returns:
        the rates tried and their losses, of the same length.

    Raises:
        SpecError: the rates or the number of steps leave nothing to try.

    >>> range_test(lambda rate: 1 + rate, low=0.01, high=100.0, steps=5)
    ([0.01, 0.1, 1.0, 10.0], [1.01, 1.1, 2.0, 11.0])
    """
    mistakes = []
    if not 0 < low < high < math.inf:
        mistakes.append(Mistake(f"the range test goes from {low:g} to {high:g}", "two rising rates above 0"))
    if steps < 2:
        mistakes.append(Mistake(f"the range test has {steps} steps", "at least 2"))
    raise_if_any(SpecError, mistakes)
    rates: list[float] = []
    losses: list[float] = []
    for rate in np.geomspace(low, high, steps).tolist():
        rates.append(rate)
        losses.append(float(step(rate)))
        if not math.isfinite(losses[-1]) or (losses[-1] >= 4 * min(losses) and losses[-1] > losses[0]):
            break
    return rates, losses


def suggest(rates: Sequence[float], losses: Sequence[float]) -> float:
    """Choose a learning rate from a range test: where the loss falls most steeply.

    At each point a straight line is fitted to the loss against the logarithm of the rate, over a fifth of the
    points around it; so noise is averaged out, and the ends, which have points on one side only, are not chosen.
    Points beyond the lowest mean loss do not count, nor what follows the first loss that is not finite.

    Where the loss falls nowhere (it was lowest at once, or there are fewer than 5 points), the choice is a tenth
    of the rate with the lowest loss, but not below the lowest rate tried. A loss that is flat but for noise tells
    nothing; the choice is then arbitrary.

    Args:
        rates: rising, as ``range_test`` gives them.
        losses: the loss at each rate.

    Returns:
        a rate from the lowest to the highest of ``rates``.

    Raises:
        DivergedError: not one loss is finite at the start.
    """
    pairs = list(zip(rates, losses, strict=True))
    finite = next((i for i, (_, loss) in enumerate(pairs) if not math.isfinite(loss)), len(pairs))
    if finite == 0:
        raise DivergedError(
            Mistake(
                "the learning-rate range test saw no finite loss",
                "one at the lowest rate at least",
                "look for missing, infinite or very large values in the inputs and the target",
            )
        )
    tried = np.asarray(rates[:finite], dtype=np.float64)
    seen = np.asarray(losses[:finite], dtype=np.float64)
    reach = max(2, finite // 10)
    if finite > 2 * reach:
        means, slopes = _lines(np.log(tried), seen, reach)
        steepest = int(slopes[: means.argmin() + 1].argmin())
        if slopes[steepest] < 0:
            return float(tried[steepest + reach])
    return float(max(tried[0], tried[seen.argmin()] / 10))


def _lines(
    x: NDArray[np.float64], y: NDArray[np.float64], reach: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and slope of the least-squares line through each 2 * reach + 1 neighbouring points."""
    windows = np.lib.stride_tricks.sliding_window_view
    across, along = windows(x, 2 * reach + 1), windows(y, 2 * reach + 1)
    away = across - across.mean(axis=1, keepdims=True)
    return along.mean(axis=1), (away * along).sum(axis=1) / (away**2).sum(axis=1)
