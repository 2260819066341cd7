"""The tree baseline: histogram gradient boosting, the usual winner on small tables."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .columns import BaselineResult, Columns, Fitting, checked_fitting, choose, on_rows, spread
from .inputs import Floats

CATEGORIES = 255
"""A column with more codes than scikit-learn has bins is read as numbers."""
ITERATIONS = (100, 30, 5)
"""Boosting iterations: the most; the fewest with all rows; the fewest at all."""
ROWS = (5_000, 500)
"""Training rows: the fewest before iterations are below 30; the fewest at all."""
STOPPING_ROWS = 1_000
"""Fewer training rows are too few to hold a tenth of them out for early stopping."""

# Seconds, with a margin of about 1.3, on one core of 2023:
TREE = 2e-3  # each tree of 31 leaves
COLUMN = 1e-4  # each column of it
CELL = 1.5e-8  # each number in the training rows, for each tree
ROW = 2e-7  # each row, for each tree
BIN = 3e-7  # each number, once


def trees(
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
    """Fit scikit-learn's histogram gradient boosting with its defaults.

    100 iterations, stopped early on a tenth of the training rows where there are 1,000 or more (of fewer rows a tenth
    decides nothing). Missing and unseen categories are missing values, which the trees learn to route. Where that would
    exceed the budget there are fewer iterations (at least 30, at a higher learning rate), then fewer rows (at least
    5,000), then fewer iterations (at least 5), then fewer rows (at least 500): the description says so. Below that the
    budget is exceeded; with a thousand classes an iteration alone is a thousand trees. One thread is used: on a busy
    machine OpenMP's threads wait for each other up to a hundred times as long as one takes alone.

    Legend: N rows, C classes, K outputs.

    Args:
        train: the training columns.
        target: of the training rows: (N,) class indices, or (N,) or (N, K) values (K models).
        test: the columns of the rows to predict.
        classes: C, or None for a regression.
        seed: of the choice of rows and of early stopping.
        budget: seconds.
        weight: (N,) weights of the training rows.
        counts: whether the values are counts (at least 0): the trees then make the Poisson deviance least.

    Raises:
        DataError: columns, target, classes and weights do not fit together.
    """
    start = time.perf_counter()
    everything = checked_fitting(train, target, test, classes, weight)
    total = len(everything.target)
    models = everything.target.shape[1] if classes is None else 1 if classes == 2 else classes
    rows, iterations = affordable(total, train.width, models, budget)
    fitting = choose(everything, rows, classes, seed)
    used = len(fitting.target)
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

    with threadpool_limits(limits=1, user_api="openmp"):
        if classes:
            prediction, name = _classifier(fitting, test, classes, iterations, seed)
        else:
            values, name = _regressors(fitting, test, iterations, seed, counts)
            prediction = values.reshape(len(test), *np.shape(target)[1:])
    described = f"{name} {on_rows(used, total)}"
    if many := sum(cardinality > CATEGORIES for cardinality in train.cardinalities):
        plural = "s" if many > 1 else ""
        described += f", the categories of {many} column{plural} read as numbers"
    return BaselineResult(prediction, described, used, time.perf_counter() - start)


def affordable(rows: int, width: int, models: int, budget: float) -> tuple[int, int]:
    """How many rows and iterations ``budget`` seconds allow, for ``models`` trees in an iteration."""
    most, fewer, fewest = ITERATIONS
    iterations = _iterations(rows, width, models, budget, most, fewer)
    allowed = _rows(iterations, width, models, budget)
    if allowed >= min(rows, ROWS[0]):
        return min(rows, allowed), iterations
    rows = min(rows, ROWS[0])
    iterations = _iterations(rows, width, models, budget, iterations, fewest)
    return min(rows, max(ROWS[1], _rows(iterations, width, models, budget))), iterations


def _iterations(rows: int, width: int, models: int, budget: float, most: int, fewest: int) -> int:
    tree = TREE + width * (COLUMN + CELL * rows) + ROW * rows
    return min(most, max(fewest, int((budget - BIN * rows * width) / (tree * models))))


def _rows(iterations: int, width: int, models: int, budget: float) -> int:
    count = iterations * models
    left = budget - count * (TREE + width * COLUMN)
    return max(0, int(left / (BIN * width + count * (CELL * width + ROW))))


def _classifier(
    fitting: Fitting, test: Columns, classes: int, iterations: int, seed: int
) -> tuple[Floats, str]:
    counts = np.bincount(fitting.target)
    present = np.flatnonzero(counts)
    if len(present) == 1:
        return spread(np.ones((len(test), 1)), present, classes), "the one class that occurs"
    known = _known(fitting.columns)
    if not known.any():
        share = np.bincount(fitting.target, fitting.weight, minlength=classes)
        return np.tile(
            share / share.sum(), (len(test), 1)
        ), "nothing to split by: the frequency of each class"
    from sklearn.ensemble import HistGradientBoostingClassifier

    rows = len(fitting.target)
    # the tenth that is held out is stratified: it must be able to hold a row of each class
    stopping = rows >= max(STOPPING_ROWS, 10 * len(present)) and counts[present].min() >= 2
    model = HistGradientBoostingClassifier(
        max_iter=iterations,
        learning_rate=_rate(iterations),
        categorical_features=_categorical(fitting.columns)[known],
        early_stopping=stopping,
        random_state=seed,
    )
    model.fit(_matrix(fitting.columns)[:, known], fitting.target, sample_weight=fitting.weight)
    probabilities = model.predict_proba(_matrix(test)[:, known]) if len(test) else np.zeros((0, len(present)))
    return spread(probabilities, model.classes_, classes), _name(int(model.n_iter_), iterations)


def _regressors(
    fitting: Fitting, test: Columns, iterations: int, seed: int, counts: bool
) -> tuple[Floats, str]:
    known = _known(fitting.columns)
    mean = np.average(fitting.target, axis=0, weights=fitting.weight)
    if not known.any() or len(fitting.target) < 2 or (counts and not (mean > 0).all()):
        return np.tile(mean, (len(test), 1)), "nothing to split by: the mean of the target"
    from sklearn.ensemble import HistGradientBoostingRegressor

    values, ran = np.zeros((len(test), fitting.target.shape[1])), 0
    for output, wanted in enumerate(fitting.target.T):
        model = HistGradientBoostingRegressor(
            loss="poisson" if counts else "squared_error",
            max_iter=iterations,
            learning_rate=_rate(iterations),
            categorical_features=_categorical(fitting.columns)[known],
            early_stopping=len(wanted) >= STOPPING_ROWS,
            random_state=seed,
        )
        model.fit(_matrix(fitting.columns)[:, known], wanted, sample_weight=fitting.weight)
        if len(test):
            values[:, output] = model.predict(_matrix(test)[:, known])
        ran = max(ran, int(model.n_iter_))
    return values, _name(ran, iterations)


def _matrix(columns: Columns) -> Floats:
    """Numbers and codes side by side, (N, D + C); code 0 is missing."""
    codes = np.where(columns.categories == 0, np.nan, columns.categories.astype(np.float64))
    return np.concatenate([columns.numbers.astype(np.float64), codes], axis=1)


def _categorical(columns: Columns) -> NDArray[np.bool_]:
    """Which columns of the matrix hold categories."""
    categorical = [cardinality <= CATEGORIES for cardinality in columns.cardinalities]
    return np.array([False] * columns.numbers.shape[1] + categorical, dtype=bool)


def _known(columns: Columns) -> NDArray[np.bool_]:
    """Which columns of the matrix can be split by.

    scikit-learn cannot bin a column that is missing throughout, be it in the rows that early stopping or its sample of
    200,000 leave: of 1,000 rows or more, 10 and one in a thousand must be known.
    """
    rows = len(columns)
    needed = 1 if rows < STOPPING_ROWS else max(10, rows // 1000)
    enough: NDArray[np.bool_] = (~np.isnan(_matrix(columns))).sum(0) >= needed
    return enough


def _rate(iterations: int) -> float:
    """The learning rate: 0.1 for 100 iterations, as much more as there are fewer, up to 0.3."""
    return min(0.3, 10.0 / iterations)


def _name(ran: int, iterations: int) -> str:
    cut_short = ran == iterations < ITERATIONS[0]
    return f"gradient-boosted trees, {ran} iterations{', as many as the time allows' if cut_short else ''},"
