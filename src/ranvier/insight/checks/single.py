"""What one column tells of the target: bins, and the target's mean in each, always from other rows (5 folds)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...evaluation.metrics import roc_auc
from .sample import Columns

BINS = 64
FOLDS = 5
PRIOR = 0.1
"""How many rows the overall mean counts for in each bin."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def bins(values: Floats | Ints) -> Ints:
    """(N,) the bin of each value, from 0: the value itself where there are few, else up to 64 with equal counts.

    Missing values (NaN, or codes below 0) are a bin of their own.

    >>> bins(np.array([2.0, 5.0, np.nan, 2.0])).tolist()
    [0, 1, 2, 0]
    """
    if values.dtype.kind == "i":
        return np.asarray(values, dtype=np.int64) + 1
    finite = values[np.isfinite(values)]
    edges = np.unique(finite)
    if len(edges) > BINS:
        wanted = int(np.clip(len(finite) // 10, 2, BINS))
        edges = np.unique(np.quantile(finite, np.arange(wanted) / wanted, method="lower"))
    found = np.searchsorted(edges, values, side="right") - 1
    return np.where(np.isfinite(values), found, len(edges)).astype(np.int64)


def held_out_means(groups: Ints, targets: Floats, seed: int) -> Floats:
    """The mean of ``targets`` in each row's bin, over the rows of other folds.

    Args:
        groups: (N,) bins, from 0.
        targets: (N, K).
        seed: of the folds.

    Returns:
        (N, K).
    """
    count, width = len(groups), int(groups.max(initial=0)) + 1
    folds = np.random.Generator(np.random.PCG64(seed)).permutation(count) % FOLDS
    cells = folds * width + groups
    rows = np.bincount(cells, minlength=FOLDS * width).reshape(FOLDS, width)
    others = rows.sum(0) - rows
    overall = targets.mean(0)
    means = np.empty_like(targets)
    for k in range(targets.shape[1]):
        sums = np.bincount(cells, targets[:, k], FOLDS * width).reshape(FOLDS, width)
        table = (sums.sum(0) - sums + PRIOR * overall[k]) / (others + PRIOR)
        means[:, k] = table[folds, groups]
    return means


def score(values: Floats | Ints, target: NDArray[np.generic], classes: int | None, seed: int) -> float:
    """How well one column alone tells the target, on rows that were not learnt from.

    Args:
        values: (N,) numbers, or codes of words.
        target: (N,) class indices where ``classes`` is given, else numbers.
        classes: how many, or None for numbers.
        seed: of the folds.

    Returns:
        The area under the ROC curve for classes, each against the rest; R2 of the target's ranks for numbers.
    """
    groups = bins(values)
    aims = spread(target, classes)
    means = held_out_means(groups, aims, seed)
    if classes is None:
        return float(1 - np.sum((aims - means) ** 2) / max(float(np.sum(aims**2)), 1e-12))
    chances = np.maximum(means, 0)
    return float(roc_auc(target, chances / chances.sum(1, keepdims=True))[0])


def spread(target: NDArray[np.generic], classes: int | None) -> Floats:
    """The target as columns: (N, C) of 0 and 1 for classes; (N, 1) ranks of mean 0 and deviation 1 for numbers.

    Sets of labels (N, L) are such columns already.
    """
    if target.ndim == 2:
        return target.astype(np.float64)
    if classes is not None:
        return np.asarray(np.eye(classes)[target.astype(np.int64)])
    _, inverse, counts = np.unique(target, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts + 1) / 2)[inverse.reshape(-1)]
    return np.asarray((ranks - ranks.mean()) / max(float(ranks.std()), 1e-12))[:, None]


def scores(columns: Columns, target: NDArray[np.generic], classes: int | None, seed: int) -> dict[str, float]:
    """The score of each column."""
    every: dict[str, Floats | Ints] = {**columns.numbers, **columns.words}
    return {name: score(values, target, classes, seed) for name, values in every.items()}
