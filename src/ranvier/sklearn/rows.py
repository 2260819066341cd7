"""What scikit-learn hands over, checked as it checks it, as a table.

Legend: N rows, D columns, C classes.
"""

# ruff: noqa: N803 (X is what scikit-learn calls it, by keyword too)

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d
from sklearn.utils.validation import _check_sample_weight, validate_data

from ..data.kinds.values import read_text
from ..data.ledger import Ledger
from ..data.source.columns import inherits
from ..data.source.frame import read as read_frame
from ..data.table import Table

REPEATED = 10
"""Whole-number weights are repetitions of rows where these are at most so many times the rows that there are."""

SORTED_BY = 8
"""So many columns, and then a hash of all, put the rows into an order of their own."""


def checked_target(estimator: Any, X: Any, y: Any, numeric: bool) -> NDArray[Any]:
    """Check X and y together, and take note of X's columns in ``estimator``.

    Returns:
        y as (N,), or (N, K) for several numbers; as floats where it is to be ``numeric``.

    Raises:
        ValueError: one of them is not what it should be, or they differ in length.
    """
    values: NDArray[Any]
    if not is_frame(X):
        _, values = validate_data(
            estimator,
            X,
            y,
            ensure_all_finite="allow-nan",
            ensure_min_samples=2,
            y_numeric=numeric,
            multi_output=numeric,
        )
        return _narrow(values) if numeric else values
    validate_data(estimator, X, y, skip_check_array=True)
    values = _narrow(np.asarray(y)) if numeric else column_or_1d(y, warn=True)
    assert_all_finite(values, input_name="y")
    check_consistent_length(X, values)
    if len(values) < 2:
        raise ValueError(f"X has {len(values)} sample(s), and a network needs at least 2 to learn from.")
    return values.astype(np.float64) if numeric else values


def _narrow(y: NDArray[Any]) -> NDArray[Any]:
    """Several numbers a row as they are, a single one as (N,)."""
    return y if y.ndim == 2 and y.shape[1] > 1 else column_or_1d(y, warn=True)


def read_inputs(estimator: Any, X: Any, ledger: Ledger, reset: bool) -> tuple[pl.DataFrame, dict[str, str]]:
    """X as a frame, its columns named as ``estimator`` knows them, and the kinds that their types declare.

    Args:
        estimator: has seen X in ``checked_target``, or is fitted.
        X: (N, D) numbers, or a frame.
        ledger: what there is to say of a frame is written here.
        reset: False compares X's columns with those of ``fit``.

    Raises:
        ValueError: an array holds no numbers, or the columns are not those of ``fit``.
        DataError: a frame cannot be read.
    """
    if is_frame(X):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        table = read_frame(X, ledger)
        frame, declared = table.frame, dict(table.declared)
    else:
        frame, declared = (
            _from_array(validate_data(estimator, X, reset=reset, ensure_all_finite="allow-nan")),
            {},
        )
    for column in frame.columns:
        if frame[column].dtype.is_numeric():
            declared.setdefault(column, "number")
    names = getattr(estimator, "feature_names_in_", range(frame.width))
    renamed = {
        old: str(name) if isinstance(name, str) else f"x{name}" for old, name in zip(frame.columns, names)
    }
    return frame.rename(renamed), {renamed[column]: kind for column, kind in declared.items()}


def is_frame(X: Any) -> bool:
    """Tell whether ``X`` is a data frame, whose columns have types of their own."""
    return isinstance(X, pl.DataFrame) or inherits(X, "pandas", "DataFrame")


def checked_weight(sample_weight: Any, rows: int) -> NDArray[np.float64] | None:
    """The weights (N,), or None where all weigh the same.

    Raises:
        ValueError: they are not N numbers of at least 0, or all are 0.
    """
    if sample_weight is None:
        return None
    weight: NDArray[np.float64] = _check_sample_weight(sample_weight, np.empty(rows), dtype=np.float64)
    if weight.min() < 0:
        raise ValueError(f"Sample weights must not be negative, and the lowest is {weight.min():g}.")
    if not weight.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weight


def in_order(
    frame: pl.DataFrame,
    declared: dict[str, str],
    targets: Sequence[pl.Series],
    weight: NDArray[np.float64] | None,
    ledger: Ledger,
) -> tuple[Table, list[str], str | None]:
    """Inputs, targets and weights as a table, in an order of its own: that in which rows are given changes nothing.

    Rows of weight 0 are left out. Where all weights are whole numbers that make at most ``REPEATED`` N together, a row
    of weight k is taken k times; else the weights become a column.

    Args:
        frame: the inputs (N rows).
        declared: the kinds that their types declare.
        targets: each (N,), without gaps.
        weight: (N,) or None.
        ledger: what is left out or repeated is written here.

    Returns:
        The table, the names of the targets, and the name of the column of weights, if there is one.
    """
    rows = np.arange(frame.height)
    names: list[str] = []
    weight_name = None
    for place, target in enumerate(targets):
        names.append(_free("y" if len(targets) == 1 else f"y{place}", frame))
        frame = frame.with_columns(target.alias(names[-1]))
    if weight is not None:
        ledger.drop("its weight is 0", rows[weight == 0].tolist())
        rows = rows[weight > 0]
        if (weight == np.floor(weight)).all() and weight.sum() <= REPEATED * len(weight):
            ledger.note("kept", "a row of weight k is taken k times", int((weight > 1).sum()))
            rows = rows.repeat(weight[rows].astype(np.int64))
        else:
            weight_name = _free("weight", frame)
            frame = frame.with_columns(pl.Series(weight_name, weight))
    ledger.read = len(rows) + ledger.dropped
    frame = frame[rows]
    keys: list[Any] = [frame[c] for c in frame.columns if not frame[c].dtype.is_nested()][:SORTED_BY]
    order = frame.select(pl.arg_sort_by([frame[names[0]], *keys, frame.hash_rows()])).to_series().to_numpy()
    return Table(frame[order], rows[order], "X and y", "", declared, names[0]), names, weight_name


def labels_of(classes: NDArray[Any]) -> list[str]:
    """What a model file calls the classes: their own texts where these tell them apart, else their numbers.

    >>> labels_of(np.array([False, True])), labels_of(np.array(["a", "a "]))
    (['false', 'true'], ['0', '1'])
    """
    numbers = [str(number) for number in range(len(classes))]
    if not all(isinstance(label, (str, bool, int, float)) for label in classes.tolist()):
        return numbers
    own = read_text(pl.Series([str(label) for label in classes.tolist()]))
    return own.to_list() if own.null_count() == 0 and own.n_unique() == len(classes) else numbers


def _from_array(X: NDArray[Any]) -> pl.DataFrame:
    """(N, D) numbers as a frame; not-a-number is missing."""
    across = np.ascontiguousarray(X.T, dtype=np.float32 if X.dtype == np.float16 else X.dtype)
    return pl.DataFrame([pl.Series(str(place), column) for place, column in enumerate(across)]).fill_nan(None)


def _free(name: str, frame: pl.DataFrame) -> str:
    """A name that no column has."""
    while name in frame.columns:
        name += "_"
    return name
