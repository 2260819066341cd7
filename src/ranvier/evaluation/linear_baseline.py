"""The linear baseline: logistic or ridge regression on standardised numbers and one-hot categories."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .columns import BaselineResult, Columns, Fitting, checked_fitting, choose, on_rows, spread
from .inputs import Floats
from .words import Grams

LEVELS = 100
"""Of a column with more categories, the so many most frequent ones get a weight of their own."""
SPARSE = 64
"""From so many one-hot columns on, the matrix is sparse."""
FAR = 1e6
"""Standardised numbers are kept within this many deviations, so that no product overflows."""
FURTHEST = 10.0
"""No predicted rate of counts is above so many times the largest count: beyond the training rows' range the exponential
knows no bounds."""
ITERATIONS = (200, 50)
"""The most iterations of L-BFGS; the fewest that the budget may leave before rows are left out."""
OF_WORDS = 20
"""The fewest where there are texts, whose weights come out sooner: their columns are hardly correlated."""
STRENGTH = 5.0
"""Weights of words and pairs may be so many times as large at the same cost (C = 5): each is rare."""

# Seconds, with a margin of about 1.5, on two cores of 2023:
ROW = 1.5e-7  # each row in each iteration
CELL = 5e-9  # each number of it
PRODUCT = 1.5e-9  # each number of it, for each output
SPARSE_COST = 4  # a stored number of a sparse matrix costs so many of a dense one
SQUARE = 1e-10  # ridge: each row, for each pair of columns
CG = 1e-6  # ridge by conjugate gradients: each stored number, all iterations together


def linear(
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
    """Fit scikit-learn's logistic regression (C = 1), ridge regression (alpha = 1), or Poisson regression.

    Numbers are standardised by the training rows; a missing one becomes the mean, with an indicator column. Categories
    are one-hot; those beyond the 100 most frequent of a column, and unseen ones, are all zeros. Texts are TF-IDF of
    their words and pairs of words (``words``), with C = 5. Where 200 iterations on all rows would exceed the budget,
    there are fewer iterations (at least 50, with texts 20), then fewer rows (at least 100); the description says so.

    Legend: N rows, C classes, K outputs.

    Args:
        train: the training columns.
        target: of the training rows: (N,) class indices, or (N,) or (N, K) values.
        test: the columns of the rows to predict.
        classes: C, or None for a regression.
        seed: of the choice of rows.
        budget: seconds.
        weight: (N,) weights of the training rows.
        counts: whether the values are counts (at least 0): then the logarithm of the rate is linear, and no rate is
            above ten times the largest count.

    Raises:
        DataError: columns, target, classes and weights do not fit together.
    """
    start = time.perf_counter()
    everything = checked_fitting(train, target, test, classes, weight)
    total = len(everything.target)
    rows, iterations = affordable(everything.columns, total, 2 if counts else classes, budget)
    fitting = choose(everything, rows, classes, seed)
    encoding = Encoding.fit(fitting.columns)
    if classes:
        prediction, name = _logistic(encoding, fitting, test, classes, iterations)
    else:
        values, name = (
            _poisson(encoding, fitting, test, iterations) if counts else _ridge(encoding, fitting, test)
        )
        prediction = values.reshape(len(test), *np.shape(target)[1:])
    described = f"{name} {on_rows(len(fitting.target), total)}"
    if encoding.grams:
        described += f", TF-IDF of {len(encoding.grams.known):,} words and pairs of words"
    if encoding.cut:
        plural = "s" if encoding.cut > 1 else ""
        described += f", the {LEVELS} most frequent categories of {encoding.cut} column{plural}"
    return BaselineResult(prediction, described, len(fitting.target), time.perf_counter() - start)


@dataclass(frozen=True)
class Encoding:
    """How columns become a matrix, fitted to training rows.

    Args:
        centre: (D,) middle of the range of each number, and ``half`` half of that range: what comes first, so that
            neither a huge number nor a tiny spread far from 0 spoils mean and deviation.
        half: (D,)
        mean: (D,) of the numbers so moved.
        deviation: (D,) likewise, 1 where it is 0.
        indicated: the numbers that are missing in some training row.
        places: for each category column, the one-hot column of each code, or -1.
        onehot: the number of one-hot columns.
        cut: the number of category columns whose rare categories were left out.
        grams: the words and pairs of texts, where there are texts.
    """

    centre: Floats
    half: Floats
    mean: Floats
    deviation: Floats
    indicated: NDArray[np.int64]
    places: tuple[NDArray[np.int64], ...]
    onehot: int
    cut: int
    grams: Grams | None = None

    @classmethod
    def fit(cls, columns: Columns) -> Encoding:
        """Fit to the training rows."""
        numbers = columns.numbers.astype(np.float64)
        missing = np.isnan(numbers)
        low = np.where(missing, np.inf, numbers).min(0, initial=np.inf)
        high = np.where(missing, -np.inf, numbers).max(0, initial=-np.inf)
        low, high = np.where(missing.all(0), 0.0, low), np.where(missing.all(0), 0.0, high)
        centre, half = low / 2 + high / 2, high / 2 - low / 2
        half[half == 0] = 1.0
        moved = np.where(missing, 0.0, (numbers - centre) / half)
        known = np.maximum((~missing).sum(0), 1)
        mean = moved.sum(0) / known
        deviation = np.sqrt(np.where(missing, 0.0, (moved - mean) ** 2).sum(0) / known)
        deviation[deviation == 0] = 1.0
        places, onehot, cut = [], 0, 0
        for codes, cardinality in zip(columns.categories.T, columns.cardinalities):
            counts = np.bincount(codes, minlength=cardinality)
            frequent = np.argsort(-counts, kind="stable")[: min(LEVELS, int((counts > 0).sum()))]
            cut += int((counts > 0).sum() > LEVELS)
            place = np.full(cardinality, -1, dtype=np.int64)
            place[frequent] = onehot + np.arange(len(frequent))
            onehot += len(frequent)
            places.append(place)
        indicated = np.flatnonzero(missing.any(0))
        grams = None if columns.words is None else Grams.fit(columns.words)
        return cls(centre, half, mean, deviation, indicated, tuple(places), onehot, cut, grams)

    @property
    def nothing(self) -> bool:
        """Whether there is no column at all."""
        return not (len(self.centre) or self.places or (self.grams and len(self.grams.known)))

    def matrix(self, columns: Columns) -> Any:
        """The columns as (N, D + indicators + one-hot), dense or sparse."""
        numbers = columns.numbers.astype(np.float64)
        missing = np.isnan(numbers)
        with np.errstate(over="ignore"):  # a test value may be far outside the training rows' range
            standard = ((numbers - self.centre) / self.half - self.mean) / self.deviation
        standard = np.where(missing, 0.0, np.clip(standard, -FAR, FAR))
        dense = np.concatenate([standard, missing[:, self.indicated].astype(np.float64)], axis=1)
        rows = np.arange(len(columns))
        at = [place[codes] for place, codes in zip(self.places, columns.categories.T)]
        if self.onehot < SPARSE and self.grams is None:
            hot = np.zeros((len(columns), self.onehot))
            for each in at:
                hot[rows[each >= 0], each[each >= 0]] = 1.0
            return np.concatenate([dense, hot], axis=1)
        from scipy import sparse  # type: ignore[import-untyped]

        none = np.zeros(0, dtype=np.int64)
        row = np.concatenate([none, *(rows[each >= 0] for each in at)])
        column = np.concatenate([none, *(each[each >= 0] for each in at)])
        hot = sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=(len(columns), self.onehot))
        parts = [sparse.csr_matrix(dense), hot]
        if self.grams is not None and columns.words is not None:
            parts.append(self.grams.matrix(columns.words) * STRENGTH**0.5)
        return sparse.hstack(parts, format="csr")


def affordable(columns: Columns, rows: int, classes: int | None, budget: float) -> tuple[int, int]:
    """How many rows and iterations ``budget`` seconds allow; at least 100 rows."""
    onehot = sum(min(cardinality, LEVELS) for cardinality in columns.cardinalities)
    sparse = onehot >= SPARSE or columns.words is not None
    stored: float = columns.width * SPARSE_COST if sparse else columns.numbers.shape[1] + onehot
    most, fewest = ITERATIONS
    if columns.words is not None:
        stored, fewest = stored + columns.words.grams * SPARSE_COST, OF_WORDS
    if classes is None:
        a_row = stored * CG if sparse else (stored + 1) ** 2 * SQUARE + (stored + 1) * CELL
        return min(rows, max(100, int(budget / a_row))), most
    outputs = 1 if classes == 2 else classes
    a_row = ROW + stored * (CELL + PRODUCT * outputs)  # in one iteration
    iterations = min(most, max(fewest, int(budget / (a_row * rows))))
    return min(rows, max(100, int(budget / (a_row * iterations)))), iterations


def _logistic(
    encoding: Encoding, fitting: Fitting, test: Columns, classes: int, iterations: int
) -> tuple[Floats, str]:
    present = np.unique(fitting.target)
    if len(present) == 1:
        return spread(np.ones((len(test), 1)), present, classes), "the one class that occurs"
    if encoding.nothing:
        share = np.bincount(fitting.target, fitting.weight, minlength=classes)
        return np.tile(share / share.sum(), (len(test), 1)), "no columns: the frequency of each class"
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=iterations)
    converged = _fit(model, encoding.matrix(fitting.columns), fitting.target, fitting.weight)
    probabilities = _predict(model.predict_proba, encoding, test, len(present))
    name = (
        "logistic regression"
        if converged
        else f"logistic regression, not fully converged after {iterations} iterations,"
    )
    return spread(probabilities, model.classes_, classes), name


def _ridge(encoding: Encoding, fitting: Fitting, test: Columns) -> tuple[Floats, str]:
    outputs = fitting.target.shape[1]
    if encoding.nothing:
        mean = np.average(fitting.target, axis=0, weights=fitting.weight)
        return np.tile(mean, (len(test), 1)), "no columns: the mean of the target"
    from sklearn.linear_model import Ridge

    sparse = encoding.onehot >= SPARSE or encoding.grams is not None
    model = Ridge(solver="sparse_cg", max_iter=500) if sparse else Ridge(solver="cholesky")
    converged = _fit(model, encoding.matrix(fitting.columns), fitting.target, fitting.weight)
    return _predict(model.predict, encoding, test, outputs), "ridge regression" + (
        "" if converged else ", not fully converged,"
    )


def _poisson(encoding: Encoding, fitting: Fitting, test: Columns, iterations: int) -> tuple[Floats, str]:
    """Poisson regression of each output, as strongly regularised as the logistic one is."""
    mean = np.average(fitting.target, axis=0, weights=fitting.weight)
    if encoding.nothing or not (mean > 0).all():
        return np.tile(mean, (len(test), 1)), "nothing to learn from: the mean of the target"
    from sklearn.linear_model import PoissonRegressor

    rates, converged = np.zeros((len(test), fitting.target.shape[1])), True
    matrix = encoding.matrix(fitting.columns)
    for output, counted in enumerate(fitting.target.T):
        model = PoissonRegressor(alpha=1.0 / len(counted), max_iter=iterations)
        converged &= _fit(model, matrix, counted, fitting.weight)
        with np.errstate(over="ignore"):  # a test value may be far outside the training rows' range
            rate = _predict(model.predict, encoding, test, 1)[:, 0]
        rates[:, output] = np.minimum(rate, FURTHEST * counted.max())
    return rates, "Poisson regression" + ("" if converged else ", not fully converged,")


def _predict(predict: Any, encoding: Encoding, test: Columns, outputs: int) -> Floats:
    if len(test) == 0:  # scikit-learn refuses it
        return np.zeros((0, outputs))
    return np.asarray(predict(encoding.matrix(test)), dtype=np.float64).reshape(len(test), outputs)


def _fit(model: Any, matrix: Any, target: NDArray[Any], weight: Floats | None) -> bool:
    """Fit ``model``; whether it converged. Other warnings than of convergence pass."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(matrix, target, sample_weight=weight)
    for warning in caught:
        if not issubclass(warning.category, ConvergenceWarning):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
