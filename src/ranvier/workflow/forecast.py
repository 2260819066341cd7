"""Preparing a forecast: from a long table to windows, each in the part that all its future lies in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.batches import Batch
from ..data.kinds import Kind
from ..data.ledger import Ledger
from ..data.partition import PARTS
from ..data.preparation import Preparation
from ..data.schema import Schema
from ..data.series.lines import Columns, Line, names_of, read_lines
from ..data.series.season import find_season
from ..data.series.steps import Step
from ..data.series.windows import Bounds, Windows, cut_windows, divide, naive_error
from ..data.split import Split
from ..data.table import Table
from ..errors import DataError, Mistake
from ..spec import Spec
from ..tasks.forecast import Forecast
from .forecast_columns import columns_of, covariates_of, described, schema_of

FEWEST_WINDOWS = 4
"""So many windows at least a series gives to learn from."""

HORIZON = 10
"""How many values are forecast where nobody says, and there is no season."""

REASON = (
    "the last points of each series are held out; a forecast belongs to the part that all its values lie in"
)


@dataclass(frozen=True)
class Forecasts:
    """The series of a run.

    Args:
        lines: the series, without those that are too short.
        bounds: where the parts of each end.
        windows: of each part.
    """

    lines: Sequence[Line]
    bounds: Sequence[Bounds]
    windows: dict[str, Windows]


def prepare_forecast(
    spec: Spec, table: Table, ledger: Ledger
) -> tuple[Table, Schema, Split, Preparation, Forecast, dict[str, Batch], Forecasts]:
    """Read the series of a table and cut them into windows.

    Raises:
        SpecError, DataError: with what is wrong.
    """
    columns = columns_of(spec, table)
    schema, whole = schema_of(spec, table, columns, ledger), table
    lines, step, table = read_lines(table, columns, ledger)
    shares = {"validation": spec.split.validation, "test": spec.split.test}
    task = _task(spec, columns, lines, step, shares)
    lines, table = _long_enough(task, lines, table, shares, ledger)
    bounds = [divide(len(line), task.horizon, shares) for line in lines]
    split = _split(lines, bounds, len(table))
    ledger.reconcile(split.counts)
    covariates = covariates_of(spec, table, schema, columns, lines, bounds, step)
    schema = described(schema, covariates, len(table), ledger)
    task = replace(task, covariates=covariates)
    points = task.points(whole, lines, table.rows, ledger=ledger)
    windows = {
        part: cut_windows(lines, bounds, part, task.length, task.horizon, task.season) for part in PARTS
    }
    parts = {
        name: Batch(
            {"series": task.block(each, points)},
            torch.from_numpy(each.targets().astype(np.float32)),
            torch.from_numpy(_rows(each, lines, table)),
        )
        for name, each in windows.items()
    }
    preparation = Preparation({"series": cast("Kind", task.kind)})
    return table, schema, split, preparation, task, parts, Forecasts(lines, bounds, windows)


def _task(
    spec: Spec, columns: Columns, lines: Sequence[Line], step: Step, shares: dict[str, float]
) -> Forecast:
    """The task, with season, horizon and length as they are said, or found."""
    reasons = {}
    season, horizon, length = spec.forecast.season, spec.forecast.horizon, spec.forecast.history
    if season is None:
        early = [line.values[: max(1, round(len(line) * (1 - sum(shares.values()))))] for line in lines]
        season, strength = find_season(early)
        found = f"the training values go with those so many steps later (autocorrelation {strength:.2f})"
        reasons["forecast.season"] = found if season > 1 else "no season was found"
    if horizon is None:
        horizon = season if season > 1 else HORIZON
        reasons["forecast.horizon"] = "one season" if season > 1 else "the default where there is no season"
    points = int(np.median([len(line) for line in lines]))
    train = divide(points, horizon, shares).train
    if length is None:
        wanted = 2 * season + 1 if season > 1 else 3 * horizon
        length = max(1, min(wanted, (train - horizon) * 2 // 3))
        whole = "two seasons and one step" if season > 1 else "three horizons"
        reasons["forecast.history"] = whole if length == wanted else "as much as the training part allows"
    return Forecast(columns, horizon, season, length, step, reasons=reasons)


def _long_enough(
    task: Forecast, lines: Sequence[Line], table: Table, shares: dict[str, float], ledger: Ledger
) -> tuple[list[Line], Table]:
    """The series that have something to learn from in each part; the rows of the others are dropped.

    Raises:
        DataError: there is none.
    """
    needed = task.length + task.horizon + FEWEST_WINDOWS - 1
    short: list[Line] = []
    still: list[Line] = []
    kept: list[Line] = []
    for line in lines:
        train = divide(len(line), task.horizon, shares).train
        moves = train < needed or naive_error(line.values[:train], task.season) > 0
        (short if train < needed else kept if moves else still).append(line)
    if not kept:
        longest = max(lines, key=len)
        of = f"series {longest.name!r}, the longest," if longest.name else "the series"
        if still:
            raise DataError(
                Mistake(
                    f"target {task.target!r} is the same at all times of the training part",
                    "values that change",
                    "choose another target",
                )
            )
        train = max(0, divide(len(longest), task.horizon, shares).train)
        raise DataError(
            Mistake(
                f"{of} has {len(longest):,} points, of which {train:,} are left to learn from",
                f"at least {needed:,} for a horizon of {task.horizon} from the last {task.length} values",
                "give more of the past, or set a smaller forecast.horizon, forecast.history, split.test or "
                "split.validation",
            )
        )
    for reason, left_out in (
        (f"its series is too short: fewer than {needed:,} points to learn from", short),
        ("its series never changes in the training part", still),
    ):
        if left_out:
            rows = np.concatenate([line.rows[line.rows >= 0] for line in left_out])
            told = f"{reason} ({names_of(left_out)})"
            ledger.drop(told, np.sort(table.rows[rows]).tolist(), task.columns.group)
    return _only(kept, table) if len(kept) < len(lines) else (kept, table)


def _only(lines: Sequence[Line], table: Table) -> tuple[list[Line], Table]:
    """These series, and the rows of the table that are theirs."""
    mask = np.zeros(len(table), dtype=np.bool_)
    for line in lines:
        mask[line.rows[line.rows >= 0]] = True
    place = np.cumsum(mask) - 1
    moved = [
        Line(line.name, line.first, line.values, np.where(line.rows >= 0, place[line.rows], -1))
        for line in lines
    ]
    return moved, table.take(mask)


def _split(lines: Sequence[Line], bounds: Sequence[Bounds], rows: int) -> Split:
    part = np.zeros(rows, dtype=np.int64)
    for line, ends in zip(lines, bounds):
        of = np.searchsorted([ends.train, ends.validation], np.arange(len(line)), side="right")
        there = line.rows >= 0
        part[line.rows[there]] = of[there]
    train, validation, test = (np.flatnonzero(part == at).astype(np.int64) for at in range(3))
    return Split(train, validation, test, "time", REASON)


def _rows(windows: Windows, lines: Sequence[Line], table: Table) -> NDArray[np.int64]:
    """(N,) the row number of each origin in the source, from 0; of a point that was missing the one before it."""
    each = []
    for number, line in enumerate(lines):
        at = np.maximum.accumulate(np.where(line.rows >= 0, np.arange(len(line)), 0))
        each.append(table.rows[line.rows[at]][windows.origin[windows.line == number]])
    return np.concatenate(each).astype(np.int64) if each else np.zeros(0, dtype=np.int64)
