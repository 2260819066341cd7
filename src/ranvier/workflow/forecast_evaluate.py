"""A trained forecast on new series whose values are known: each point that has enough past and future is an origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from ..data.ledger import Ledger
from ..data.series.lines import read_lines
from ..data.series.windows import Bounds, cut_windows
from ..data.source import read
from ..data.table import Table
from ..delivery.forecast import check_columns, forecast_table, said
from ..delivery.model import Model
from ..errors import DataError, Mistake
from ..evaluation.intervals import Measured
from ..tasks.forecast import Forecast
from .forecast_measure import by_step, values_of


@dataclass(frozen=True)
class Found:
    """What was measured.

    Args:
        test: each metric.
        details: by steps, and how many origins there are.
        verdict: in words, beside the measure of the training.
        predictions: each step of each forecast.
        origins: how many there are.
        table: the rows of the series.
    """

    test: dict[str, Measured]
    details: dict[str, Any]
    verdict: str
    predictions: pl.DataFrame
    origins: int
    table: Table


def evaluate_forecast(model: Model, task: Forecast, data: Any, ledger: Ledger) -> Found:
    """Measure a forecast at every origin of new series.

    The MASE is in units of what the seasonal naive forecast errs by in these series.

    Raises:
        DataError: the data cannot be read, or no series is long enough.
    """
    table = read(data, ledger)
    check_columns(task, table.frame.columns)
    whole = table
    lines, _, table = read_lines(table, task.columns, ledger, task.step)
    bounds = [Bounds(len(line), len(line)) for line in lines]
    windows = cut_windows(lines, bounds, "train", task.length, task.horizon, task.season)
    usable = windows.error > 0
    if not usable.any():
        longest = max(map(len, lines))
        raise DataError(
            Mistake(
                f"no series of {table.origin} can be measured: the longest has {longest:,} points",
                f"at least {task.length + task.horizon:,} that change: {task.length} to look back at, and "
                f"{task.horizon} to compare with",
                "use 'ranvier predict' for what comes after the last point",
            )
        )
    windows = type(windows)(*(each[usable] for each in vars(windows).values()))
    points = task.points(whole, lines, table.rows, ledger=ledger)
    found = said(model.outputs, task, windows, points)
    test = values_of(windows, found)
    now, then = test["mase"]["value"], (model.card.get("test", {}).get("mase") or {}).get("value")
    beside = f"; on the held-out part of the training it was {then:.4g}" if then is not None else ""
    told = {
        "horizon": task.horizon,
        "season": task.season,
        "history": task.length,
        "step": str(task.step),
        "series": len(lines),
        "origins": len(windows),
    }
    forms = {"form": "forecasts", "metric": task.metric}
    details = {**forms, "forecast": told | by_step(windows, found)}
    verdict = f"The MASE on these series is {now:.4g}{beside}."
    return Found(test, details, verdict, forecast_table(task, lines, windows, found), len(windows), table)
