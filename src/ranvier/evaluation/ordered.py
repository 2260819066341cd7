"""Metrics of classes in an order, and of counts: how far off, not only whether.

Legend: N rows, K outputs, R resamples. ``weights`` (R, N) holds one row of multiplicities for each resample. The rank
of a class is its index in the order, from 0.
"""

from __future__ import annotations

import numpy as np

from .classification import Labels
from .inputs import Floats
from .metrics import Metric


def of_squared_ranks(target: Labels, predicted: Labels, weights: Floats) -> Floats:
    """Cohen's kappa with quadratic weights: (N,), (N,), (R, N) -> (R,).

    With t and p the true and the predicted rank, 1 - mean (t - p)^2 / the mean of (t - p)^2 over pairs of rows drawn
    independently. Cohen, Weighted kappa (1968). NaN where target and prediction hold one class only.
    """
    t, p = target.astype(np.float64), predicted.astype(np.float64)
    squares, t1, p1, t2, p2 = (_mean(each, weights) for each in ((t - p) ** 2, t, p, t**2, p**2))
    by_chance = t2 - 2 * t1 * p1 + p2
    return 1.0 - squares / np.where(by_chance > 1e-12, by_chance, np.nan)


def of_ranks(target: Labels, predicted: Labels, weights: Floats) -> Floats:
    """The mean of |t - p|, how many classes the predicted one is off: (N,), (N,), (R, N) -> (R,)."""
    return _mean(np.abs(target - predicted).astype(np.float64), weights)


def of_counts(target: Floats, prediction: Floats, weights: Floats) -> Floats:
    """The mean Poisson deviance, 2 (y log(y / f) - y + f): (N, K), (N, K), (R, N) -> (R,).

    NaN where a target is negative, or a prediction f not above 0 (but that where y = f = 0 it is 0).
    """
    y, f = target, prediction
    ratio = np.divide(y, f, out=np.ones_like(y), where=(y > 0) & (f > 0))
    deviance = 2 * (y * np.log(ratio) - y + f)
    undefined = (y < 0) | (f < 0) | ((f == 0) & (y > 0))
    return _mean(np.where(undefined, np.nan, deviance).mean(1), weights)


def _mean(rows: Floats, weights: Floats) -> Floats:
    """The weighted means of (N,) by (R, N): (R,)."""
    mean: Floats = (weights @ rows) / weights.sum(1)
    return mean


quadratic_kappa = Metric(
    "quadratic_kappa",
    "ordered",
    True,
    "labels",
    of_squared_ranks,
    low=-1.0,
    high=1.0,
    undefined="target and prediction hold one class only",
)
rank_mae = Metric("rank_mae", "ordered", False, "labels", of_ranks)
poisson_deviance = Metric(
    "poisson_deviance", "counts", False, "values", of_counts, undefined="a predicted rate is not above 0"
)
