"""What baselines are fitted to: columns of numbers and of category codes, and which of their rows the time allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DataError, Mistake, raise_if_any
from .inputs import Floats, checked_weight
from .words import Words


@dataclass(frozen=True)
class Columns:
    """Input columns of N rows.

    Args:
        numbers: (N, D) numbers; NaN is missing.
        categories: (N, C) integer codes; 0 is missing or unseen in training.
        cardinalities: of each of the C columns, the number of codes; they run from 0 to one less.
        words: of the columns of texts, where there are any; only the linear model reads them.
    """

    numbers: NDArray[Any]
    categories: NDArray[Any]
    cardinalities: Sequence[int] = ()
    words: Words | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def width(self) -> int:
        """The number of columns, D + C."""
        return int(self.numbers.shape[1] + self.categories.shape[1])

    def take(self, rows: NDArray[np.int64]) -> Columns:
        """The rows at the indices ``rows``."""
        words = None if self.words is None else self.words.take(rows)
        return Columns(self.numbers[rows], self.categories[rows], self.cardinalities, words)


@dataclass(frozen=True)
class BaselineResult:
    """What a baseline says of the test rows.

    Args:
        prediction: (N, C) probabilities, or values of the target's shape.
        description: what was fitted, and where it fell short, as a clause.
        rows_used: how many training rows it was fitted to.
        seconds: how long that took; the only thing here that differs between two equal calls.
    """

    prediction: Floats
    description: str
    rows_used: int
    seconds: float


@dataclass(frozen=True)
class Fitting:
    """Checked training rows: the columns, the target ((N,) class indices or (N, K) values) and the row weights."""

    columns: Columns
    target: NDArray[Any]
    weight: Floats | None

    def take(self, rows: NDArray[np.int64]) -> Fitting:
        """The rows at the indices ``rows``."""
        weight = None if self.weight is None else self.weight[rows]
        return Fitting(self.columns.take(rows), self.target[rows], weight)


def checked_fitting(
    train: Columns, target: ArrayLike, test: Columns, classes: int | None, weight: ArrayLike | None
) -> Fitting:
    """Check everything that a baseline is given; rows of weight 0 are left out.

    Raises:
        DataError: with one mistake for each thing that does not fit.
    """
    truth = np.asarray(target)
    raise_if_any(
        DataError,
        [
            *_column_mistakes("training", train),
            *_column_mistakes("test", test),
            *_pair_mistakes(train, test),
            *_target_mistakes(train, truth, classes),
        ],
    )
    row_weight = checked_weight(weight, len(truth))
    truth = truth.astype(np.int64 if classes else np.float64, copy=False)
    fitting = Fitting(train, truth if classes else truth.reshape(len(truth), -1), row_weight)
    if row_weight is not None and not row_weight.all():
        return fitting.take(np.flatnonzero(row_weight))
    return fitting


def choose(fitting: Fitting, count: int, classes: int | None, seed: int) -> Fitting:
    """At most ``count`` rows, drawn without replacement; of each class at least one."""
    rows = len(fitting.target)
    if count >= rows:
        return fitting
    order = np.random.default_rng(seed).permutation(rows)
    first = np.unique(fitting.target[order], return_index=True)[1] if classes else np.zeros(0, dtype=np.int64)
    rest = np.delete(order, first)[: max(count - len(first), 0)]
    return fitting.take(np.sort(np.concatenate([order[first], rest])))


def on_rows(used: int, total: int) -> str:
    """The end of a description: how many of the training rows were used.

    >>> on_rows(20_000, 60_000), on_rows(120, 120)
    ('on 20,000 of 60,000 training rows', 'on 120 training rows')
    """
    return f"on {used:,} training rows" if used == total else f"on {used:,} of {total:,} training rows"


def spread(probabilities: Floats, present: NDArray[np.int64], classes: int) -> Floats:
    """(N, P) probabilities of the classes ``present`` (P,) as (N, C), those of the others being 0."""
    full = np.zeros((len(probabilities), classes))
    full[:, present] = probabilities
    return full


def _column_mistakes(part: str, columns: Columns) -> Iterable[Mistake]:
    numbers, categories = columns.numbers, columns.categories
    if numbers.ndim != 2 or categories.ndim != 2 or len(numbers) != len(categories):
        yield Mistake(
            f"the {part} columns have shapes {numbers.shape} and {categories.shape}",
            "(rows, columns), as many rows in both",
        )
        return
    if numbers.dtype.kind not in "biuf" or np.isinf(numbers).any():
        yield Mistake(
            f"the {part} numbers are not all finite", "finite numbers, and NaN where one is missing"
        )
    if categories.shape[1] != len(columns.cardinalities):
        yield Mistake(
            f"there are {categories.shape[1]} {part} category columns and {len(columns.cardinalities)} cardinalities",
            "one for each",
        )
    elif (
        categories.dtype.kind not in "iu"
        or (categories < 0).any()
        or (categories >= columns.cardinalities).any()
    ):
        yield Mistake(
            f"a {part} category code is out of range", "whole numbers from 0 to the cardinality less 1"
        )


def _pair_mistakes(train: Columns, test: Columns) -> Iterable[Mistake]:
    shapes = [(columns.numbers.shape[1:], tuple(columns.cardinalities)) for columns in (train, test)]
    if shapes[0] != shapes[1]:
        yield Mistake("the training and test columns differ", "the same columns in both")


def _target_mistakes(train: Columns, truth: NDArray[Any], classes: int | None) -> Iterable[Mistake]:
    if len(train) == 0 or truth.ndim == 0 or len(truth) != len(train):
        yield Mistake(
            f"there are {len(train):,} training rows and a target of shape {truth.shape}",
            "at least one row, as many in both",
        )
    elif classes is None:
        if (
            truth.ndim > 2
            or 0 in truth.shape
            or truth.dtype.kind not in "biuf"
            or not np.isfinite(truth).all()
        ):
            yield Mistake(
                "the training target is not all finite numbers", "(rows,) or (rows, outputs) finite numbers"
            )
    elif truth.ndim != 1 or truth.dtype.kind not in "iu" or truth.min() < 0 or truth.max() >= classes:
        yield Mistake(
            "the training target is not all class indices", f"(rows,) whole numbers from 0 to {classes - 1}"
        )
