"""The step of time: from times to whole numbers, one apart where no point is missing, and on to later times."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import reduce
from math import gcd
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import DataError, Mistake
from ..kinds.values import read_numbers, read_text

Unit = Literal["row", "number", "month", "second"]

FORMATS = (
    ("%Y-%m", r"^\d{4}-\d{2}$"),
    ("%Y-%m-%d", r"^\d{4}-\d{2}-\d{2}$"),
    ("%Y%m%d", r"^[12]\d{3}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"),
    ("%Y-%m-%d %H:%M", r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$"),
    ("%Y-%m-%dT%H:%M", r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$"),
    ("%Y-%m-%d %H:%M:%S", r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"),
    ("%Y-%m-%dT%H:%M:%S", r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"),
)
"""How times may be written, beside numbers; one way in all rows."""

_EPOCH = datetime(1970, 1, 1)
_ALIKE = 1e-6

NAMES = {3600: "an hour", 86400: "a day", 604800: "a week", 60: "a minute", 1: "a second"}


@dataclass(frozen=True)
class Step:
    """How far a point is from the next.

    Args:
        unit: ``month`` and ``second`` of dates, ``number`` of numbers, ``row`` where there is no time.
        size: so many units.
        written: the format of the times; of numbers nothing.
        last_day: whether months are written as their last day.
        origin: a time on the grid, in units.
    """

    unit: Unit
    size: float = 1
    written: str = ""
    last_day: bool = False
    origin: float = 0.0

    def __str__(self) -> str:
        """In words.

        >>> print(Step("month", 3), Step("second", 86400), Step("number", 0.5), Step("row"), sep="; ")
        3 months; a day; 0.5; a row
        """
        if self.unit == "row":
            return "a row"
        if self.unit == "month":
            names = {1: "a month", 12: "a year"}
            return names.get(int(self.size), f"{self.size:g} months")
        if self.unit == "second":
            return NAMES.get(int(self.size), f"{self.size:g} seconds")
        return f"{self.size:g}"

    def places(self, times: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Times in units to places on the grid (N,), and (N,) which of them lie on it."""
        exact = (times - self.origin) / self.size
        nearest = np.round(exact)
        on: NDArray[np.bool_] = np.abs(exact - nearest) <= _ALIKE * np.maximum(1.0, np.abs(exact))
        return nearest.astype(np.int64), on

    def show(self, places: NDArray[np.int64]) -> pl.Series:
        """Places on the grid as times, written as in the table."""
        times = places * self.size + self.origin
        if self.unit in ("row", "number"):
            whole = bool(np.all(times == np.round(times)))
            return pl.Series(times.astype(np.int64) if whole else times)
        if self.unit == "second":
            moments = [_EPOCH + timedelta(seconds=float(each)) for each in times]
        else:
            moments = [self._month(int(each)) for each in times]
        return pl.Series([moment.strftime(self.written) for moment in moments])

    def _month(self, count: int) -> datetime:
        year, month = divmod(count, 12)
        day = calendar.monthrange(year, month + 1)[1] if self.last_day else 1
        return datetime(year, month + 1, day)

    def state(self) -> dict[str, Any]:
        """The step as JSON values."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Step:
        """The step that ``state`` described."""
        return cls(**state)


@dataclass(frozen=True)
class Times:
    """A column of times, read: ``values`` (N,) in units of ``unit``, written as ``written``."""

    values: NDArray[np.float64]
    unit: Unit
    written: str = ""
    last_day: bool = False


def read_column(values: pl.Series, rows: NDArray[np.int64], like: Step | None = None) -> Times:
    """Read a column of times.

    Args:
        values: (N) numbers, dates, or text in one of ``FORMATS``.
        rows: (N,) the row numbers in the source, from 0.
        like: of a table that was read before; the times must be of its unit.

    Raises:
        DataError: a time is missing, or is not written like the others.
    """
    name = values.name
    if values.dtype.is_temporal():
        values = values.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M:%S").alias(name)
        if bool((values.str.slice(11) == "00:00:00").all()):
            values = values.str.slice(0, 10)
    text = read_text(values)
    if missing := text.null_count():
        row = int(rows[np.flatnonzero(text.is_null().to_numpy())[0]]) + 1
        raise DataError(
            Mistake(
                f"column {name!r} has no time in {missing:,} row{'' if missing == 1 else 's'}, "
                f"of which row {row:,} is the first",
                "a time in each row",
                "leave these rows out, or say which column is the time: --role COLUMN=time",
            )
        )
    written = next((how for how, form in FORMATS if bool(text.str.contains(form).all())), "")
    if like is not None and like.unit in ("number", "row"):
        written = ""
    if not written:
        return Times(_numbers(text, name, rows), "number")
    moments = text.str.to_datetime(written, strict=False)
    if moments.null_count():
        at = int(np.flatnonzero(moments.is_null().to_numpy())[0])
        raise DataError(
            Mistake(
                f"column {name!r} says {text[at]!r} in row {int(rows[at]) + 1:,}, which is no day",
                "dates that there are",
            )
        )
    months = _months(moments) if like is None or like.unit == "month" else None
    if months is not None and (like is None or like.last_day == months[1]):
        return Times(months[0], "month", written, months[1])
    seconds = moments.dt.epoch("us").to_numpy() / 1e6
    return Times(seconds, "second", written)


def find_step(times: Times, each: list[NDArray[np.int64]]) -> Step:
    """The largest step that all times are a whole number of from one another.

    Args:
        times: the column.
        each: the positions of the rows of each series.
    """
    apart: list[NDArray[np.float64]] = [np.diff(np.unique(times.values[places])) for places in each]
    gaps = np.concatenate([gap for gap in apart if len(gap)] or [np.ones(1)])
    if np.all(gaps == np.round(gaps)):
        size: float = reduce(gcd, np.unique(gaps.astype(np.int64)).tolist())
    else:
        size = float(np.min(gaps))
    return Step(times.unit, size, times.written, times.last_day, float(times.values[each[0][0]]))


def _numbers(text: pl.Series, name: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    numbers, _ = read_numbers(text)
    off = ~np.isfinite(numbers)
    if off.any():
        dated = max((text.str.contains(form).to_numpy() for _, form in FORMATS), key=np.count_nonzero)
        at = int(np.flatnonzero(~dated if dated.sum() > (~off).sum() else off)[0])
        raise DataError(
            Mistake(
                f"column {name!r} is the time, and says {text[at]!r} in row {int(rows[at]) + 1:,}",
                "numbers, or dates written in one way, such as 2020-01, 2020-01-31 or 2020-01-31 12:00",
            )
        )
    return numbers


def _months(moments: pl.Series) -> tuple[NDArray[np.float64], bool] | None:
    """Moments as months since year 0, and whether each is a last day; None where they are no whole months."""
    day, last = moments.dt.day(), moments.dt.month_end().dt.day()
    if _has_hours(moments):
        return None
    first, at_end = bool((day == 1).all()), bool((day == last).all())
    if not (first or at_end) or moments.n_unique() < 2:
        return None
    count = moments.dt.year().cast(pl.Int64) * 12 + moments.dt.month().cast(pl.Int64) - 1
    return count.to_numpy().astype(np.float64), at_end


def _has_hours(moments: pl.Series) -> bool:
    return bool(((moments.dt.hour() > 0) | (moments.dt.minute() > 0) | (moments.dt.second() > 0)).any())
