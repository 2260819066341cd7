"""More metrics: of rankings, of probabilities, of agreement beyond chance, and of relative errors.

Legend: N rows, C classes, K outputs, R resamples. ``weights`` (R, N) holds one row of multiplicities for each resample.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import Mistake, SpecError
from .classification import Labels
from .inputs import Floats
from .metrics import Metric

CERTAIN = 1.0 - 1e-12
"""Pairs of rows that agree in more than this share are all of one class: what is missing to 1 is rounding."""


def of_ranking(target: Labels, probabilities: Floats, weights: Floats) -> Floats:
    """The average precision, sum_n (R_n - R_{n-1}) P_n over the thresholds: (N,), (N, C), (R, N) -> (R,).

    Two classes: class 1 is the positive one. More: the mean over the classes of one against the rest, taken over
    those that occur (scikit-learn counts an absent class as 0). NaN where class 1 of two does not occur.
    """
    if probabilities.shape[1] <= 2:
        return average_precision_of(target == 1, probabilities[:, -1], weights)
    total, defined = np.zeros(len(weights)), np.zeros(len(weights))
    for c in np.unique(target):
        area = average_precision_of(target == c, probabilities[:, c], weights)
        total += np.nan_to_num(area)
        defined += ~np.isnan(area)
    return total / np.where(defined, defined, np.nan)


def of_squares(target: Labels, probabilities: Floats, weights: Floats) -> Floats:
    """The Brier score: (N,), (N, C), (R, N) -> (R,).

    The mean of (p_1 - y)^2 for two classes, and of sum_c (p_c - y_c)^2 for more, from 0 to 2, as in scikit-learn.
    Brier, Verification of forecasts expressed in terms of probability (1950).
    """
    hot = np.zeros_like(probabilities)
    hot[np.arange(len(target)), target] = 1.0
    square = ((probabilities - hot) ** 2).sum(1)
    if probabilities.shape[1] <= 2:
        square = square / 2
    mean: Floats = (weights @ square) / weights.sum(1)
    return mean


def of_agreement(target: Labels, predicted: Labels, weights: Floats) -> Floats:
    """Cohen's kappa (p_o - p_e) / (1 - p_e), with p_e the agreement of chance: (N,), (N,), (R, N) -> (R,).

    Cohen, A coefficient of agreement for nominal scales (1960). NaN where target and prediction hold one class only.
    """
    observed, by_chance, _, _ = _agreement(target, predicted, weights)
    kappa: Floats = (observed - by_chance) / np.where(by_chance < CERTAIN, 1.0 - by_chance, np.nan)
    return kappa


def of_correlation(target: Labels, predicted: Labels, weights: Floats) -> Floats:
    """The Matthews correlation of C classes: (N,), (N,), (R, N) -> (R,).

    Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient (2004). 0 where the target
    or the prediction holds one class only, as in scikit-learn.
    """
    observed, by_chance, predicted_twice, true_twice = _agreement(target, predicted, weights)
    varied = np.maximum(predicted_twice, true_twice) < CERTAIN
    spread = np.where(varied, (1.0 - predicted_twice) * (1.0 - true_twice), 1.0)
    return np.where(varied, (observed - by_chance) / np.sqrt(spread), 0.0)


def of_shares(target: Floats, prediction: Floats, weights: Floats) -> Floats:
    """The mean of |f - y| / |y|, a share and not per cent: (N, K), (N, K), (R, N) -> (R,).

    NaN where a target is 0 (scikit-learn divides by the smallest float there, which gives about 1e15).
    """
    whole = np.abs(target)
    zero = (whole == 0).any(1)
    share = np.divide(np.abs(prediction - target), whole, out=np.zeros_like(whole), where=whole > 0)
    mean: Floats = ((weights @ share) / weights.sum(1, keepdims=True)).mean(1)
    return np.where(weights[:, zero].any(1), np.nan, mean)


def pinball(level: float) -> Metric:
    """The pinball loss of predictions that are to lie above so large a share of the values.

    The mean of ``level`` (y - f) where y is above f, and of (1 - ``level``) (f - y) elsewhere; the median's is half
    the mean absolute error. Koenker and Bassett, Regression quantiles (1978).

    Args:
        level: between 0 and 1: 0.9 is the quantile that nine of ten values lie below.

    Raises:
        SpecError: the level is not between 0 and 1.

    >>> pinball(0.9)([1.0, 3.0], [2.0, 1.0])
    array([0.95])
    """
    if not 0 < level < 1:
        raise SpecError(Mistake(f"the level of a quantile is {level:g}", "a number between 0 and 1"))

    def loss(target: Floats, prediction: Floats, weights: Floats) -> Floats:
        above = target - prediction
        each = np.maximum(level * above, (level - 1) * above)
        mean: Floats = ((weights @ each) / weights.sum(1, keepdims=True)).mean(1)
        return mean

    return Metric(f"pinball_{level:g}", "values", False, "values", loss)


average_precision = Metric(
    "average_precision",
    "classes",
    True,
    "probabilities",
    of_ranking,
    high=1.0,
    undefined="no row has the positive class",
)
brier = Metric("brier", "classes", False, "probabilities", of_squares, high=2.0)
cohen_kappa = Metric(
    "cohen_kappa",
    "classes",
    True,
    "labels",
    of_agreement,
    low=-1.0,
    high=1.0,
    undefined="target and prediction hold one class only",
)
mcc = Metric("mcc", "classes", True, "labels", of_correlation, low=-1.0, high=1.0)
mape = Metric("mape", "values", False, "values", of_shares, undefined="the target is 0 in a row")


def average_precision_of(positive: NDArray[np.bool_], score: Floats, weights: Floats) -> Floats:
    """Average precision by one sort; rows of one score are taken together. NaN where no row is positive.

    Each positive row counts the precision among the rows that score at least what it does.
    """
    order = np.argsort(-score, kind="stable")
    ordered = -score[order]
    taken = np.cumsum(weights[:, order], axis=1)
    hits = np.flatnonzero(positive[order])  # places of the positive rows in the order
    mine = weights[:, order[hits]]
    found = np.cumsum(mine, axis=1)
    level = np.searchsorted(ordered, ordered[hits], side="right") - 1  # the last row of the same score
    level_hit = np.searchsorted(ordered[hits], ordered[hits], side="right") - 1
    among = taken[:, level]
    precision = np.divide(found[:, level_hit], among, out=np.zeros_like(among), where=among > 0)
    whole = mine.sum(1)
    area: Floats = (mine * precision).sum(1) / np.where(whole > 0, whole, np.nan)
    return area


def _agreement(target: Labels, predicted: Labels, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Shares (R,): of right rows, and of pairs of rows, drawn independently, that agree.

    The pairs are a true and a predicted class, two predicted classes, and two true ones.
    """
    classes = int(max(target.max(), predicted.max())) + 1
    whole = weights.sum(1)
    observed = (weights @ (target == predicted).astype(np.float64)) / whole
    true = (weights @ np.eye(classes)[target]) / whole[:, None]
    said = (weights @ np.eye(classes)[predicted]) / whole[:, None]
    return observed, (true * said).sum(1), (said**2).sum(1), (true**2).sum(1)
