"""What is counted when a class is predicted: pure functions of target, prediction and row weights.

Legend: N rows, C classes, R resamples. ``weights`` (R, N) holds one row of multiplicities for each resample; a plain
measurement is one row of ones. With h_c the hits, p_c the predicted and s_c the true rows of class c:

    precision_c = h_c / p_c     recall_c = h_c / s_c     F1_c = 2 h_c / (p_c + s_c)

each 0 where its denominator is 0. A *macro* average is over the classes that occur in target or prediction, a
*weighted* one has the weights s_c; both as in scikit-learn. References: van Rijsbergen, Information Retrieval (1979)
for F1; Brodersen et al., The balanced accuracy and its posterior distribution (ICPR 2010).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .inputs import Floats, checked, checked_weight

Labels = NDArray[np.int64]
Score = Callable[[Floats, Floats, Floats], Floats]

EPSILON = float(np.finfo(np.float64).eps)
"""Probabilities are kept this far from 0 and 1 in the log loss, as scikit-learn keeps those in float64."""


def labels(prediction: Floats) -> Labels:
    """The predicted class of each row of (N, C); the lowest index where several are equally likely."""
    index: Labels = prediction.argmax(1).astype(np.int64, copy=False)
    return index


def accuracy(target: Labels, predicted: Labels, weights: Floats) -> Floats:
    """The share of rows whose class is right: (N,), (N,), (R, N) -> (R,)."""
    share: Floats = (weights @ (target == predicted).astype(np.float64)) / weights.sum(1)
    return share


def balanced_accuracy(target: Labels, predicted: Labels, weights: Floats) -> Floats:
    """The mean of the recalls of the classes that occur in the target: (N,), (N,), (R, N) -> (R,)."""
    hits, _, true = _counts(target, predicted, weights)
    mean: Floats = _divide(hits, true).sum(1) / (true > 0).sum(1)
    return mean


def precision(hits: Floats, predicted: Floats, true: Floats) -> Floats:
    """The share of the rows predicted as c that are c; 0 where c is never predicted. All (R, C)."""
    return _divide(hits, predicted)


def recall(hits: Floats, predicted: Floats, true: Floats) -> Floats:
    """The share of the rows of c that are predicted as c; 0 where c does not occur. All (R, C)."""
    return _divide(hits, true)


def f1(hits: Floats, predicted: Floats, true: Floats) -> Floats:
    """The harmonic mean of precision and recall; 0 where both are 0. All (R, C)."""
    return _divide(2 * hits, predicted + true)


def macro(score: Score) -> Callable[[Labels, Labels, Floats], Floats]:
    """The metric (N,), (N,), (R, N) -> (R,) that averages ``score`` over the classes that occur."""

    def average(target: Labels, predicted: Labels, weights: Floats) -> Floats:
        counts = _counts(target, predicted, weights)
        mean: Floats = score(*counts).sum(1) / (counts[1] + counts[2] > 0).sum(1)  # an absent class scores 0
        return mean

    return average


def weighted(score: Score) -> Callable[[Labels, Labels, Floats], Floats]:
    """The metric (N,), (N,), (R, N) -> (R,) that averages ``score`` with the true rows of each class as weights."""

    def average(target: Labels, predicted: Labels, weights: Floats) -> Floats:
        counts = _counts(target, predicted, weights)
        mean: Floats = (score(*counts) * counts[2]).sum(1) / counts[2].sum(1)
        return mean

    return average


def log_loss(target: Labels, probabilities: Floats, weights: Floats) -> Floats:
    """The mean of -log p of the true class, in nats: (N,), (N, C), (R, N) -> (R,)."""
    of_true = probabilities[np.arange(len(target)), target]
    mean: Floats = (weights @ -np.log(np.clip(of_true, EPSILON, 1.0 - EPSILON))) / weights.sum(1)
    return mean


def roc_auc(target: Labels, probabilities: Floats, weights: Floats) -> Floats:
    """The area under the ROC curve: (N,), (N, C), (R, N) -> (R,).

    It is the chance that a row of the positive class scores above a row of the others, a tie counting half (Hanley and
    McNeil, 1982). Two classes: class 1 is the positive one. More: the mean over the classes of one against the rest,
    taken over those classes that some row has and some row has not (scikit-learn refuses where one is absent). NaN
    where no class is so, that is, where all rows have the same class.
    """
    classes = probabilities.shape[1]
    if classes <= 2:
        return _binary_auc(target == 1, probabilities[:, -1], weights)
    total, defined = np.zeros(len(weights)), np.zeros(len(weights))
    for c in np.unique(target):
        area = _binary_auc(target == c, probabilities[:, c], weights)
        total += np.nan_to_num(area)
        defined += ~np.isnan(area)
    return _divide(total, defined, np.nan)


def confusion_matrix(
    target: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None = None
) -> NDArray[np.float64]:
    """How often each class (row) was predicted as each class (column).

    Args:
        target: (N,) class indices 0..C-1.
        prediction: (N, C) probabilities or scores.
        weight: (N,) row weights; None counts each row once.

    Returns:
        (C, C); its sum is the number (or weight) of the rows.

    Raises:
        DataError: the arrays do not fit together, or are not finite.

    >>> confusion_matrix([0, 0, 1], [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
    array([[1., 1.],
           [0., 1.]])
    """
    truth, guess = checked(target, prediction, "classes")
    classes = guess.shape[1]
    cells = np.bincount(
        truth * classes + labels(guess), checked_weight(weight, len(truth)), minlength=classes**2
    )
    return cells.astype(np.float64).reshape(classes, classes)


def _counts(target: Labels, predicted: Labels, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """The hits, predicted rows and true rows of each class, each (R, C)."""
    classes = int(max(target.max(), predicted.max())) + 1
    right = target == predicted
    return (
        _sum_by(target[right], weights[:, right], classes),
        _sum_by(predicted, weights, classes),
        _sum_by(target, weights, classes),
    )


def _sum_by(group: Labels, weights: Floats, groups: int) -> Floats:
    """The sums of the columns of ``weights`` (R, N) that share a ``group`` (N,): (R, groups)."""
    sums = np.zeros((len(weights), groups))
    if len(group):
        order = np.argsort(group, kind="stable")
        present, starts = np.unique(group[order], return_index=True)
        sums[:, present] = np.add.reduceat(weights[:, order], starts, axis=1)
    return sums


def _binary_auc(positive: NDArray[np.bool_], score: Floats, weights: Floats) -> Floats:
    """AUC by one sort: each positive row counts the weight of the negatives below it, and half of those level."""
    negative = np.flatnonzero(~positive)
    negative = negative[np.argsort(score[negative], kind="stable")]
    below = np.zeros((len(weights), len(negative) + 1))
    np.cumsum(weights[:, negative], axis=1, out=below[:, 1:])
    first = np.searchsorted(score[negative], score[positive], side="left")
    last = np.searchsorted(score[negative], score[positive], side="right")
    of_positive = weights[:, positive]
    won = np.einsum("rn,rn->r", of_positive, below[:, first])
    if (first != last).any():  # a second pass only where there are ties
        won = 0.5 * (won + np.einsum("rn,rn->r", of_positive, below[:, last]))
    return _divide(won, of_positive.sum(1) * below[:, -1], np.nan)


def _divide(numerator: Floats, denominator: Floats, otherwise: float = 0.0) -> Floats:
    """The quotient, or ``otherwise`` where the denominator is 0."""
    quotient = np.full(numerator.shape, otherwise)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient
