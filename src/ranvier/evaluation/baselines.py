"""What a network has to beat: the trivial answer, a linear model and boosted trees, on the same rows.

Each is called as ``baseline(train, target, test, classes, seed, budget, weight)``, with ``counts=True`` where the
values are counts, and keeps to its budget by a rule of rows, columns and classes, not by the clock: the same call uses
the same rows and iterations on any machine.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import ArrayLike

from .columns import BaselineResult, Columns, checked_fitting, on_rows
from .linear_baseline import linear
from .tree_baseline import trees

__all__ = ["BaselineResult", "Columns", "linear", "trees", "trivial"]


def trivial(
    train: Columns,
    target: ArrayLike,
    test: Columns,
    classes: int | None,
    seed: int = 0,
    budget: float = 10.0,
    weight: ArrayLike | None = None,
    *,
    counts: bool = False,
) -> BaselineResult:
    """Answer the same for each row: the frequencies of the classes, or the mean of the target.

    Legend: N rows, C classes, K outputs.

    Args:
        train: the training columns, of which only the number of rows matters.
        target: of the training rows: (N,) class indices, or (N,) or (N, K) values.
        test: the columns of the rows to predict.
        classes: C, or None for a regression.
        seed: taken as the other baselines take it; nothing is drawn.
        budget: seconds, likewise; it costs next to nothing.
        weight: (N,) weights of the training rows.
        counts: taken likewise; the mean is the best rate, too.

    Raises:
        DataError: columns, target, classes and weights do not fit together.

    >>> rows = Columns(np.zeros((4, 1)), np.zeros((4, 0), dtype=int))
    >>> trivial(rows, np.array([0, 1, 1, 1]), rows.take(np.arange(1)), 2).prediction
    array([[0.25, 0.75]])
    """
    start = time.perf_counter()
    fitting = checked_fitting(train, target, test, classes, weight)
    rows = len(fitting.target)
    if classes:
        totals = np.bincount(fitting.target, fitting.weight, minlength=classes)
        prediction = np.tile(totals / totals.sum(), (len(test), 1))
    else:
        mean = np.average(fitting.target, axis=0, weights=fitting.weight)
        prediction = np.tile(mean, (len(test), 1)).reshape(len(test), *np.shape(target)[1:])
    what = "the frequency of each class" if classes else "the mean of the target"
    return BaselineResult(prediction, f"{what} {on_rows(rows, rows)}", rows, time.perf_counter() - start)
