"""Covariates of a forecast: what stands beside the value at each point, as channels of its windows.

| column | becomes |
|---|---|
| numbers, quantities, yes and no, dates | what the kind of that name makes of them |
| categories | for each word of the training rows a channel that is 1 where a row says it, and else 0 |
| the time, where it is dates | the sine and the cosine of the hour, the day of the week, the day of the month and the \
place in the year, as far as the training part goes through them twice |

A covariate is known in the *past* alone, up to the origin of a forecast; or in the *future* too, over its horizon; or
it is one thing of a *series* as a whole, the same at all its points. The calendar is known ahead by nature. A point
without a row takes what the row before it says, which is no look ahead.

Legend: N rows, T points of a series, W channels, L length of a window, H horizon, B windows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from typing_extensions import Self

from ...catalog import load
from ...errors import DataError, Mistake
from ..kinds.date import PARTS, turns
from ..kinds.values import read_text
from ..ledger import Ledger
from ..table import Table
from .lines import Columns, Ints, Line, check_unit, counted, series_of
from .steps import Step, read_column
from .windows import Windows

Known = Literal["past", "future", "series"]

READ = ("number", "category", "boolean", "quantity", "date")
"""The kinds of columns that are covariates."""

WORDS = {"past": "known in the past alone", "future": "known ahead", "series": "the same throughout a series"}

CALENDAR = "the calendar"

Features = NDArray[np.float32]


@dataclass(frozen=True)
class Covariate:
    """One column: its name, its kind, fitted to the training rows, and when it is known."""

    column: str
    kind: Any
    known: Known

    @property
    def width(self) -> int:
        """How many channels it has."""
        features = self.kind.features()
        return int(features["width"] if "width" in features else features["cardinalities"][0] - 1)

    def channels(self, frame: pl.DataFrame, ledger: Ledger | None, rows: Ints | None) -> Features:
        """Raw values (N rows) as channels (N, W)."""
        block: Features = self.kind.transform(frame, ledger, rows).numpy()
        if self.kind.name == "category":
            block = (block == np.arange(1, self.width + 1)).astype(np.float32)
        return block


@dataclass(frozen=True)
class Covariates:
    """All of a forecast.

    Args:
        each: the columns.
        calendar: the parts of the time that are read, of ``PARTS``.
    """

    each: tuple[Covariate, ...] = ()
    calendar: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.each or self.calendar)

    def __str__(self) -> str:
        """In words: which columns, and when they are known."""
        told = []
        for known, words in WORDS.items():
            if names := [one.column for one in self.each if one.known == known]:
                told.append(f"{', '.join(map(repr, names))} ({words})")
        return " and ".join([*told, *([f"{CALENDAR} ({', '.join(self.calendar)})"] if self.calendar else [])])

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(one.column for one in self.each)

    @property
    def spans(self) -> dict[str, tuple[int, int]]:
        """From which channel to which each column goes, and the calendar."""
        widths = {one.column: one.width for one in self.each} | (
            {CALENDAR: 2 * len(self.calendar)} if self.calendar else {}
        )
        ends = np.cumsum([0, *widths.values()]).tolist()
        return {name: (first, end) for name, first, end in zip(widths, ends, ends[1:])}

    @property
    def ahead(self) -> tuple[int, ...]:
        """The channels that are known over the horizon."""
        past = {one.column for one in self.each if one.known == "past"}
        return tuple(
            at for name, (first, end) in self.spans.items() if name not in past for at in range(first, end)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each channel."""
        return tuple(
            f"{name} {at + 1}" for name, (first, end) in self.spans.items() for at in range(end - first)
        )

    def points(
        self,
        table: Table,
        columns: Columns,
        lines: Sequence[Line],
        rows: Ints,
        step: Step,
        beyond: int = 0,
        ledger: Ledger | None = None,
    ) -> list[Features]:
        """The channels of each point of the series, and of so many points beyond their ends.

        Args:
            table: all rows, also those without a value of the target.
            columns: that say what.
            lines: the series.
            rows: the numbers in the source of the rows that the series' own positions mean.
            step: of the time.
            beyond: how many points after the last one are wanted.
            ledger: is told which cells and points were filled.

        Returns:
            For each series (T + beyond, W).

        Raises:
            DataError: a column that is to be known ahead has no row at one of the points beyond; or a time of these
                rows cannot be read.
        """
        whole = np.concatenate(
            [np.zeros((len(table), 0), np.float32)]
            + [one.channels(table.frame, ledger, table.rows) for one in self.each],
            axis=1,
        )
        places, groups = self._places(table, columns, step), series_of(table, columns.group)
        found, filled = [], 0
        for line in lines:
            at = np.full(len(line) + beyond, -1, dtype=np.int64)
            mine = groups[line.name]
            inside = mine[(places[mine] >= line.first) & (places[mine] < line.first + len(at))]
            at[places[inside] - line.first] = inside
            own = line.rows >= 0
            at[: len(line)][own] = np.searchsorted(table.rows, rows[line.rows[own]])
            self._check_ahead(line, at, columns, step)
            filled += int((at[: len(line)] < 0).sum())
            at = at[np.maximum.accumulate(np.where(at >= 0, np.arange(len(at)), 0))]
            time = calendar_channels(self.calendar, step, line.first + np.arange(len(at)))
            found.append(np.concatenate([whole[at], time], axis=1))
        if ledger is not None and self.each:
            shown = ", ".join(self.columns)
            ledger.note(
                "repaired",
                "no row at this time: what the row before it says beside the value stands in",
                filled,
                shown,
            )
        return found

    def _places(self, table: Table, columns: Columns, step: Step) -> Ints:
        """(N,) the place of each row on the grid of time; -1 where it has no time that lies on it."""
        if columns.time is None:
            return counted(series_of(table, columns.group), len(table)).astype(np.int64)
        text = read_text(table.frame[columns.time])
        there = text.is_not_null().to_numpy()
        read = read_column(table.frame[columns.time].filter(pl.Series(there)), table.rows[there], step)
        check_unit(read.unit, step, columns.time)
        places = np.full(len(table), -1, dtype=np.int64)
        found, on_grid = step.places(read.values)
        places[there] = np.where(on_grid, found, -1)
        return places

    def _check_ahead(self, line: Line, at: Ints, columns: Columns, step: Step) -> None:
        """Refuse a series without rows beyond its end, where they are needed.

        Raises:
            DataError: a row is missing.
        """
        wanted = [one.column for one in self.each if one.known == "future"]
        gone = np.flatnonzero(at[len(line) :] < 0)
        if not wanted or not len(gone):
            return
        beyond = len(at) - len(line)
        of = f" of series {line.name!r}" if line.name else ""
        last, first = step.show(np.array([line.first + len(line) - 1, line.first + len(line) + gone[0]]))
        where = f"{columns.time} {first}" if columns.time else f"the {gone[0] + 1}. row after it"
        raise DataError(
            Mistake(
                f"the last value{of} is that of {last}, and there is no row for {where}, though "
                f"{', '.join(map(repr, wanted))} {'is' if len(wanted) == 1 else 'are'} to be known ahead",
                f"{beyond:,} rows after the last value, with {columns.target!r} left empty",
                f"add them, or train with columns.{wanted[0]}.known=past",
            )
        )

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values."""
        return {
            "each": [
                {
                    "column": one.column,
                    "known": one.known,
                    "kind": one.kind.name,
                    "state": one.kind.state(),
                }
                for one in self.each
            ],
            "calendar": list(self.calendar),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The covariates that ``state`` described."""
        each = (
            Covariate(one["column"], load("kinds", one["kind"]).from_state(one["state"]), one["known"])
            for one in state["each"]
        )
        return cls(tuple(each), tuple(state["calendar"]))


def calendar_of(step: Step, places: Sequence[Ints]) -> tuple[str, ...]:
    """The parts of the time that series (T,) of the training part go through at least twice.

    >>> calendar_of(Step("month", 1, "%Y-%m"), [np.arange(30)]), calendar_of(Step("row"), [np.arange(30)])
    (('month',), ())
    """
    if step.unit not in ("month", "second") or not places:
        return ()
    longest = max(places, key=len)
    daily = step.unit == "second"
    parts = PARTS if daily else ("month",)
    return tuple(part for part in parts if (np.diff(turns(_instants(step, longest), part)) < 0).sum() >= 2)


def calendar_channels(parts: Sequence[str], step: Step, places: Ints) -> Features:
    """The sine and the cosine of each part at places on the grid (T,): (T, 2 P)."""
    if not parts:
        return np.zeros((len(places), 0), np.float32)
    angles = [2 * np.pi * turns(_instants(step, places), part) for part in parts]
    waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
    return np.stack(waves, axis=1).astype(np.float32)


def beside(
    windows: Windows, points: Sequence[Features], ahead: Sequence[int], length: int, horizon: int
) -> Features:
    """The channels of windows: (B, L + H, W), or (B, L, W) where none is known ahead.

    Over the horizon channels that are known in the past alone are 0. Of windows that begin before their series the
    first point stands for what was before.
    """
    width = points[0].shape[1]
    reach = np.arange(-length, horizon if ahead else 0)
    found = np.zeros((len(windows), len(reach), width), np.float32)
    for number, channels in enumerate(points):
        mine = windows.line == number
        found[mine] = channels[np.maximum(windows.origin[mine, None] + reach, 0)]
    past = np.setdiff1d(np.arange(width), np.array(ahead, dtype=np.int64))
    found[:, length:, past] = 0.0
    return found


def _instants(step: Step, places: Ints) -> Ints:
    """Places on the grid as microseconds since 1970."""
    times = places * step.size + step.origin
    if step.unit == "second":
        return np.asarray(np.round(times * 1e6), dtype=np.int64)
    months = (np.round(times).astype(np.int64) - 1970 * 12).astype("datetime64[M]")
    return months.astype("datetime64[us]").astype(np.int64)
