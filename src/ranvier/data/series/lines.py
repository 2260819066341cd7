"""From a long table to series on a regular grid: sorted, without gaps, each point with the row that it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import DataError, Mistake
from ..kinds.values import read_numbers, read_text
from ..ledger import Ledger
from ..table import Table
from .steps import Step, find_step, read_column

MOST_FILLED = 0.2
"""At most this share of the points of a series may be missing; of more it is asked what is meant."""

MISSING = (
    "the target is missing; where values stand on both sides, the straight line between them is learnt from"
)
"""Why rows of a series are dropped."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Line:
    """One series.

    Args:
        name: in the column that tells the series apart; empty where there is one.
        first: the place of the first point on the grid of time.
        values: (T,) without gaps.
        rows: (T,) the position of each point's row in the table; -1 where the point was missing.
    """

    name: str
    first: int
    values: Floats
    rows: Ints

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Columns:
    """Which columns say what: the value that is forecast, its time, and the name of its series."""

    target: str
    time: str | None
    group: str | None


def read_lines(
    table: Table, columns: Columns, ledger: Ledger, step: Step | None = None
) -> tuple[list[Line], Step, Table]:
    """The series of a table.

    Points that are missing lie on the straight line between their neighbours; rows without a value before the first or
    after the last one are dropped. All of that is written into the ledger.

    Args:
        table: N rows.
        columns: that are read.
        ledger: what is dropped, filled or sorted is written here.
        step: of the times, where it is known from another table; None finds it.

    Returns:
        The series, by their names; the step; and the rows that are left.

    Raises:
        DataError: times cannot be read, occur twice, or are not regular; or there is no value.
    """
    there = _with_values(table, columns, ledger)
    if columns.time is None:
        step = step or Step("row")
        times = counted(series_of(table, columns.group), len(table))[there]
        table = table.take(there)
        groups = series_of(table, columns.group)
    else:
        table = table.take(there)
        groups = series_of(table, columns.group)
        read = read_column(table.frame[columns.time], table.rows, step)
        check_unit(read.unit, step, columns.time)
        times, step = read.values, step or find_step(read, list(groups.values()))
    places, on_grid = step.places(times)
    _check_grid(table, columns, step, on_grid)
    values, _ = read_numbers(table.frame[columns.target])
    lines, unsorted, filled = [], 0, 0
    for name, rows in groups.items():
        order = np.argsort(places[rows], kind="stable")
        unsorted += int((order != np.arange(len(order))).any())
        mine = rows[order]
        _check_twice(table, columns, name, places[mine], mine)
        _check_gaps(columns, name, places[mine], step)
        line = _filled(name, places[mine], values[mine], mine)
        filled += int((line.rows < 0).sum())
        lines.append(line)
    _note(ledger, columns, unsorted, filled)
    return lines, step, table


def _with_values(table: Table, columns: Columns, ledger: Ledger) -> NDArray[np.bool_]:
    """(N,) which rows have a number; one without inside a series becomes a gap, which is filled."""
    values, malformed = read_numbers(table.frame[columns.target])
    bad = malformed | np.isinf(values)
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        said = read_text(table.frame[columns.target])[at]
        raise DataError(
            Mistake(
                f"target {columns.target!r} says {said!r} in row {int(table.rows[at]) + 1:,}"
                + (f", and {int(bad.sum()) - 1:,} more rows are no finite numbers" if bad.sum() > 1 else ""),
                "numbers: only they are forecast",
                "mend these cells, or leave them empty",
            )
        )
    missing = np.isnan(values)
    ledger.drop(
        MISSING,
        table.rows[missing].tolist(),
        columns.target,
    )
    if missing.all():
        raise DataError(Mistake(f"target {columns.target!r} has no values", "numbers in the order of time"))
    return ~missing


def counted(groups: dict[str, Ints], rows: int) -> Floats:
    """(N,) the how-many-th of its series each row is, from 0."""
    times = np.zeros(rows)
    for places in groups.values():
        times[places] = np.arange(len(places))
    return times


def series_of(table: Table, group: str | None) -> dict[str, Ints]:
    """The positions of the rows of each series, by its name."""
    if group is None:
        return {"": np.arange(len(table), dtype=np.int64)}
    names = read_text(table.frame[group]).fill_null("")
    code = names.rank("dense").to_numpy().astype(np.int64) - 1
    order = np.argsort(code, kind="stable").astype(np.int64)
    ends = np.cumsum(np.bincount(code))
    return {str(names[int(part[0])]): part for part in np.split(order, ends[:-1])}


def _filled(name: str, places: Ints, values: Floats, rows: Ints) -> Line:
    """Points in the order of time, with those that are missing on the straight line between their neighbours."""
    whole = np.arange(places[0], places[-1] + 1)
    if len(whole) == len(places):
        return Line(name, int(places[0]), values, rows)
    at = np.full(len(whole), -1, dtype=np.int64)
    at[places - places[0]] = rows
    return Line(name, int(places[0]), np.interp(whole, places, values), at)


def check_unit(unit: str, step: Step | None, column: str) -> None:
    """Refuse times that are counted in another unit than those of the training.

    Raises:
        DataError: they are.
    """
    if step is not None and step.unit != unit:
        raise DataError(
            Mistake(
                f"the times in column {column!r} are counted in {unit}s, and those of the training in {step.unit}s",
                "times written as in training",
            )
        )


def _check_grid(table: Table, columns: Columns, step: Step, on_grid: NDArray[np.bool_]) -> None:
    off = np.flatnonzero(~on_grid)
    if len(off):
        said = table.frame[str(columns.time)][int(off[0])]
        raise DataError(
            Mistake(
                f"the times in column {columns.time!r} are not {step} apart: row {int(table.rows[off[0]]) + 1:,} "
                f"says {said!r}",
                "times that are a whole number of steps apart",
                f"bring them to a grid, or leave the time out (--role {columns.time}=ignored): each row is a step then",
            )
        )


def _check_twice(table: Table, columns: Columns, name: str, places: Ints, rows: Ints) -> None:
    again = np.flatnonzero(np.diff(places) == 0)
    if not len(again):
        return
    one, other = sorted(int(table.rows[rows[again[0] + i]]) + 1 for i in (0, 1))
    said = table.frame[str(columns.time)][int(rows[again[0]])]
    of = f" of {name!r}" if name else ""
    raise DataError(
        Mistake(
            f"the time {said!r}{of} stands in the rows {one:,} and {other:,}"
            + (f", and {len(again) - 1:,} more times stand twice" if len(again) > 1 else ""),
            "each time once",
            "say which column tells the series apart (--role COLUMN=group), or add the rows of one time up",
        )
    )


def _check_gaps(columns: Columns, name: str, places: Ints, step: Step) -> None:
    points = int(places[-1] - places[0]) + 1
    gone = points - len(places)
    if gone > MOST_FILLED * points:
        of = f" of {name!r}" if name else ""
        role = columns.time or columns.target
        raise DataError(
            Mistake(
                f"{gone:,} of {points:,} points{of} are missing, at a step of {step} in column {role!r}",
                f"at most {MOST_FILLED:.0%} of them",
                f"leave the time out (--role {role}=ignored): each row is a step then; or add the rows that are "
                "missing",
            )
        )


def _note(ledger: Ledger, columns: Columns, unsorted: int, filled: int) -> None:
    ledger.note(
        "kept", "series whose rows are not in the order of time: they were sorted", unsorted, columns.time
    )
    ledger.note(
        "repaired",
        "no row at this time: the straight line between its neighbours stands in",
        filled,
        columns.target,
    )


def names_of(lines: Sequence[Line], most: int = 3) -> str:
    """The names of series, few of them, for a sentence.

    >>> names_of([Line(str(i), 0, np.zeros(1), np.zeros(1, dtype=np.int64)) for i in range(5)])
    "'0', '1', '2' and 2 more"
    """
    shown = ", ".join(repr(line.name) for line in lines[:most])
    return shown + (f" and {len(lines) - most} more" if len(lines) > most else "")


def time_column(frame: pl.DataFrame, but: Sequence[str]) -> str | None:
    """The column that is taken for the time where none is named: the first whose text is dates, else the first whose
    name says so and whose numbers rise; None where there is none."""
    from .steps import FORMATS

    for name in frame.columns:
        if name in but or frame[name].dtype.is_nested():
            continue
        if frame[name].dtype.is_temporal():
            return name
        text = read_text(frame[name])
        if not text.null_count() and any(bool(text.str.contains(form).all()) for _, form in FORMATS):
            return name
    for name in frame.columns:
        if name in but or name.lower() not in (
            "time",
            "t",
            "date",
            "year",
            "month",
            "day",
            "hour",
            "step",
            "index",
        ):
            continue
        numbers, _ = read_numbers(frame[name])
        if np.isfinite(numbers).all():
            return name
    return None
