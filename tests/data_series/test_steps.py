"""Times in a column: their step, places on a grid, and times that come after."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

from ranvier.data.series.steps import Step, find_step, read_column
from ranvier.errors import DataError

CASES = {
    "months": (["2020-11", "2020-12", "2021-02"], "a month", [0, 1, 3], "2021-03"),
    "quarters": (["2020-01-01", "2020-04-01", "2020-10-01"], "3 months", [0, 1, 3], "2021-01-01"),
    "years": (["1999", "2000", "2002"], "1", [0, 1, 3], 2003),
    "last days": (["2020-01-31", "2020-02-29", "2020-04-30"], "a month", [0, 1, 3], "2020-05-31"),
    "days": (["2020-02-27", "2020-02-28", "2020-03-01"], "a day", [0, 1, 3], "2020-03-02"),
    "weeks": (["20200106", "20200113", "20200127"], "a week", [0, 1, 3], "20200203"),
    "hours": (
        ["2020-01-01 22:00", "2020-01-01 23:00", "2020-01-02 01:00"],
        "an hour",
        [0, 1, 3],
        "2020-01-02 02:00",
    ),
    "seconds": (["2020-01-01T00:00:00", "2020-01-01T00:00:10"], "10 seconds", [0, 1], "2020-01-01T00:00:20"),
    "numbers": (["0.5", "1.0", "2.0"], "0.5", [0, 1, 3], 2.5),
}


@pytest.mark.parametrize("case", CASES)
def test_the_step_and_what_comes_next(case):
    text, words, places, after = CASES[case]
    rows = np.arange(len(text))
    times = read_column(pl.Series("when", text), rows)
    step = find_step(times, [rows])
    assert str(step) == words
    found, on_grid = step.places(times.values)
    assert on_grid.all()
    assert (found - found[0]).tolist() == places
    assert step.show(found[-1:] + 1).to_list() == [after]
    assert (
        step.show(found).cast(pl.String).to_list() == [str(each) for each in pl.Series(text)]
        or case == "numbers"
    )
    assert Step.from_state(step.state()) == step


def test_native_dates_are_read_as_their_text():
    for values in ([date(2020, 1, 1), date(2020, 2, 1)], [datetime(2020, 1, 1), datetime(2020, 2, 1)]):
        times = read_column(pl.Series("when", values), np.arange(2))
        assert (times.unit, times.written) == ("month", "%Y-%m-%d")


def test_times_that_cannot_be_read():
    rows = np.arange(2)
    with pytest.raises(DataError, match="Column 'when' has no time in 1 row, of which row 2 is the first"):
        read_column(pl.Series("when", ["2020-01", None]), rows)
    with pytest.raises(DataError, match="Column 'when' is the time, and says 'soon' in row 2"):
        read_column(pl.Series("when", ["2020-01", "soon"]), rows)
    with pytest.raises(DataError, match="Column 'when' says '2021-02-30' in row 2, which is no day"):
        read_column(pl.Series("when", ["2021-02-27", "2021-02-30"]), rows)
