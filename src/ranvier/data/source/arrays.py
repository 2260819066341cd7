"""Arrays: X and y of NumPy, torch or nested lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import DataError, Mistake, raise_if_any
from ..ledger import Ledger
from ..pictures import as_pictures
from ..table import Table
from .columns import inherits, to_array, to_series
from .fingerprint import fingerprint

_NUMBERS = "numbers (or booleans); a data frame or a dict of columns holds text"


def claims(location: object) -> bool:
    """Tell whether ``location`` is a pair of arrays, tensors or lists."""
    return isinstance(location, tuple) and len(location) == 2 and all(_is_array(part) for part in location)


def read(location: object, ledger: Ledger) -> Table:
    """Take a table from X and y.

    The columns are ``x0`` to ``x{D-1}``, declared numbers (or booleans), and the target ``y``, whose kind is
    inferred. Not-a-number is missing. An X of bytes (uint8) with the shape of pictures is one column ``x``, declared
    an image (``as_pictures``). Any other X of more than two dimensions, or of bytes, is one column ``x``, declared a
    vector: its elements share a unit. Each row is flattened, which is written into the ledger.

    Args:
        location: X of shape (N,), (N, D) or (N, ...), and y of shape (N,) or (N, 1).
        ledger: N is added to it.

    Raises:
        DataError: a shape or a type is wrong, or X and y differ in length.
    """
    features, labels = map(to_array, cast("tuple[object, object]", location))
    raise_if_any(DataError, _mistakes(features, labels))
    shape = features.shape[1:]
    if (pictures := as_pictures(features)) is not None:
        return _of_pictures(pictures, labels, ledger)
    if features.ndim != 2:
        features = features.reshape(len(features), -1)
    vector = len(shape) > 1 or (features.dtype == np.uint8 and features.shape[1] > 1)
    names = ["x"] if vector else [f"x{place}" for place in range(features.shape[1])]
    frame = pl.DataFrame([vectors("x", features)]) if vector else _to_frame(features, names)
    series, _ = to_series("y", labels.reshape(-1))
    frame = frame.with_columns(series)
    ledger.read += frame.height
    if len(shape) > 1:
        told = "x".join(map(str, shape))
        ledger.note(
            "kept", f"each row of X ({told}) is flattened to {features.shape[1]:,} numbers", frame.height
        )
    kind = "vector" if vector else "boolean" if features.dtype == np.bool_ else "number"
    rows = np.arange(frame.height, dtype=np.int64)
    return Table(frame, rows, "arrays X and y", fingerprint(frame), dict.fromkeys(names, kind), "y")


def _of_pictures(pictures: NDArray[np.uint8], labels: NDArray[Any], ledger: Ledger) -> Table:
    series, _ = to_series("y", labels.reshape(-1))
    frame = pl.DataFrame([pl.Series("x", pictures), series])
    ledger.read += frame.height
    rows = np.arange(frame.height, dtype=np.int64)
    return Table(frame, rows, "arrays X and y", fingerprint(frame), {"x": "image"}, "y")


def vectors(name: str, features: NDArray[Any]) -> pl.Series:
    """(N, W) numbers as one column of N arrays."""
    if features.dtype in (np.bool_, np.float16):
        features = features.astype(np.uint8 if features.dtype == np.bool_ else np.float32)
    return pl.Series(name, np.ascontiguousarray(features))


def _is_array(value: object) -> bool:
    known = isinstance(value, (np.ndarray, list, pl.Series))
    return known or inherits(value, "torch", "Tensor") or inherits(value, "pandas", "Series")


def _mistakes(features: NDArray[Any], labels: NDArray[Any]) -> Iterable[Mistake]:
    if features.ndim == 0 or labels.ndim == 0:
        yield Mistake(
            f"{'X' if features.ndim == 0 else 'the target y'} is a single value",
            "an array with one row an example",
        )
        return
    if features.dtype.kind not in "biuf":
        yield Mistake(f"X holds values of type {features.dtype}", _NUMBERS)
    text = labels.dtype.kind == "O" and all(isinstance(value, str) or value is None for value in labels.flat)
    if labels.dtype.kind not in "biufUT" and not text:
        yield Mistake(f"the target y holds values of type {labels.dtype}", "numbers, text or booleans")
    if labels.ndim > 2:
        yield Mistake(f"the target y has the shape {labels.shape}", "one value for each row: (N,)")
    elif labels.ndim == 2 and labels.shape[1] != 1:
        yield Mistake(
            f"the target y has {labels.shape[1]} columns",
            "one value for each row: (N,)",
            "where each row holds a single 1, y.argmax(axis=1) gives the classes",
        )
    if len(features) != len(labels):
        yield Mistake(
            f"X has {len(features):,} rows and y has {len(labels):,}", "as many values of y as rows of X"
        )
    elif not features.size:
        yield Mistake(f"X has the shape {features.shape}", "at least one row and one column")


def _to_frame(features: NDArray[Any], names: list[str]) -> pl.DataFrame:
    """(N, D) numbers as a frame of D columns; not-a-number is missing."""
    if features.dtype == np.float16:
        features = features.astype(np.float32)
    across = np.ascontiguousarray(features.T)  # (D, N): each column lies in one piece
    frame = pl.DataFrame([pl.Series(name, column) for name, column in zip(names, across)])
    if features.dtype.kind == "f" and np.isnan(features).any():
        frame = frame.with_columns(pl.all().fill_nan(None))
    return frame
