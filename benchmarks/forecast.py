"""Forecasts of airline passengers, sunspots and CO2 beside the last season and exponential smoothing; and of hired
bicycles with and without the weather.

    scripts/bench forecast FOLDER [SEEDS] [CASE ...]

FOLDER holds ``Airline.csv`` (months from 1949, Box & Jenkins), ``sunspots.csv`` (yearly) and ``co2.csv`` (weekly, Mauna
Loa), anywhere below it; the latter two come with statsmodels. Horizon and season are 12, 11 and 12 steps; the last
three seasons are held out, and each point of them is an origin as long as its horizon lies in them. The network learns
once from what comes before, with default settings, from each of SEEDS seeds (3); exponential smoothing is fitted anew
at each origin.
CO2 is the mean of each month; the five months without a measurement are left out of the table, and Ranvier fills them.

``Bikeshare.csv`` (hours of 2011, ISLR2), where it is there too, is forecast a day ahead from each hour of the last four
weeks: the count alone; beside the weather and the calendar, the weather known in the past alone, as it is by default;
and with the weather known ahead, for which the weather that came stands, a forecast without error. CASE names single
ones: airline, sunspots, co2, bikeshare; with a network of their own as in airline:tsmixer or bikeshare:nhits.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

import ranvier as rv

CASES = {"airline": 12, "sunspots": 11, "co2": 12}

BICYCLES = "bikeshare"

DEFAULT = "dlinear"

WEATHER = ("temp", "hum", "windspeed", "weathersit", "holiday", "workingday")

WEEKS = 4
"""Of hired bicycles so many are held out, and as many validate."""


def tables(folder: Path) -> dict[str, pl.DataFrame]:
    """The three series, each with a time and a value."""

    def read(name: str) -> pl.DataFrame:
        return pl.read_csv(next(folder.rglob(name)), infer_schema=False, null_values=["", " "])

    airline, sunspots, weekly = read("Airline.csv"), read("sunspots.csv"), read("co2.csv")
    month = pl.col("date").str.slice(0, 4) + "-" + pl.col("date").str.slice(4, 2)
    co2 = (
        weekly.drop_nulls()
        .group_by(month.alias("month"))
        .agg(pl.col("co2").cast(pl.Float64).mean())
        .sort("month")
    )
    found = {"airline": airline, "sunspots": sunspots, "co2": co2}
    return {name: frame.rename(dict(zip(frame.columns, ("time", "value")))) for name, frame in found.items()}


def bicycles(folder: Path) -> pl.DataFrame | None:
    """The hours of 2011 with the count and the weather; None where the file is not there."""
    found = next(folder.rglob("Bikeshare.csv"), None)
    if found is None:
        return None
    day = pl.date(2011, 1, 1) + pl.duration(days=pl.col("day") - 1)
    time = day.dt.strftime("%Y-%m-%d ") + pl.col("hr").cast(pl.String).str.zfill(2) + ":00"
    return pl.read_csv(found).select(time.alias("time"), "bikers", *WEATHER)


def of_bicycles(frame: pl.DataFrame, seeds: int, runs: Path, networks: list[str]) -> None:
    """The table of hired bicycles."""
    held = WEEKS * 7 * 24 / 8760
    settings = {
        "task": "forecast",
        "columns.time": "time",
        "forecast.horizon": 24,
        "forecast.season": 24,
        "split.test": held,
        "split.validation": held,
        "evaluation.report": False,
    }
    alone = {"forecast.calendar": False, **{f"columns.{name}": "ignored" for name in WEATHER}}
    ahead = {f"columns.{name}.known": "future" for name in WEATHER}
    print(
        "\n| beside the count | network | last day again | exponential smoothing | validation | MASE "
        "| in 80% | in 95% |"
    )
    print("|---|---|---|---|---|---|---|---|")
    told = {"nothing": alone, "weather of the past, calendar": {}, "weather known ahead, calendar": ahead}
    for network in networks:
        for name, case in told.items():
            found = []
            for seed in range(seeds):
                first = {"evaluation.baselines": seed == 0 and name == "nothing"}
                asked = {**settings, **case, **first, "seed": seed, "network": network}
                out = runs / f"{network}-{name}-{seed}"
                found.append(rv.fit(frame, target="bikers", settings=asked, out=out).metrics)
            beside = {each: entry["mase"]["value"] for each, entry in found[0]["baselines"].items()}
            others = [
                f"{beside[each]:.3f}" if beside else ""
                for each in ("seasonal_naive", "exponential_smoothing")
            ]
            print(
                f"| {name} | {network} | {' | '.join(others)} | {' | '.join(_measures(found))} |", flush=True
            )


def _measures(found: list[dict[str, Any]]) -> list[str]:
    """The mean MASE of several seeds on validation and on test rows, and the shares of values in the intervals."""
    mase = [each["test"]["mase"]["value"] for each in found]
    inside = [
        statistics.mean(each["forecast"]["coverage"][share] for each in found) for share in ("80", "95")
    ]
    spread = f" ({min(mase):.3f} to {max(mase):.3f})" if len(mase) > 1 else ""
    before = statistics.mean(each["validation"]["mase"]["value"] for each in found)
    return [f"{before:.3f}", f"{statistics.mean(mase):.3f}{spread}", *(f"{share:.0%}" for share in inside)]


def main(folder: Path, seeds: int, cases: list[str]) -> None:
    named = [each.partition(":") for each in cases or [*CASES, BICYCLES]]
    chosen = [(name, network or DEFAULT) for name, _, network in named]
    with tempfile.TemporaryDirectory() as runs:
        if values := [each for each in chosen if each[0] in CASES]:
            of_values(folder, seeds, values, Path(runs))
        networks = [network for name, network in chosen if name == BICYCLES]
        hours = bicycles(folder) if networks else None
        if hours is not None:
            of_bicycles(hours, seeds, Path(runs), networks)


def of_values(folder: Path, seeds: int, chosen: list[tuple[str, str]], runs: Path) -> None:
    """The table of the series that are forecast from themselves alone."""
    print(
        "| series | points | seasonal naive | exponential smoothing | network | validation | MASE | in 80% | in 95% |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    read = tables(folder)
    for name, network in chosen:
        frame, season = read[name], CASES[name]
        points = _points(frame)
        settings = {
            "task": "forecast",
            "columns.time": "time",
            "forecast.horizon": season,
            "forecast.season": season,
            "split.test": 3 * season / points,
            "evaluation.report": False,
        }
        found = []
        for seed in range(seeds):
            asked = {**settings, "seed": seed, "evaluation.baselines": seed == 0, "network": network}
            run = rv.fit(frame, target="value", settings=asked, out=runs / f"{name}-{network}-{seed}")
            found.append(run.metrics)
        beside = [
            f"{found[0]['baselines'][each]['mase']['value']:.3f}"
            for each in ("seasonal_naive", "exponential_smoothing")
        ]
        print(f"| {name} | {points} | {' | '.join([*beside, network, *_measures(found)])} |", flush=True)


def _points(frame: pl.DataFrame) -> int:
    """How many points there are with those that are missing."""
    time = frame["time"].cast(pl.String)
    if not time[0] or "-" not in time[0]:
        return frame.height
    count = time.str.slice(0, 4).cast(pl.Int64) * 12 + time.str.slice(5, 2).cast(pl.Int64)
    return int(count[-1] - count[0]) + 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3, sys.argv[3:])
