"""Dates and times: how long ago, and where in the day, the week, the month and the year.

| raw value | becomes |
|---|---|
| a date or time | its days since the training mean, standardised as numbers are, and its cyclic parts |
| missing | 0 in all of these; 1 in the column's indicator, where training had missing cells |
| malformed (``soon``, ``2021-02-30``) | as missing |

Each cell of the last two lines is counted in the ledger.

A *cyclic part* is two features, the sine and the cosine of the angle that a value has gone through its cycle, so that
December lies beside January: the hour of the day, the day of the week, the day of the month, the place in the year.
Only parts that vary among the training rows are made.

Text is read as ``2020-01-31``, ``2020/1/31``, ``2020-01`` (its first day), ``2020年1月31日``, ``31/01/2020`` or
``01/31/2020`` (also with ``-``, and two digits of the year: 69 to 99 are 1969 to 1999), ``31.01.2020``; a time of day
may follow (``T12:00``, ``12:00:30.5``, ``1:30 PM``), and then a zone (``Z``, ``+02:00``). Whether the day or the month
comes first is told by the values: one that can only be read one way decides. Where none does, or they contradict each
other, the column is refused. A time with a zone is taken to UTC, from which its parts are read too; others are read
as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ...errors import DataError, Mistake
from ..ledger import Ledger
from . import Guess
from .instants import DAY, manner, read_instants
from .number import Number
from .values import ENOUGH, check_some, check_state, is_readable, note_cells, read_text

MISSING = "missing: the mean of the training rows stands in"
MALFORMED = "not a date: the mean of the training rows stands in"

PARTS = ("hour", "weekday", "day", "month")
"""The cycles: the hour of the day, the day of the week, the day of the month, the place in the year."""

_YEARS = np.array(["0001-01-01", "9999-12-31"], dtype="datetime64[D]").astype(np.int64).astype(np.float64)


@dataclass(frozen=True)
class Date:
    """Columns of dates and times (D of them), fitted to the training rows.

    Args:
        columns: their names.
        written: for each column, what text says first where the year comes last: ``day``, ``month``, or ``year``
            where no text was so.
        daily: for each column, whether all training values were at midnight.
        parts: for each column, its cyclic parts, of ``PARTS``.
        elapsed: the days since 1970, as numbers.
    """

    name: ClassVar[str] = "date"
    columns: tuple[str, ...]
    written: tuple[str, ...]
    daily: tuple[bool, ...]
    parts: tuple[tuple[str, ...], ...]
    elapsed: Number

    @classmethod
    def infer(cls, values: pl.Series) -> Guess:
        """Say how well raw values are dates: native dates are, and text where nearly all of it can be read as dates.

        >>> Date.infer(pl.Series(["31/01/2020", "02/02/2020", None]))
        Guess(confidence=0.96, reason='dates from 2020-01-31 to 2020-02-02, the day before the month')
        >>> Date.infer(pl.Series(["01/02/2020", "03/04/2020"])).reason
        'dates of which no value tells whether 01/02/2020 is the 1st of the 2nd month or the other way round'
        """
        if not is_readable(values) or values.dtype in (pl.Time, pl.Duration):
            return Guess(0.0, f"values of type {values.dtype}")
        if values.dtype.is_temporal():
            instants, known, _ = read_instants(values)
            return Guess(1.0, f"dates {_span(instants[known])}") if known.any() else Guess(0.0, "no values")
        if values.dtype != pl.String:
            return Guess(0.0, "not written as dates")
        text = read_text(values).drop_nulls()
        if not len(text):
            return Guess(0.0, "no values")
        first, share, why = manner(text)
        if first is None or share < ENOUGH:
            return Guess(0.0, why or "not written as dates")
        instants, known, _ = read_instants(text, first)
        return Guess(0.96 * share, f"dates {_span(instants[known])}{why}")

    @classmethod
    def fit(cls, frame: pl.DataFrame) -> Self:
        """Fit to the training rows.

        Raises:
            DataError: a column has values, none of which is a date; or nothing tells whether the day or the month
                comes first; or it holds lists or objects.
        """
        written, daily, parts, days = [], [], [], {}
        for column in frame.columns:
            values = frame[column]
            first = "year" if values.dtype.is_temporal() else _told(column, read_text(values).drop_nulls())
            instants, known, malformed = read_instants(values, first)
            check_some(column, "dates", malformed, known)
            written.append(first)
            daily.append(not (instants[known] % DAY).any())
            parts.append(_varying(instants[known]))
            days[column] = np.where(known, instants / DAY, np.nan)
        elapsed = Number.fit(pl.DataFrame(days))
        return cls(tuple(frame.columns), tuple(written), tuple(daily), tuple(parts), elapsed)

    def transform(
        self, frame: pl.DataFrame, ledger: Ledger | None = None, rows: NDArray[np.int64] | None = None
    ) -> Tensor:
        """Turn raw values into features.

        Args:
            frame: raw values (N rows), with at least the columns of this block.
            ledger: where missing and malformed cells are counted.
            rows: (N,) the row numbers in the source, from 0, for the ledger's examples.

        Returns:
            (N, D + M + 2 P) float32: the D columns' elapsed days, standardised; the M indicators in the order of
            their columns; then the sine and the cosine of each of the P parts, column by column.
        """
        days, cycles = {}, []
        for column, first, parts in zip(self.columns, self.written, self.parts):
            instants, known, malformed = read_instants(frame[column], first)
            note_cells(ledger, MISSING, column, ~known & ~malformed, rows)
            note_cells(ledger, MALFORMED, column, malformed, rows)
            days[column] = np.where(known, instants / DAY, np.nan)
            for turn in (turns(instants, part) for part in parts):
                angle = 2 * np.pi * turn
                cycles += [np.where(known, wave(angle), 0.0) for wave in (np.sin, np.cos)]
        elapsed = self.elapsed.transform(pl.DataFrame(days))
        if not cycles:
            return elapsed
        return torch.cat([elapsed, torch.from_numpy(np.stack(cycles, axis=1).astype(np.float32))], dim=1)

    def invert(self, tensor: Tensor) -> pl.DataFrame:
        """Turn a tensor (N, D), or one with further features, which are left out, into times, from the elapsed days.

        They are whole days where all training values were, else whole seconds, of UTC where there were zones.
        """
        days = self.elapsed.invert(tensor)
        return pl.DataFrame(
            [_datetimes(days[column], daily) for column, daily in zip(self.columns, self.daily)]
        )

    def features(self) -> dict[str, Any]:
        """``width``: the D columns, M indicators and two for each of the P parts."""
        return {
            "width": len(self.columns)
            + sum(self.elapsed.missing)
            + 2 * sum(len(parts) for parts in self.parts)
        }

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """Times as text, drawn from the normal distribution with the fitted mean and scale.

        A tenth of the cells is missing in columns that had missing cells in training.
        """
        days = self.elapsed.draw(count, generator)
        written = {}
        for column, daily in zip(self.columns, self.daily):
            times = _datetimes(days[column], daily)
            written[column] = times.dt.to_string("%Y-%m-%d" if daily else "%Y-%m-%dT%H:%M:%S")
        return pl.DataFrame(written)

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values."""
        return {
            **self.elapsed.state(),
            "written": list(self.written),
            "daily": list(self.daily),
            "parts": [list(parts) for parts in self.parts],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The kind that ``state`` described.

        Raises:
            ModelFileError: the lists have different lengths.
        """
        columns = tuple(state["columns"])
        written, daily = tuple(state["written"]), tuple(state["daily"])
        parts = tuple(tuple(names) for names in state["parts"])
        fitted = {"missing": state["missing"], "written": written, "daily": daily, "parts": parts}
        check_state(cls.name, columns, fitted)
        return cls(columns, written, daily, parts, Number.from_state(state))


def _told(column: str, text: pl.Series) -> str:
    """What text says first where the year comes last.

    Raises:
        DataError: the values leave it open, or contradict each other.
    """
    first, _, why = manner(text)
    if first is None:
        raise DataError(
            Mistake(
                f"column {column!r} holds {why}",
                "dates that can be read in one way",
                "write them as 2020-01-31, or leave the column out",
            )
        )
    return first


def turns(instants: NDArray[np.int64], part: str) -> NDArray[np.float64]:
    """(N,) how far through its cycle each time is, from 0 to below 1."""
    if part == "hour":
        return np.asarray(instants % DAY / DAY)
    date = instants.astype("datetime64[us]").astype("datetime64[D]")
    if part == "weekday":  # the first of January 1970 was a Thursday
        return np.asarray((date.astype(np.int64) + 3) % 7 / 7)
    month = date.astype("datetime64[M]")
    first, next_first = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
    day = np.asarray((date - first).astype(np.int64) / (next_first - first).astype(np.int64))
    return day if part == "day" else np.asarray((month.astype(np.int64) % 12 + day) / 12)


def _varying(instants: NDArray[np.int64]) -> tuple[str, ...]:
    """The parts that vary; the day of the week only where the day of the month does, as it says nothing of months."""
    vary = {part for part in PARTS if len(np.unique(turns(instants, part))) > 1}
    if "day" not in vary:
        vary.discard("weekday")
    return tuple(part for part in PARTS if part in vary)


def _datetimes(days: pl.Series, daily: bool) -> pl.Series:
    """Days since 1970 as times, rounded to whole days or seconds, within the years 1 to 9999."""
    unit = DAY if daily else 1_000_000
    within = days.clip(*_YEARS) * (DAY / unit)
    return (within.round().cast(pl.Int64) * unit).cast(pl.Datetime("us"))


def _span(instants: NDArray[np.int64]) -> str:
    ends = np.array([instants.min(), instants.max()]).astype("datetime64[us]").astype("datetime64[D]")
    return f"from {ends[0]} to {ends[1]}"
