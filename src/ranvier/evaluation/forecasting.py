"""How good forecasts are: pure functions of what came, the quantiles that were forecast, and weights.

Legend: N forecasts, H horizon, Q levels of quantiles, R resamples. The target (N, 2 + H) holds in each row the error e
of the seasonal naive forecast in the training part of its series, the place z of 0, and the H values y that came, all
in one unit of the row's own. With f the middle quantile and f_q that of level q:

    MASE  = mean |y - f| / e                                  (Hyndman & Koehler 2006)
    sMAPE = mean 2 |y - f| / (|y - z| + |f - z|), from 0 to 2  (Makridakis 1993; 0 where both are 0)
    pinball = mean over q of 2 max(q (y - f_q), (q - 1) (y - f_q)) / e

over the steps of a forecast, then over the forecasts by their weights. A MASE of 1 is as good as the seasonal naive
forecast was in the training part.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..data.series.windows import INTERVALS, LEVELS, MIDDLE
from .inputs import Floats
from .metrics import Metric


def _mean(each: Floats, weights: Floats) -> Floats:
    """(N,) by (R, N): the weighted means (R,)."""
    mean: Floats = (weights @ each) / weights.sum(1)
    return mean


def _by_row(of_row: Callable[[Floats, Floats], Floats]) -> Callable[[Floats, Floats, Floats], Floats]:
    def of_all(target: Floats, prediction: Floats, weights: Floats) -> Floats:
        return _mean(of_row(target, prediction), weights)

    return of_all


def scaled_errors(target: Floats, prediction: Floats) -> Floats:
    """The MASE of each forecast (N,)."""
    off = np.abs(target[:, 2:] - prediction[:, :, MIDDLE]).mean(axis=1)
    error: Floats = off / target[:, 0]
    return error


def symmetric_shares(target: Floats, prediction: Floats) -> Floats:
    """The sMAPE of each forecast (N,), from 0 to 2."""
    zero, came, said = target[:, 1:2], target[:, 2:], prediction[:, :, MIDDLE]
    whole = np.abs(came - zero) + np.abs(said - zero)
    share = np.divide(2.0 * np.abs(came - said), whole, out=np.zeros_like(whole), where=whole > 0)
    mean: Floats = share.mean(axis=1)
    return mean


def quantile_losses(target: Floats, prediction: Floats) -> Floats:
    """The scaled pinball loss of each forecast (N,), of all levels."""
    above = target[:, 2:, None] - prediction
    levels = np.array(LEVELS)
    each = 2.0 * np.maximum(levels * above, (levels - 1.0) * above)
    loss: Floats = each.mean(axis=(1, 2)) / target[:, 0]
    return loss


mase = Metric("mase", "forecasts", False, "values", _by_row(scaled_errors))
smape = Metric("smape", "forecasts", False, "values", _by_row(symmetric_shares), high=2.0)
pinball = Metric("pinball", "forecasts", False, "values", _by_row(quantile_losses))


def coverage(target: Floats, prediction: Floats) -> dict[int, Floats]:
    """For each interval, by how many of a hundred values it is to hold, the share of each step's values in it: (H,).

    >>> y = np.array([[1.0, 0.0, 5.0], [1.0, 0.0, 9.0]])
    >>> coverage(y, np.tile([0.0, 4.0, 5.0, 6.0, 8.0], (2, 1, 1)))
    {80: array([0.5]), 95: array([0.5])}
    """
    came = target[:, 2:]
    return {
        share: ((prediction[:, :, low] <= came) & (came <= prediction[:, :, high])).mean(axis=0)
        for share, (low, high) in INTERVALS.items()
    }


FEWEST_STRETCHES = 4
"""Of fewer values that follow one another no rank is that of an interval of 80%: (n + 1) 0.8 is more than n."""


def widening(target: Floats, prediction: Floats, stretches: float) -> NDArray[np.float64]:
    """How far each quantile (Q,) has to be moved so that the intervals hold as many values as they are to hold.

    That is conformal prediction for quantiles (Romano, Patterson & Candes, Conformalized quantile regression, 2019): an
    interval is widened on both sides by the quantile of how far values lie outside of it, those of all steps together.
    It is narrowed where too many lie inside, at most to its middle.

    Forecasts from neighbouring origins overlap, and err alike. Where all of them together have fewer than
    ``FEWEST_STRETCHES`` horizons of values, the interval reaches to the farthest value.

    Args:
        target: (N, 2 + H), of forecasts that took no part in the training.
        prediction: (N, H, Q).
        stretches: how many horizons of values there are.
    """
    moved = np.zeros(len(LEVELS))
    came = target[:, 2:]
    for share, (low, high) in INTERVALS.items():
        outside = np.maximum(prediction[:, :, low] - came, came - prediction[:, :, high]).ravel()
        if len(outside):
            rank = min(1.0, np.ceil((len(outside) + 1) * share / 100) / len(outside))
            rank = rank if stretches >= FEWEST_STRETCHES else 1.0
            by = float(np.quantile(outside, rank, method="higher"))
            moved[low], moved[high] = -by, by
    return moved
