"""How well probabilities put rows and classes in order: top-k accuracy, and the lift of the highest scores.

Legend: N rows, C classes, R resamples. ``weights`` (R, N) holds one row of multiplicities for each resample.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .classification import Labels
from .inputs import Floats
from .metrics import Ends, Metric
from .resampling import Z, wilson

FIRST = 0.1
"""The lift is that of so large a share of the rows: those with the highest scores."""

FEWEST_POSITIVE = 5
"""Of fewer positive rows than this the lift has no interval: by chance most or none of them stand in the tenth."""


def top(k: int) -> Callable[[Labels, Floats, Floats], Floats]:
    """The metric (N,), (N, C), (R, N) -> (R,): the share of rows whose class is among the k most probable.

    Of equally probable classes the lower index comes first, as in the predicted class, so that k = 1 is the accuracy
    (scikit-learn lets the higher one come first). NaN where there are no more than k classes.
    """

    def share(target: Labels, probabilities: Floats, weights: Floats) -> Floats:
        if probabilities.shape[1] <= k:
            return np.full(len(weights), np.nan)
        of_true = probabilities[np.arange(len(target)), target][:, None]
        before = np.arange(probabilities.shape[1]) < target[:, None]
        ahead = (probabilities > of_true).sum(1) + ((probabilities == of_true) & before).sum(1)
        found: Floats = (weights @ (ahead < k).astype(np.float64)) / weights.sum(1)
        return found

    return share


def lift_of_first(target: Labels, probabilities: Floats, weights: Floats) -> Floats:
    """How many times more often class 1 occurs in the tenth with the highest scores: (N,), (N, 2), (R, N) -> (R,).

    Of rows with one score, where the tenth ends among them, the same part of each counts. NaN where class 1 does not
    occur, or there are more classes than two. 1 is chance; the most is 10, or 1 / the share of class 1 where that is
    less.
    """
    if probabilities.shape[1] > 2:
        return np.full(len(weights), np.nan)
    taken, found = gains(target == 1, probabilities[:, -1], weights)
    every = found[:, -1]
    share = np.array([np.interp(FIRST * t[-1], t, f) for t, f in zip(taken, found)])
    return share / np.where(every > 0, every * FIRST, np.nan)


def gains(positive: Labels, score: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """What stands above each distinct score, the highest first: all weight, and that of positive rows.

    Args:
        positive: (N,) booleans.
        score: (N,)
        weights: (R, N)

    Returns:
        Twice (R, T + 1) for T distinct scores; both begin with 0.
    """
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    none = np.zeros((len(weights), 1))
    ordered = weights[:, order]
    taken = np.cumsum(ordered, axis=1)[:, last]
    found = np.cumsum(ordered * positive[order], axis=1)[:, last]
    return np.concatenate([none, taken], axis=1), np.concatenate([none, found], axis=1)


def interval_of_lift(
    target: Labels, probabilities: Floats, weight: Floats | None, seed: int
) -> tuple[str, Ends | None]:
    """The 95% interval of the lift, from how much each row adds to its logarithm.

    Where the tenth ends is itself drawn with the rows, and leaving one row out shows the next row there, not the share
    p of positive rows about it, so that the jackknife's interval is too wide. With q = P(positive and above), s = the
    share of positive rows and t the end of the tenth, a row adds

        ((y - p) [score > t] - (q - p / 10)) / q - (y - s) / s

    (the influence of a row on a quantile: Hampel, 1974); p is taken from the rows between half and one and a half
    tenths. Where none of the tenth is positive, it is Wilson's interval of their share.

    Args:
        target: (N,) class indices.
        probabilities: (N, 2)
        weight: (N,) row weights; None is one each.
        seed: not needed.
    """
    positive = target == 1
    if positive.sum() < FEWEST_POSITIVE:
        return f"fewer than {FEWEST_POSITIVE} rows have the positive class", None
    w = np.full(len(target), 1 / len(target)) if weight is None else weight / weight.sum()
    y, rows = positive.astype(np.float64), 1 / float(w @ w)  # so many rows the weighted ones are worth
    _, level = np.unique(-probabilities[:, -1], return_inverse=True)  # rows of one score are taken together
    inside = np.bincount(level, w)
    above = np.cumsum(inside)
    part = np.clip((FIRST - above + inside) / np.where(inside > 0, inside, 1.0), 0.0, 1.0)
    part[part < 1e-9] = 0.0
    top = part[level]
    near = (((above > FIRST / 2) & (above <= 1.5 * FIRST)) | ((part > 0) & (part < 1)))[level]
    share, found = float(w @ y), float(w @ (top * y))
    if not found:
        return "wilson", (0.0, min(wilson(0.0, max(1.0, FIRST * rows))[1] / share, 1 / FIRST))
    lift = found / (FIRST * share)
    here = float(w[near] @ y[near]) / max(float(w[near].sum()), 1e-300)
    added = (top * (y - here) - (found - FIRST * here)) / found - (y - share) / share
    deviation = float((w**2 @ added**2) * rows / max(rows - 1, 1.0)) ** 0.5
    step = np.exp(min(Z * deviation, 50.0))  # beyond that any lift is possible
    return "influence", (float(lift / step), min(float(lift * step), 1 / FIRST))


top_3_accuracy = Metric(
    "top_3_accuracy",
    "classes",
    True,
    "probabilities",
    top(3),
    high=1.0,
    proportion=True,
    classes=(4, None),
    undefined="there are no more than three classes",
)
top_5_accuracy = Metric(
    "top_5_accuracy",
    "classes",
    True,
    "probabilities",
    top(5),
    high=1.0,
    proportion=True,
    classes=(6, None),
    undefined="there are no more than five classes",
)
lift = Metric(
    "lift",
    "classes",
    True,
    "probabilities",
    lift_of_first,
    high=1 / FIRST,
    classes=(2, 2),
    undefined="no row has the positive class, or there are more than two classes",
    interval=interval_of_lift,
)
