"""The order of rows, as two checks look at it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .case import Case

RUNS = 3
"""Rows are sorted by class where a class has at most so many runs, on average."""

MONOTONE = 0.99


def stretch(case: Case, most: int) -> NDArray[np.int64]:
    """The positions of the first rows of the table in the order of its source, at most ``most``."""
    return np.asarray(np.argsort(case.table.rows, kind="stable")[:most], dtype=np.int64)


def sorted_by_target(target: NDArray[np.generic], classes: bool) -> bool:
    """Tell whether the rows are (nearly) sorted by their target (N,); sets of labels (N, L) are taken as classes.

    >>> sorted_by_target(np.array([2, 2, 2, 2, 0, 0, 0, 0, 0, 0]), classes=True)
    True
    >>> sorted_by_target(np.array([1.0, 3.0, 2.0, 5.0]), classes=False)
    False
    """
    if len(target) < 2:
        return False
    if target.ndim == 2:
        target, classes = np.unique(target, axis=0, return_inverse=True)[1].reshape(-1), True
    steps = np.diff(np.asarray(target, dtype=np.float64))
    if classes:
        distinct, runs = len(np.unique(target)), int(np.count_nonzero(steps)) + 1
        return distinct > 1 and runs <= RUNS * distinct and runs * RUNS <= len(target)
    moving = steps[steps != 0]
    if not len(moving):
        return False
    return bool(max(np.mean(moving > 0), np.mean(moving < 0)) >= MONOTONE)
