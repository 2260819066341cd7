"""Metrics of several labels at once: each row has any number of L labels.

Legend: N rows, L labels, R resamples. ``weights`` (R, N) holds one row of multiplicities for each resample. T and P are
the sets of a row's true and predicted labels; a label is predicted where its probability is above a half.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .inputs import Floats
from .metrics import Metric
from .more_metrics import average_precision_of

Marks = NDArray[np.int64]


def f1_micro(target: Marks, predicted: Marks, weights: Floats) -> Floats:
    """2 sum |T and P| / (sum |T| + sum |P|), 0 where nothing is true or predicted: (N, L), (N, L), (R, N) -> (R,)."""
    hits = weights @ (target & predicted).sum(1).astype(np.float64)
    both = weights @ (target.sum(1) + predicted.sum(1)).astype(np.float64)
    return _divide(2 * hits, both)


def f1_macro(target: Marks, predicted: Marks, weights: Floats) -> Floats:
    """The mean over the labels of each one's F1, 0 where it is neither true nor predicted.

    (N, L), (N, L), (R, N) -> (R,), as in scikit-learn.
    """
    hits = weights @ (target & predicted).astype(np.float64)
    both = weights @ (target + predicted).astype(np.float64)
    mean: Floats = _divide(2 * hits, both).mean(1)
    return mean


def overlap(target: Marks, predicted: Marks, weights: Floats) -> Floats:
    """The mean over the rows of |T and P| / |T or P|, 1 where both are empty: (N, L), (N, L), (R, N) -> (R,).

    Jaccard (1912). scikit-learn calls it the samples' average, with ``zero_division=1``.
    """
    either = (target | predicted).sum(1)
    share = np.where(either > 0, (target & predicted).sum(1) / np.maximum(either, 1), 1.0)
    return _mean(share, weights)


def wrong_marks(target: Marks, predicted: Marks, weights: Floats) -> Floats:
    """The share of wrong marks among the N L of them: (N, L), (N, L), (R, N) -> (R,)."""
    return _mean((target != predicted).mean(1), weights)


def right_sets(target: Marks, predicted: Marks, weights: Floats) -> Floats:
    """The share of rows whose labels are all right: (N, L), (N, L), (R, N) -> (R,)."""
    return _mean((target == predicted).all(1).astype(np.float64), weights)


def of_rankings(target: Marks, probabilities: Floats, weights: Floats) -> Floats:
    """The mean over the labels of each one's average precision: (N, L), (N, L), (R, N) -> (R,).

    Over those labels that a row has; NaN where no row has any. (scikit-learn counts a label that no row has as 0.)
    """
    total, defined = np.zeros(len(weights)), np.zeros(len(weights))
    for label in np.flatnonzero(target.any(0)):
        area = average_precision_of(target[:, label] == 1, probabilities[:, label], weights)
        total += np.nan_to_num(area)
        defined += ~np.isnan(area)
    return total / np.where(defined, defined, np.nan)


def _mean(rows: Floats, weights: Floats) -> Floats:
    """The weighted means of (N,) by (R, N): (R,)."""
    mean: Floats = (weights @ rows) / weights.sum(1)
    return mean


def _divide(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


labels_f1_micro = Metric("labels_f1_micro", "labels", True, "labels", f1_micro, high=1.0)
labels_f1_macro = Metric("labels_f1_macro", "labels", True, "labels", f1_macro, high=1.0)
jaccard = Metric("jaccard", "labels", True, "labels", overlap, high=1.0)
hamming_loss = Metric("hamming_loss", "labels", False, "labels", wrong_marks, high=1.0)
subset_accuracy = Metric("subset_accuracy", "labels", True, "labels", right_sets, high=1.0, proportion=True)
mean_average_precision = Metric(
    "mean_average_precision",
    "labels",
    True,
    "probabilities",
    of_rankings,
    high=1.0,
    undefined="no row has any label",
)
