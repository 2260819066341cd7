"""How far predicted values are from true ones: pure functions of target, prediction and row weights.

Legend: N rows, K outputs, R resamples. ``weights`` (R, N) holds one row of multiplicities for each resample. With y the
target, f the prediction and w the weights, for each output:

    MSE = sum w (f - y)^2 / sum w      RMSE = sqrt(MSE)      MAE = sum w |f - y| / sum w
    R^2 = 1 - sum w (f - y)^2 / sum w (y - m)^2,  m = sum w y / sum w

and over several outputs their plain mean, as in scikit-learn.
"""

from __future__ import annotations

import numpy as np

from .inputs import Floats

CONSTANT = 1e-12
"""A target varies where its squares about the mean exceed this share of its squares about the median: rounding alone
leaves about 1e-16 in a resample that drew one value only."""


def mse(target: Floats, prediction: Floats, weights: Floats) -> Floats:
    """The mean squared error, in squared units of the target: (N, K), (N, K), (R, N) -> (R,)."""
    mean: Floats = _mean(_squares(target, prediction), weights).mean(1)
    return mean


def rmse(target: Floats, prediction: Floats, weights: Floats) -> Floats:
    """The root of the mean squared error, in units of the target: (N, K), (N, K), (R, N) -> (R,)."""
    root: Floats = np.sqrt(_mean(_squares(target, prediction), weights)).mean(1)
    return root


def mae(target: Floats, prediction: Floats, weights: Floats) -> Floats:
    """The mean absolute error, in units of the target: (N, K), (N, K), (R, N) -> (R,)."""
    mean: Floats = _mean(np.abs(prediction - target), weights).mean(1)
    return mean


def r2(target: Floats, prediction: Floats, weights: Floats) -> Floats:
    """The share of the target's variance that is explained, at most 1: (N, K), (N, K), (R, N) -> (R,).

    NaN where an output of the target is constant: there is no variance to explain. (scikit-learn gives 1 or 0 there
    unless ``force_finite=False``.)
    """
    centred = target - np.median(target, axis=0)  # the difference of two sums loses digits far from 0
    about_median = _mean(centred**2, weights)
    about_mean = about_median - _mean(centred, weights) ** 2
    residual = _mean(_squares(target, prediction), weights)
    explained = np.full(residual.shape, np.nan)
    np.divide(residual, about_mean, out=explained, where=about_mean > CONSTANT * about_median)
    mean: Floats = (1.0 - explained).mean(1)
    return mean


def _squares(target: Floats, prediction: Floats) -> Floats:
    square: Floats = (prediction - target) ** 2
    return square


def _mean(rows: Floats, weights: Floats) -> Floats:
    """The weighted means of (N, K) by (R, N): (R, K)."""
    mean: Floats = (weights @ rows) / weights.sum(1, keepdims=True)
    return mean
