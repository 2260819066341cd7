"""The next values of new series, by a trained forecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import Tensor

from ..data.ledger import Ledger
from ..data.series.covariates import Features
from ..data.series.lines import MISSING, Line, read_lines
from ..data.series.windows import Windows, last_windows
from ..data.source import read
from ..errors import DataError, Mistake, did_you_mean, raise_if_any
from ..tasks.forecast import Forecast

Outputs = Callable[[Mapping[str, Tensor]], Tensor]
"""A network's outputs for prepared blocks."""

EMPTY = "no value: what stands beside it is read; with values on both sides, the straight line between them stands in"

SHORT = (
    "series shorter than the {length} values that a forecast looks back at: taken to have stood still before"
)


def forecast(outputs: Outputs, task: Forecast, data: Any, ledger: Ledger) -> pl.DataFrame:
    """The H values after the last one of each series.

    Args:
        outputs: of the trained network.
        task: of the model.
        data: whatever ``ranvier.fit`` reads, with the columns of the training.
        ledger: is told of what was filled, sorted or taken to be longer than it is.

    Returns:
        For each series H rows: its name where there are several, the last time that is known, the time of the step,
        which step it is, the value, and the ends of its intervals.

    Raises:
        DataError: the data cannot be read, lacks a column, or its times do not lie on the grid of the training.
    """
    table = read(data, ledger)
    check_columns(task, table.frame.columns)
    lines, _, kept = read_lines(table, task.columns, ledger, task.step)
    ledger.note("kept", SHORT.format(length=task.length), sum(len(line) < task.length for line in lines))
    windows = last_windows(lines, task.length)
    points = task.points(table, lines, kept.rows, task.horizon, ledger)
    if task.covariates.columns:
        ledger.entries = [
            replace(one, outcome="kept", reason=EMPTY) if one.reason == MISSING else one
            for one in ledger.entries
        ]
    return forecast_table(task, lines, windows, said(outputs, task, windows, points))


def said(
    outputs: Outputs, task: Forecast, windows: Windows, points: Sequence[Features]
) -> NDArray[np.float64]:
    """The quantiles (N, H, Q) of what comes after windows, in units of these."""
    return task.decode(outputs({"series": task.block(windows, points)}))


def check_columns(task: Forecast, there: Sequence[str]) -> None:
    """Refuse a table that lacks a column.

    Raises:
        DataError: with each that is missing.
    """
    raise_if_any(
        DataError,
        (
            Mistake(f"the data has no column {name!r}", remedy=did_you_mean(name, there))
            for name in (*vars(task.columns).values(), *task.covariates.columns)
            if name and name not in there
        ),
    )


def forecast_table(
    task: Forecast, lines: Sequence[Line], windows: Windows, said: NDArray[np.float64]
) -> pl.DataFrame:
    """Forecasts (N, H, Q) in units of their windows as a table of N H rows, with what came where that is known."""
    steps = np.arange(1, task.horizon + 1)
    first = np.array([line.first for line in lines], dtype=np.int64)
    last = first[windows.line] + windows.origin - 1  # the place of the last value that was known
    columns: dict[str, Any] = {}
    if task.columns.group:
        columns[task.columns.group] = [lines[of].name for of in windows.line for _ in steps]
    time = task.columns.time or "step"
    columns["origin"] = task.step.show(np.repeat(last, len(steps)))
    columns[time if time != "origin" else "time"] = task.step.show((last[:, None] + steps).ravel())
    columns["ahead"] = np.tile(steps, len(last))
    if windows.future.shape[1]:
        columns["true"] = windows.restored(windows.future).ravel()
    return pl.DataFrame(columns).hstack(task.frame(windows.restored(said)))
