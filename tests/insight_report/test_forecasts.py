"""The figure of forecasts: each point is forecast once, and of many forecasts the last ones are in sight."""

from __future__ import annotations

import polars as pl

from ranvier.insight.report.forecasts import _drawn


def frame(origins, horizon, first=0):
    rows = [
        {
            "origin": str(first + at),
            "time": str(first + at + ahead),
            "ahead": str(ahead),
            "true": "1.0",
            "y": "1.5",
        }
        | {f"y {share}% {end}": "2.0" for share in (80, 95) for end in ("low", "high")}
        for at in range(origins)
        for ahead in range(1, horizon + 1)
    ]
    return pl.DataFrame(rows)


def test_each_point_is_forecast_once_from_origins_one_horizon_apart():
    figure = _drawn(frame(10, 3), "y", 3)
    lines = [trace for trace in figure["data"] if trace["name"] == "forecast"]
    assert [trace["x"] for trace in lines] == [
        [str(at + 1 + ahead) for ahead in range(3)] for at in (9, 6, 3, 0)
    ]
    truth = figure["data"][-1]
    assert truth["x"] == [str(at) for at in range(1, 13)]
    assert "range" not in figure["layout"]["xaxis"]


def test_of_many_forecasts_the_last_are_in_sight():
    figure = _drawn(frame(28, 3), "y", 3)
    assert figure["layout"]["xaxis"]["range"] == [10.0, 30.0]
    assert len([trace for trace in figure["data"] if trace["name"] == "forecast"]) == 10
    dated = frame(28, 3).with_columns(time=pl.concat_str(pl.lit("2024-01-"), "time"))
    assert _drawn(dated, "y", 3)["layout"]["xaxis"]["range"] == ["2024-01-10", "2024-01-30"]
