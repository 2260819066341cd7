"""What every measurement checks before it counts anything: shapes, ranges and finite values.

Legend: N rows, C classes, K outputs, L labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..data.series.windows import LEVELS
from ..errors import DataError, Mistake, raise_if_any

Form = Literal[
    "classes",
    "ordered",
    "values",
    "counts",
    "labels",
    "forecasts",
    "texts",
    "translations",
    "tags",
    "answers",
    "spans",
]
"""What a prediction is: ``classes`` are (N, C) probabilities of classes of which a row has one, ``ordered`` are such
of classes in an order; ``values`` are (N,) or (N, K) numbers, ``counts`` are such of at least 0; ``labels`` are (N, L)
probabilities of labels of which a row has any number; ``forecasts`` are (N, H, Q) quantiles of the next H values,
whose target (N, 2 + H) is told in ``forecasting``; ``texts`` are (N,) texts,
``translations`` such as may be right in many ways; ``tags`` are (N,) tuples of texts, one a token;
``answers`` are (N, A) scores of stored answers, of which a row has one;
``spans`` are (N,) texts that stand in others."""

BASE: Mapping[Form, Form] = {
    "ordered": "classes",
    "counts": "values",
    "answers": "classes",
    "translations": "texts",
    "spans": "texts",
}
"""The form that another one is a case of: its metrics measure that one too."""

Floats = NDArray[np.float64]

SUM_TOLERANCE = 1e-3
"""How far the probabilities of a row may be from summing to 1: a float32 softmax over many classes is not exact."""


def checked(target: ArrayLike, prediction: ArrayLike, form: Form) -> tuple[NDArray[Any], Floats]:
    """Return target and prediction in the one form that the metrics work on.

    Args:
        target: (N,) class indices 0..C-1, or (N,) or (N, K) values, or (N, L) 0 and 1, or (N,) texts, or (N,) tuples.
        prediction: (N, C) probabilities or scores, or values of the target's shape, or (N, L) probabilities, or texts.
        form: of the prediction.

    Returns:
        (N,) int64 and (N, C) float64 for classes; twice (N, K) float64 for values; (N, L) int64 and (N, L) float64 for
        labels; twice (N,) texts, or tuples of them.

    Raises:
        DataError: there are no rows, the shapes do not agree, a value is not finite, or a class index is out of range.
    """
    truth, guess = np.asarray(target), np.asarray(prediction)
    base = BASE.get(form, form)
    mistakes = {
        "classes": _class_mistakes,
        "values": _value_mistakes,
        "labels": _label_mistakes,
        "forecasts": _forecast_mistakes,
        "texts": _text_mistakes,
        "tags": _tag_mistakes,
    }[base]
    raise_if_any(DataError, mistakes(truth, guess))
    if base in ("texts", "tags"):
        return truth, guess
    if base == "forecasts":
        return truth.astype(np.float64, copy=False), guess.astype(np.float64, copy=False)
    if base != "values":
        return truth.astype(np.int64, copy=False), guess.astype(np.float64, copy=False)
    rows = len(truth)
    return truth.astype(np.float64).reshape(rows, -1), guess.astype(np.float64).reshape(rows, -1)


def check_probabilities(prediction: Floats, form: Form = "classes") -> None:
    """Check that each row of (N, C) is a distribution over the classes, or each cell of (N, L) a probability.

    Raises:
        DataError: a value is outside 0 to 1, or a row does not sum to 1.
    """
    if form == "labels":
        wrong = ((prediction < 0.0) | (prediction > 1.0)).any(1)
    else:
        wrong = (prediction < -SUM_TOLERANCE).any(1) | (np.abs(prediction.sum(1) - 1.0) > SUM_TOLERANCE)
    if wrong.any():
        raise DataError(
            Mistake(
                f"{wrong.sum():,} of {len(prediction):,} predictions are not probabilities",
                "values from 0 to 1" + ("" if form == "labels" else " that sum to 1 in each row"),
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


def _label_mistakes(truth: NDArray[Any], guess: NDArray[Any]) -> Iterable[Mistake]:
    if truth.ndim != 2 or truth.dtype.kind not in "biu" or 0 in truth.shape[1:]:
        yield Mistake(
            f"the target has shape {truth.shape} and type {truth.dtype}", "(rows, labels) of 0 and 1"
        )
        return
    if guess.ndim != 2 or guess.shape[1] != truth.shape[1] or guess.dtype.kind not in "biuf":
        yield Mistake(
            f"the prediction has shape {guess.shape} and type {guess.dtype}",
            f"(rows, {truth.shape[1]}) numbers, as the target has labels",
        )
        return
    yield from _row_mistakes(truth, guess)
    if len(truth) and (truth.min() < 0 or truth.max() > 1):
        yield Mistake(f"the target's marks run from {truth.min()} to {truth.max()}", "0 and 1")


def _forecast_mistakes(truth: NDArray[Any], guess: NDArray[Any]) -> Iterable[Mistake]:
    steps = truth.shape[1] - 2 if truth.ndim == 2 else 0
    if guess.ndim != 3 or steps < 1 or guess.shape[1:] != (steps, len(LEVELS)):
        yield Mistake(
            f"the target has shape {truth.shape} and the prediction {guess.shape}",
            f"(forecasts, 2 + horizon) and (forecasts, horizon, {len(LEVELS)})",
        )
        return
    yield from _row_mistakes(truth, guess)
    if not np.isfinite(truth).all():
        yield Mistake("the target holds a value that is NaN or infinite", "finite numbers")


def _text_mistakes(truth: NDArray[Any], guess: NDArray[Any]) -> Iterable[Mistake]:
    for name, texts in (("target", truth), ("prediction", guess)):
        if texts.ndim != 1 or texts.dtype.kind not in "UO" or not all(isinstance(one, str) for one in texts):
            yield Mistake(f"the {name} has shape {texts.shape} and type {texts.dtype}", "(rows,) texts")
            return
    yield from _row_mistakes(truth, guess)


def _tag_mistakes(truth: NDArray[Any], guess: NDArray[Any]) -> Iterable[Mistake]:
    for name, rows in (("target", truth), ("prediction", guess)):
        if rows.ndim != 1 or rows.dtype.kind != "O" or not all(isinstance(row, tuple) for row in rows):
            yield Mistake(
                f"the {name} has shape {rows.shape} and type {rows.dtype}", "(rows,) tuples of tags"
            )
            return
    yield from _row_mistakes(truth, guess)
    unequal = sum(len(a) != len(b) for a, b in zip(truth, guess))
    if unequal:
        yield Mistake(
            f"the target and the prediction have not as many tags in {unequal:,} of {len(truth):,} rows",
            "a tag for each token in both",
        )


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
