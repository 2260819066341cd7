"""What a threshold on a score brings: the ROC, precision-recall and lift curves, and the cheapest threshold.

Legend: N rows, T thresholds. A row is called positive where its score is at least the threshold. Fawcett, An
introduction to ROC analysis (2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DataError, Mistake
from .inputs import Floats, checked_weight


@dataclass(frozen=True)
class Curve:
    """Points of a curve, the highest threshold first.

    Args:
        x, y: (T,) of each point.
        thresholds: (T,) from which score on a row is called positive; infinity calls none so.
    """

    x: Floats
    y: Floats
    thresholds: Floats


@dataclass(frozen=True)
class Outcome:
    """What a threshold brings on some rows.

    Args:
        threshold: from which score on a row is called positive.
        missed: positive rows that are not called so.
        false_alarms: other rows that are called positive.
        cost: (``missed`` * the cost of a miss + ``false_alarms``) / rows.
    """

    threshold: float
    missed: int
    false_alarms: int
    cost: float


def roc(positive: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> Curve:
    """The ROC curve: x is the share of the negative rows called positive, y that of the positive ones.

    Args:
        positive: (N,) booleans; both occur.
        score: (N,) finite numbers, higher for positive rows.
        weight: (N,) row weights; None counts each row once.

    Raises:
        DataError: the arrays do not fit together, or the rows are all positive or all negative.

    >>> curve = roc([False, True, True], [0.2, 0.3, 0.9])
    >>> curve.x.tolist(), curve.y.tolist()
    ([0.0, 0.0, 0.0, 1.0], [0.0, 0.5, 1.0, 1.0])
    """
    thresholds, hits, alarms = _counts(positive, score, weight)
    return Curve(alarms / alarms[-1], hits / hits[-1], thresholds)


def precision_recall(positive: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> Curve:
    """The precision-recall curve: x is the recall, y the precision; where no row is called positive it is 1.

    Args:
        positive: (N,) booleans; both occur.
        score: (N,) finite numbers, higher for positive rows.
        weight: (N,) row weights; None counts each row once.

    Raises:
        DataError: the arrays do not fit together, or the rows are all positive or all negative.
    """
    thresholds, hits, alarms = _counts(positive, score, weight)
    called = hits + alarms
    precision = np.divide(hits, called, out=np.ones_like(called), where=called > 0)
    return Curve(hits / hits[-1], precision, thresholds)


def outcome(positive: ArrayLike, score: ArrayLike, threshold: float, miss_cost: float) -> Outcome:
    """What ``threshold`` brings where a miss costs ``miss_cost`` and a false alarm costs 1.

    >>> outcome([False, True, True], [0.6, 0.3, 0.9], 0.5, miss_cost=4.0)
    Outcome(threshold=0.5, missed=1, false_alarms=1, cost=1.6666666666666667)
    """
    truth, values = _checked(positive, score)
    called = values >= threshold
    missed, alarms = int((truth & ~called).sum()), int((~truth & called).sum())
    return Outcome(float(threshold), missed, alarms, (missed * miss_cost + alarms) / len(truth))


def cheapest_threshold(
    positive: ArrayLike, score: ArrayLike, miss_cost: float, weight: ArrayLike | None = None
) -> float:
    """The threshold of the least cost, where a miss costs ``miss_cost`` and a false alarm costs 1.

    It stands halfway between two scores, so that it is no row's own; of several equally cheap ones it is the one
    nearest to 1 / (1 + ``miss_cost``), which is the best there is for true probabilities.

    Args:
        positive: (N,) booleans; both occur.
        score: (N,) probabilities.
        miss_cost: above 0.
        weight: (N,) row weights; None counts each row once.

    Raises:
        DataError: the arrays do not fit together, the rows are all positive or all negative, or the cost is not
            above 0.
    """
    if not miss_cost > 0 or not np.isfinite(miss_cost):
        raise DataError(Mistake(f"the cost of a miss is {miss_cost}", "a finite number above 0"))
    thresholds, hits, alarms = _counts(positive, score, weight)
    cost = (hits[-1] - hits) * miss_cost + alarms
    lower = np.append(thresholds[1:], min(0.0, float(thresholds[-1])))
    upper = np.where(np.isinf(thresholds), max(1.0, float(thresholds[1])), thresholds)
    best = 1.0 / (1.0 + miss_cost)
    cheap = np.flatnonzero(cost <= cost.min() + 1e-9)
    between = (lower[cheap] < best) & (best <= upper[cheap])
    if between.any():
        return float(best)
    middle = (lower[cheap] + upper[cheap]) / 2
    return float(middle[np.abs(middle - best).argmin()])


def lift_curve(positive: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> Curve:
    """The lift curve: x is the share of rows that score at least so much, y how often these are positive, against all.

    Args:
        positive: (N,) booleans; both occur.
        score: (N,) finite numbers, higher for positive rows.
        weight: (N,) row weights; None counts each row once.

    Raises:
        DataError: the arrays do not fit together, or the rows are all positive or all negative.

    >>> lift_curve([False, True, True, False], [0.1, 0.9, 0.4, 0.3]).y.round(2).tolist()
    [2.0, 2.0, 1.33, 1.0]
    """
    thresholds, hits, alarms = _counts(positive, score, weight)
    taken = (hits + alarms)[1:]
    return Curve(taken / taken[-1], hits[1:] / taken / (hits[-1] / taken[-1]), thresholds[1:])


def _counts(positive: ArrayLike, score: ArrayLike, weight: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    """At each distinct score as threshold, the highest first, the hits and false alarms, each (T,)."""
    truth, values = _checked(positive, score)
    row_weight = checked_weight(weight, len(truth))
    if row_weight is not None:
        some = row_weight > 0  # a row without weight is none
        truth, values, row_weight = truth[some], values[some], row_weight[some]
    if truth.all() or not truth.any():
        raise DataError(Mistake("all rows are of one class", "rows that are positive and rows that are not"))
    order = np.argsort(-values, kind="stable")
    last = np.flatnonzero(np.append(np.diff(values[order]) != 0, True))
    each = np.ones(len(truth)) if row_weight is None else row_weight[order]
    hits = np.cumsum(truth[order] * each)[last]
    alarms = np.cumsum(~truth[order] * each)[last]
    thresholds = np.append(np.inf, values[order][last])
    return thresholds, np.append(0.0, hits), np.append(0.0, alarms)


def _checked(positive: ArrayLike, score: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    truth, values = np.asarray(positive), np.asarray(score, dtype=np.float64)
    if truth.dtype != np.bool_ or truth.ndim != 1 or truth.shape != values.shape or not len(truth):
        raise DataError(
            Mistake(
                f"the positive rows have shape {truth.shape} and type {truth.dtype}, the scores {values.shape}",
                "as many booleans as scores, at least one",
            )
        )
    if not np.isfinite(values).all():
        raise DataError(Mistake("a score is NaN or infinite", "finite numbers"))
    return truth, values
