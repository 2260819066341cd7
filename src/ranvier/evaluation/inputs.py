"""What every measurement checks before it counts anything: shapes, ranges and finite values.

Legend: N rows, C classes, K outputs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DataError, Mistake, raise_if_any

Form = Literal["classes", "values"]
"""What a prediction is: ``classes`` are (N, C) probabilities of classes, ``values`` are (N,) or (N, K) numbers."""

Floats = NDArray[np.float64]

SUM_TOLERANCE = 1e-3
"""How far the probabilities of a row may be from summing to 1: a float32 softmax over many classes is not exact."""


def checked(target: ArrayLike, prediction: ArrayLike, form: Form) -> tuple[NDArray[Any], Floats]:
    """Return target and prediction in the one form that the metrics work on.

    Args:
        target: (N,) class indices 0..C-1, or (N,) or (N, K) values.
        prediction: (N, C) probabilities or scores, or values of the target's shape.
        form: ``classes`` or ``values``.

    Returns:
        (N,) int64 and (N, C) float64 for ``classes``; twice (N, K) float64 for ``values``.

    Raises:
        DataError: there are no rows, the shapes do not agree, a value is not finite, or a class index is out of range.
    """
    truth, guess = np.asarray(target), np.asarray(prediction)
    raise_if_any(
        DataError, _class_mistakes(truth, guess) if form == "classes" else _value_mistakes(truth, guess)
    )
    if form == "classes":
        return truth.astype(np.int64, copy=False), guess.astype(np.float64, copy=False)
    rows = len(truth)
    return truth.astype(np.float64).reshape(rows, -1), guess.astype(np.float64).reshape(rows, -1)


def check_probabilities(prediction: Floats) -> None:
    """Check that each row of (N, C) is a distribution over the classes.

    Raises:
        DataError: a value is outside 0 to 1, or a row does not sum to 1.
    """
    wrong = (prediction < -SUM_TOLERANCE).any(1) | (np.abs(prediction.sum(1) - 1.0) > SUM_TOLERANCE)
    if wrong.any():
        raise DataError(
            Mistake(
                f"{wrong.sum():,} of {len(prediction):,} predictions are not probabilities",
                "values from 0 to 1 that sum to 1 in each row",
                "scores have no log loss and no ROC AUC: apply softmax first, or measure labels only",
            )
        )


def checked_weight(weight: ArrayLike | None, rows: int) -> Floats | None:
    """Return row weights (N,) as float64, or None where none are given.

    Raises:
        DataError: there are not N of them, one is negative or not finite, or all are 0.
    """
    if weight is None:
        return None
    values = np.asarray(weight)
    if values.shape != (rows,) or values.dtype.kind not in "biuf":
        raise DataError(
            Mistake(f"the row weights have shape {values.shape}", f"one number for each of {rows:,} rows")
        )
    values = values.astype(np.float64)
    if not np.isfinite(values).all() or (values < 0).any() or not values.any():
        raise DataError(
            Mistake(
                "a row weight is negative or not finite, or all are 0",
                "finite numbers of at least 0, not all of them 0",
            )
        )
    return values


def _class_mistakes(truth: NDArray[Any], guess: NDArray[Any]) -> Iterable[Mistake]:
    if truth.ndim != 1 or truth.dtype.kind not in "iu":
        yield Mistake(
            f"the target has shape {truth.shape} and type {truth.dtype}", "(rows,) whole class indices"
        )
        return
    if guess.ndim != 2 or guess.shape[1] == 0 or guess.dtype.kind not in "biuf":
        yield Mistake(
            f"the prediction has shape {guess.shape} and type {guess.dtype}", "(rows, classes) numbers"
        )
        return
    yield from _row_mistakes(truth, guess)
    classes = guess.shape[1]
    if len(truth) and (truth.min() < 0 or truth.max() >= classes):
        yield Mistake(
            f"the target's class indices run from {truth.min()} to {truth.max()}",
            f"indices from 0 to {classes - 1}, as the prediction has {classes} columns",
        )


def _value_mistakes(truth: NDArray[Any], guess: NDArray[Any]) -> Iterable[Mistake]:
    for name, values in (("target", truth), ("prediction", guess)):
        if values.ndim not in (1, 2) or 0 in values.shape[1:] or values.dtype.kind not in "biuf":
            yield Mistake(
                f"the {name} has shape {values.shape} and type {values.dtype}",
                "(rows,) or (rows, outputs) numbers",
            )
            return
    yield from _row_mistakes(truth, guess)
    outputs = [values.shape[1] if values.ndim == 2 else 1 for values in (truth, guess)]
    if outputs[0] != outputs[1]:
        yield Mistake(f"the prediction has {outputs[1]} outputs", f"{outputs[0]}, as the target has")
    if truth.dtype.kind == "f" and not np.isfinite(truth).all():
        yield Mistake("the target holds a value that is NaN or infinite", "finite numbers")


def _row_mistakes(truth: NDArray[Any], guess: NDArray[Any]) -> Iterable[Mistake]:
    if len(truth) != len(guess):
        yield Mistake(
            f"the target has {len(truth):,} rows and the prediction {len(guess):,}", "as many of each"
        )
    elif len(truth) == 0:
        yield Mistake("there are no rows to measure on", "at least one row")
    if guess.dtype.kind == "f" and not np.isfinite(guess).all():
        rows = int((~np.isfinite(guess)).reshape(len(guess), -1).any(1).sum())
        yield Mistake(
            f"the prediction is NaN or infinite in {rows:,} of {len(guess):,} rows",
            "finite numbers",
            "a network that gives none has diverged: train it with a lower learning rate",
        )
