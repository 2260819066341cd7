"""Reading a column of times into numbers that sort as time does."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..errors import DataError, Mistake
from .kinds.values import read_numbers, read_text

ISO = r"^\d{4}(-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?$"
_ZONE = r"(Z|[+-]\d{2}:?\d{2})$"


def read_times(values: pl.Series, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(N,) numbers that order ``values`` in time; equal times have equal numbers.

    Args:
        values: native dates or times, numbers, or ISO 8601 text, all of it in one time zone.
        rows: (N,) the row numbers in the source, from 0, for the error's sentence.

    >>> read_times(pl.Series(["2021-05", "2020-12-31", "2021-05-01T10:00"]), np.arange(3)).tolist()
    [2.0, 1.0, 3.0]

    Raises:
        DataError: a time is missing, is no number and no ISO text, or the text is in several time zones.
    """
    name = values.name
    text = read_text(values)
    if missing := text.null_count():
        row = int(rows[np.flatnonzero(text.is_null().to_numpy())[0]]) + 1
        raise DataError(
            Mistake(
                f"column {name!r} has the role 'time', but no value in {missing:,} "
                f"row{'' if missing == 1 else 's'}, of which row {row:,} is the first",
                "a time in each row",
                "leave these rows out, or give the column another role",
            )
        )
    if values.dtype.is_temporal():
        return values.rank("dense").cast(pl.Float64).to_numpy()
    numbers, _ = read_numbers(values)
    finite = np.isfinite(numbers)
    if finite.all():
        return numbers
    iso = text.str.contains(ISO).to_numpy()
    wrong = ~finite if finite.sum() > iso.sum() else ~iso
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise DataError(
            Mistake(
                f"column {name!r} has the role 'time', but row {int(rows[at]) + 1:,} says {text[at]!r}",
                "numbers, or dates such as 2020-01-31 or 2020-01-31T12:00:00",
            )
        )
    zones = text.filter(text.str.contains(r"\d:\d")).str.extract(_ZONE).fill_null("").unique()
    if len(zones) > 1:
        shown = ", ".join(zone or "none" for zone in sorted(zones.to_list()))
        raise DataError(
            Mistake(f"column {name!r} has times in several time zones ({shown})", "one time zone")
        )
    plain = (
        text.str.replace(_TIME_ZONE, "$1")
        .str.replace("T", " ", literal=True)
        .str.replace(",", ".", literal=True)
    )
    return plain.rank("dense").cast(pl.Float64).to_numpy()


_TIME_ZONE = r"(\d:\d.*?)(?:Z|[+-]\d{2}:?\d{2})$"
