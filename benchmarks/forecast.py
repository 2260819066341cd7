"""Forecasts of airline passengers, sunspots and CO2 beside the last season and exponential smoothing.

    scripts/bench forecast FOLDER [SEEDS]

FOLDER holds ``Airline.csv`` (months from 1949, Box & Jenkins), ``sunspots.csv`` (yearly) and ``co2.csv`` (weekly, Mauna
Loa), anywhere below it; the latter two come with statsmodels. Horizon and season are 12, 11 and 12 steps; the last
three seasons are held out, and each point of them is an origin as long as its horizon lies in them. The network learns
once from what comes before, with default settings, from each of SEEDS seeds (3); exponential smoothing is fitted anew
at each origin.
CO2 is the mean of each month; the five months without a measurement are left out of the table, and Ranvier fills them.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

import polars as pl

import ranvier as rv

CASES = {"airline": 12, "sunspots": 11, "co2": 12}


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


def main(folder: Path, seeds: int) -> None:
    print("| series | points | seasonal naive | exponential smoothing | Ranvier | in 80% | in 95% |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as runs:
        for name, frame in tables(folder).items():
            season = CASES[name]
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
                asked = {**settings, "seed": seed, "evaluation.baselines": seed == 0}
                run = rv.fit(frame, target="value", settings=asked, out=Path(runs) / f"{name}-{seed}")
                found.append(run.metrics)
            beside = {
                each: found[0]["baselines"][each]["mase"]["value"]
                for each in ("seasonal_naive", "exponential_smoothing")
            }
            mase = [each["test"]["mase"]["value"] for each in found]
            inside = [
                statistics.mean(each["forecast"]["coverage"][share] for each in found)
                for share in ("80", "95")
            ]
            spread = f" ({min(mase):.3f} to {max(mase):.3f})" if seeds > 1 else ""
            print(
                f"| {name} | {points} | {beside['seasonal_naive']:.3f} | {beside['exponential_smoothing']:.3f} "
                f"| {statistics.mean(mase):.3f}{spread} | {inside[0]:.0%} | {inside[1]:.0%} |",
                flush=True,
            )


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
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)
