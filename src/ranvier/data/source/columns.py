"""One column held in memory, of whatever library, as a polars series."""

from __future__ import annotations

from collections.abc import Set, Sized
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import DataError, Mistake
from ..kinds.audio import Audio
from ..kinds.image import Picture
from ..pictures import as_pictures

_PLAIN = (str, int, float, np.integer, np.floating, np.bool_, np.str_, Decimal, date, time, timedelta)


def inherits(value: object, package: str, name: str) -> bool:
    """Tell whether ``value`` is of a class of another library, which is not imported to find out."""
    return any(
        cls.__name__ == name and cls.__module__.split(".")[0] == package for cls in type(value).__mro__
    )


def to_array(values: Any) -> NDArray[Any]:
    """A NumPy array of an array, a tensor or (nested) lists, without a copy where that can be.

    Raises:
        DataError: the lists differ in length.
    """
    if inherits(values, "torch", "Tensor"):
        values = values.detach().cpu()
        return np.asarray((values.float() if str(values.dtype) == "torch.bfloat16" else values).numpy())
    try:
        return np.asarray(values)
    except ValueError:
        raise DataError(Mistake("the rows of X or y differ in length", "equally long rows")) from None


def to_series(name: str, values: Any) -> tuple[pl.Series, str | None]:
    """Turn a column into a series.

    Numbers, booleans, dates and encoded pictures keep their types, not-a-number becomes missing, and a mixture of
    numbers and text becomes text. Arrays with the shape of pictures are such (``data.pictures.as_pictures``).

    Args:
        name: of the column.
        values: a series of polars or pandas, an array, a tensor, or a list.

    Returns:
        The series, and the kind that its type declares: ``category``, ``boolean``, ``image``, or None.

    Raises:
        DataError: this is not a column, or its values are objects, bytes that are no pictures, or complex numbers.
    """
    if (
        not isinstance(values, Sized)
        or isinstance(values, (str, bytes, dict, Set))
        or getattr(values, "ndim", 1) == 0
    ):
        raise DataError(
            Mistake(
                f"column {name!r} is given as {type(values).__name__}",
                "a list, an array or a series of values",
            )
        )
    shape = getattr(values, "shape", ())
    if len(shape) > 2 and (pictures := as_pictures(to_array(values))) is not None:
        return pl.Series(name, pictures), "image"
    category, values = False, _narrow(name, values)
    if isinstance(values, pl.Series):
        series = values.alias(name)
    elif inherits(values, "pandas", "Series"):
        category = str(values.dtype) == "category"
        series = _from_pandas(name, values)
    elif isinstance(values, np.ndarray) or inherits(values, "torch", "Tensor"):
        series = _from_array(name, to_array(values))
    else:
        series = _from_list(name, [None if _is_nan(value) else value for value in values])
    if series.dtype in (pl.Categorical, pl.Enum):
        category, series = True, series.cast(pl.String)
    elif isinstance(series.dtype, pl.Decimal):
        series = series.cast(pl.Float64)
    elif series.dtype == pl.Null:
        series = series.cast(pl.String)
    elif series.dtype == pl.Object or (series.dtype == pl.Binary and not _encoded(series)):
        raise DataError(_objects(name, series.drop_nulls().to_list()))
    if series.dtype.is_float():
        series = series.fill_nan(None)
    return series, "category" if category else "boolean" if series.dtype == pl.Boolean else None


def _encoded(series: pl.Series) -> bool:
    """Tell whether bytes are those of pictures or sounds."""
    return any(kind.infer(series).confidence > 0 for kind in (Picture, Audio))


def _narrow(name: str, values: Any) -> Any:
    """The values themselves where they come as a table of a single column.

    Raises:
        DataError: there are several columns.
    """
    shape: tuple[int, ...] = getattr(values, "shape", (0,))
    if len(shape) == 1:
        return values
    if len(shape) > 2 or shape[1] != 1:
        raise DataError(
            Mistake(
                f"column {name!r} is given in the shape {tuple(shape)}",
                f"one value for each row: ({shape[0]},)",
            )
        )
    if isinstance(values, pl.DataFrame):
        return values.to_series()
    return values.iloc[:, 0] if inherits(values, "pandas", "DataFrame") else values.reshape(-1)


def _from_pandas(name: str, values: Any) -> pl.Series:
    kind = values.dtype.kind if isinstance(values.dtype, np.dtype) else ""
    if kind and kind != "O":
        return _from_array(name, values.to_numpy())
    missing = values.isna().to_numpy()
    return _from_list(
        name, [None if gone else value for value, gone in zip(values.tolist(), missing.tolist())]
    )


def _from_array(name: str, values: NDArray[Any]) -> pl.Series:
    if values.dtype.kind == "O":
        return _from_list(name, [None if _is_nan(value) else value for value in values.tolist()])
    if values.dtype.kind not in "biufUTMm":
        raise DataError(
            Mistake(f"column {name!r} holds values of type {values.dtype}", "numbers, text or booleans")
        )
    return pl.Series(name, values.astype(np.float32) if values.dtype == np.float16 else values)


def _from_list(name: str, values: list[Any]) -> pl.Series:
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, (int, float, np.number, np.bool_)) for value in present):
        return _from_numbers(name, values, present)
    try:
        return pl.Series(name, values)
    except UnicodeEncodeError:
        raise DataError(_halves(name, values)) from None
    except (TypeError, pl.exceptions.PolarsError):
        if not all(isinstance(value, _PLAIN) for value in present):
            raise DataError(_objects(name, present)) from None
        return pl.Series(name, [None if value is None else str(value) for value in values])


def _from_numbers(name: str, values: list[Any], present: list[Any]) -> pl.Series:
    """Booleans, whole numbers, or else floats; whole numbers that 64 bits do not hold are floats too."""
    if any(isinstance(value, (complex, np.complexfloating)) for value in present):
        raise DataError(_objects(name, present))
    if all(isinstance(value, (bool, np.bool_)) for value in present):
        return pl.Series(name, [None if value is None else bool(value) for value in values], pl.Boolean)
    if all(isinstance(value, (int, np.integer, np.bool_)) and abs(int(value)) < 2**63 for value in present):
        return pl.Series(name, [None if value is None else int(value) for value in values], pl.Int64)
    return pl.Series(name, [None if value is None else float(value) for value in values], pl.Float64)


def _is_nan(value: Any) -> bool:
    return isinstance(value, (float, np.floating)) and bool(value != value)


def _halves(name: str, values: list[Any]) -> Mistake:
    texts = [(row, value) for row, value in enumerate(values, 1) if isinstance(value, str)]
    wrong = [row for row, text in texts if any("\ud800" <= letter <= "\udfff" for letter in text)]
    return Mistake(
        f"{len(wrong):,} texts of column {name!r} hold half of a character, a lone surrogate "
        f"(the first in row {wrong[0]})",
        "whole characters, which any encoding can write",
        "replace it: text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')",
    )


def _objects(name: str, values: list[Any]) -> Mistake:
    strange = next((value for value in values if not isinstance(value, _PLAIN)), None)
    return Mistake(
        f"column {name!r} holds values of type {type(strange).__name__}",
        "numbers, text, booleans or dates",
        "turn them into one of these, or leave the column out",
    )
