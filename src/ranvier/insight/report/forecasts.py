"""Forecasts over the held-out part: what came, what was forecast from some origins, and the intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from .contents import Contents
from .markup import Html, figure, join, number, section, table, tag
from .traces import COLOURS, Figure, layout_of, line_of

SHOWN = 3
"""So many series at most are drawn."""

AT_FIRST = 7
"""So many of the last forecasts of a series are in sight at first."""


def forecasts_section(contents: Contents) -> Html | str:
    """Forecasts beside what came, and how they do step by step."""
    frame, told = contents.forecasts, contents.metrics.get("forecast", {})
    if frame is None or not len(frame):
        return ""
    about = forecasts_about(told, "" if contents.command else " in the held-out part")
    drawn = []
    for place, (name, part) in enumerate(_series(contents)[:SHOWN]):
        caption = f"{name or contents.record.get('target')}: what came, and forecasts one horizon apart"
        if (count := len(_apart(len(part), told["horizon"]))) > AT_FIRST:
            caption += f"; the last {AT_FIRST} of {count:,} are in sight, a double click shows all"
        text = "The middle of each forecast is a line, its intervals of 80% and 95% are bands."
        drawn.append(figure(f"forecast-{place}", caption, text))
    header, rows = step_table(told)
    caption = "How good the forecasts are, step by step ahead"
    return section(
        "forecasts",
        "The forecasts",
        tag("p", about),
        *drawn,
        tag("p", f"{covered(told)} {told.get('intervals', '')}".strip()),
        join(table(caption, header, rows, range(1, len(header)))),
        *_covariates(told),
    )


def forecasts_about(told: Mapping[str, Any], where: str = "") -> str:
    """What was forecast from what, in words."""
    return (
        f"The next {told['horizon']:,} values from the last {told['history']:,}, at a step of {told['step']}; "
        f"{told['series']:,} series, {told['origins']:,} origins{where}."
    )


def covered(told: Mapping[str, Any]) -> str:
    """How many of the values lie in the intervals, in words.

    >>> covered({"coverage": {"80": 0.812, "95": 0.96}})
    'Of the values of all steps, 81% lie in the 80% interval and 96% in the 95% interval.'
    """
    shares = [f"{value:.0%} {{}}in the {share}% interval" for share, value in told["coverage"].items()]
    first, *others = shares
    return f"Of the values of all steps, {' and '.join([first.format('lie '), *(each.format('') for each in others)])}."


def step_table(told: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """The header and the lines of a table of the measure step by step ahead."""
    shares = told["coverage_by_step"]
    header = ["step", "MASE", *(f"in the {share}% interval" for share in shares)]
    rows = [
        [number(step), number(mase), *(f"{each[step - 1]:.0%}" for each in shares.values())]
        for step, mase in enumerate(told["mase_by_step"], 1)
    ]
    return header, rows


def _covariates(told: Mapping[str, Any]) -> list[Html]:
    """What stands beside the value, and what it is worth."""
    found = told.get("covariates")
    if not found:
        return []
    header = ["column", "known", "MASE once it is shuffled", "more than it is"]
    about = (
        "Each column was shuffled between the windows of the held-out part: how much worse the forecasts become tells "
        "what it is worth to this network."
    )
    return [
        tag("p", about),
        join(table("What stands beside the value", header, covariate_rows(told), (2, 3))),
    ]


def covariate_rows(told: Mapping[str, Any]) -> list[list[str]]:
    """The lines of that table, the column that is worth most first."""
    words = {"past": "in the past", "future": "ahead", "series": "of each series"}
    order = sorted(told["covariates"], key=lambda one: -float(one["shuffled"]))
    return [
        [one["column"], words[one["known"]], number(one["shuffled"]), number(one["shuffled"] - one["mase"])]
        for one in order
    ]


def forecast_figures(contents: Contents) -> dict[str, Figure]:
    """The figures of the section, by name."""
    if contents.forecasts is None or not len(contents.forecasts):
        return {}
    target, horizon = str(contents.record.get("target")), contents.metrics["forecast"]["horizon"]
    return {
        f"forecast-{place}": _drawn(frame, target, horizon)
        for place, (_, frame) in enumerate(_series(contents)[:SHOWN])
    }


def _series(contents: Contents) -> list[tuple[str, pl.DataFrame]]:
    """The forecasts of each series, by its name."""
    frame = contents.forecasts if contents.forecasts is not None else pl.DataFrame()
    if frame.columns[:1] == ["origin"]:
        return [("", frame)]
    group = frame.columns[0]
    return [(str(key[0]), part) for key, part in frame.group_by(group, maintain_order=True)]


def _apart(rows: int, horizon: int) -> list[int]:
    """The numbers of the forecasts that are drawn, the last one first: one horizon apart, so that each point has one.

    >>> _apart(rows=24, horizon=3)
    [7, 4, 1]
    """
    return list(range(rows // horizon - 1, -1, -horizon))


def _plain(time: str) -> str | float:
    """A time as the axis has it: dates as they are, numbers as such."""
    try:
        return float(time)
    except ValueError:
        return time


def _drawn(frame: pl.DataFrame, target: str, horizon: int) -> Figure:
    time = frame.columns[frame.columns.index("origin") + 1]
    numbers = {
        name: frame[name].cast(pl.Float64).to_numpy()
        for name in ("true", *frame.columns[frame.columns.index("true") + 1 :])
    }
    times, ahead = np.array(frame[time].to_list()), frame["ahead"].cast(pl.Int64).to_numpy()
    count = len(times) // horizon
    one_step, last = ahead == 1, slice((count - 1) * horizon, None)
    seen = [*times[one_step].tolist(), *times[last].tolist()[1:]]
    came = [*numbers["true"][one_step].tolist(), *numbers["true"][last].tolist()[1:]]
    traces: list[Figure] = []
    for origin in _apart(len(times), horizon):
        at = slice(origin * horizon, (origin + 1) * horizon)
        x = times[at].tolist()
        for share, opacity in ((95, 0.14), (80, 0.25)):
            low, high = (numbers[f"{target} {share}% {end}"][at].tolist() for end in ("low", "high"))
            band = line_of(f"{share}% interval", [*x, *x[::-1]], [*high, *low[::-1]], 1)
            first = origin == count - 1
            band.update(
                fill="toself", line={"width": 0}, fillcolor=f"rgba(217,119,6,{opacity})", showlegend=first
            )
            traces.append({**band, "hoverinfo": "skip"})
        middle = line_of("forecast", x, numbers[target][at].tolist(), 1)
        traces.append({**middle, "showlegend": origin == count - 1})
    truth = line_of("what came", seen, came, 0)
    truth["line"] = {"color": COLOURS[0], "width": 2}
    layout = layout_of(time, target)
    if len(apart := _apart(len(times), horizon)) > AT_FIRST:
        first = times[apart[AT_FIRST - 1] * horizon]
        layout["xaxis"]["range"] = [_plain(first), _plain(times[-1])]
    return {"data": [*traces, truth], "layout": layout}
