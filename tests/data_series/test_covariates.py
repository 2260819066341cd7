"""Covariates: columns beside a series as channels of its windows, without a look ahead."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest

from ranvier.catalog import load
from ranvier.data.ledger import Ledger
from ranvier.data.series.covariates import (
    CALENDAR,
    Covariate,
    Covariates,
    beside,
    calendar_channels,
    calendar_of,
)
from ranvier.data.series.lines import Columns, read_lines
from ranvier.data.series.steps import Step
from ranvier.data.series.windows import Bounds, cut_windows, last_windows
from ranvier.data.source import read
from ranvier.errors import DataError

FRAME = pl.DataFrame(
    {
        "when": [1, 2, 3, 5, 6, 7, 8],
        "y": [1.0, 4.0, 2.0, 5.0, 3.0, None, None],
        "heat": [10.0, 20.0, 30.0, 50.0, 60.0, 70.0, 80.0],
        "sky": ["clear", "rain", "clear", "snow", "rain", "clear", "fog"],
    }
)


def fitted(known="past", frame=FRAME, **calendar):
    each = (
        Covariate("heat", load("kinds", "number").fit(frame[:5].select("heat")), known),
        Covariate("sky", load("kinds", "category").fit(frame[:5].select("sky")), "past"),
    )
    return Covariates(each, **calendar)


def points_of(covariates, frame=FRAME, group=None, time="when", beyond=0):
    ledger = Ledger()
    whole = read(frame, ledger)
    columns = Columns("y", time, group)
    lines, step, kept = read_lines(whole, columns, ledger)
    return covariates.points(whole, columns, lines, kept.rows, step, beyond, ledger), lines, ledger


def test_channels_follow_the_points_and_a_gap_takes_what_stood_before_it():
    covariates = fitted()
    assert covariates.spans == {"heat": (0, 1), "sky": (1, 4)}
    (points,), _, ledger = points_of(covariates)
    heat = covariates.each[0].kind
    np.testing.assert_allclose(
        points[:, 0] * heat.scale[0] + heat.mean[0], [10, 20, 30, 30, 50, 60], rtol=1e-6
    )
    words = ["clear", "rain", "clear", "clear", "snow", "rain"]
    assert points[:, 1:].tolist() == [[float(w == c) for c in ("clear", "rain", "snow")] for w in words]
    noted = [entry for entry in ledger.entries if "beside the value" in entry.reason]
    assert [(entry.outcome, entry.count, entry.column) for entry in noted] == [("repaired", 1, "heat, sky")]


def test_rows_beyond_the_last_value_are_read_and_an_unseen_word_is_none():
    (points,), _, _ = points_of(fitted("future"), beyond=2)
    heat = fitted().each[0].kind
    np.testing.assert_allclose(points[-2:, 0] * heat.scale[0] + heat.mean[0], [70, 80], rtol=1e-6)
    assert points[-1, 1:].tolist() == [0.0, 0.0, 0.0]


def test_the_order_of_the_rows_and_other_series_do_not_matter():
    two = pl.concat([FRAME.with_columns(id=pl.lit(name)) for name in "ba"]).sample(
        fraction=1.0, shuffle=True, seed=1
    )
    (first, second), lines, _ = points_of(fitted("future"), two, "id", beyond=2)
    assert [line.name for line in lines] == ["a", "b"]
    (alone,), _, _ = points_of(fitted("future"), beyond=2)
    assert (first == alone).all() and (second == alone).all()


def test_without_a_time_rows_are_counted():
    frame = FRAME.drop("when")
    (points,), _, _ = points_of(fitted("future"), frame, time=None, beyond=2)
    assert len(points) == 7
    with pytest.raises(DataError, match=r"there is no row for the 1\. row after it, though 'heat' is to be"):
        points_of(fitted("future"), frame[:5], time=None, beyond=2)


def test_what_is_to_be_known_ahead_needs_its_rows():
    points_of(fitted("past"), FRAME[:5], beyond=2)
    with pytest.raises(
        DataError,
        match=r"The last value is that of 6, and there is no row for when 8, though 'heat' is to be known ahead\. "
        r"Expected 2 rows after the last value, with 'y' left empty\. Add them, or train with "
        r"columns\.heat\.known=past",
    ):
        points_of(fitted("future"), FRAME[:6], beyond=2)
    named = FRAME[:5].with_columns(id=pl.lit("north"))
    with pytest.raises(DataError, match="The last value of series 'north' is that of 6"):
        points_of(fitted("future"), named, "id", beyond=1)


def test_windows_hold_the_future_of_what_is_known_ahead_alone():
    covariates = fitted("future")
    (points,), lines, _ = points_of(covariates)
    windows = cut_windows(lines, [Bounds(6, 6)], "train", 2, 2, 1)
    found = beside(windows, [points], covariates.ahead, 2, 2)
    assert found.shape == (3, 4, 4)
    for at, origin in enumerate(windows.origin):
        assert (found[at, :, 0] == points[origin - 2 : origin + 2, 0]).all()
        assert (found[at, :2, 1:] == points[origin - 2 : origin, 1:]).all()
    assert not found[:, 2:, 1:].any()
    assert beside(windows, [points], (), 2, 2).shape == (3, 2, 4)


def test_windows_before_the_beginning_take_the_first_point():
    (points,), lines, _ = points_of(fitted("future"), beyond=2)
    found = beside(last_windows(lines, 9), [points], fitted("future").ahead, 9, 2)
    assert (found[0, :4, 0] == points[0, 0]).all()
    assert (found[0, -2:, 0] == points[-2:, 0]).all()


def test_the_calendar_has_the_parts_that_were_gone_through_twice():
    hour, day = Step("second", 3600, "%Y-%m-%d %H:%M"), Step("second", 86400, "%Y-%m-%d")
    assert calendar_of(hour, [np.arange(24 * 20)]) == ("hour", "weekday")
    assert calendar_of(day, [np.arange(10), np.arange(800)]) == ("weekday", "day", "month")
    assert calendar_of(Step("month", 3, "%Y-%m"), [np.arange(9)]) == ("month",)
    assert calendar_of(Step("month", 12, "%Y-%m"), [np.arange(90)]) == ()
    assert calendar_of(Step("number"), [np.arange(90)]) == ()


def test_the_calendar_says_where_in_the_day_the_week_and_the_year_a_point_is():
    step = Step("second", 3600, "%Y-%m-%d %H:%M", origin=datetime(2023, 1, 2).timestamp() // 86400 * 86400)
    places = np.array([0, 6, 24 * 3 + 12])  # a Monday at midnight, at six; Thursday noon
    found = calendar_channels(("hour", "weekday"), step, places)
    hours, days = np.array([0, 6, 12]) / 24, np.array([0, 0, 3]) / 7
    wanted = [wave(2 * np.pi * part) for part in (hours, days) for wave in (np.sin, np.cos)]
    np.testing.assert_allclose(found, np.stack(wanted, axis=1), atol=1e-6)
    months = calendar_channels(("month",), Step("month", 1, "%Y-%m", origin=2000 * 12.0), np.array([3, 15]))
    np.testing.assert_allclose(months, [[1, 0], [1, 0]], atol=1e-6)  # April is a quarter of the year


def test_they_travel_as_json_values():
    covariates = fitted("future", calendar=("hour",))
    again = Covariates.from_state(covariates.state())
    assert again == covariates
    assert again.spans == {"heat": (0, 1), "sky": (1, 4), CALENDAR: (4, 6)}
    assert again.ahead == (0, 4, 5)
    assert str(again) == "'sky' (known in the past alone) and 'heat' (known ahead) and the calendar (hour)"
    assert not Covariates()
