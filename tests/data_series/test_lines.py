"""Series of a long table: sorted, filled, told in the ledger, or refused in a sentence."""

from __future__ import annotations

import polars as pl
import pytest

from ranvier.data.ledger import Ledger
from ranvier.data.series.lines import Columns, read_lines, time_column
from ranvier.data.source import read
from ranvier.errors import DataError


def lines_of(columns=None, group=None, time="when", step=None, **values):
    ledger = Ledger()
    table = read(pl.DataFrame(values), ledger)
    lines, step, table = read_lines(table, Columns("y", time, group), ledger, step)
    return lines, step, table, ledger


def test_rows_are_sorted_and_gaps_are_filled_and_both_are_told():
    when = ["2020-03", "2020-01", "2020-02", "2020-05", "2020-06", "2020-07"]
    (line,), step, _, ledger = lines_of(when=when, y=[3.0, 1.0, 2.0, 7.0, 8.0, 9.0])
    assert line.values.tolist() == [1, 2, 3, 5, 7, 8, 9]
    assert line.rows.tolist() == [1, 2, 0, -1, 3, 4, 5]
    assert str(step) == "a month"
    assert [(e.outcome, e.count) for e in ledger.entries] == [("kept", 1), ("repaired", 1)]


def test_a_missing_value_is_dropped_and_filled():
    (line,), _, table, ledger = lines_of(when=list(range(8)), y=[None, 1.0, 2.0, None, 4.0, 5.0, 6.0, None])
    assert line.values.tolist() == [1, 2, 3, 4, 5, 6]
    assert ledger.dropped == 3
    assert table.rows.tolist() == [1, 2, 4, 5, 6]


def test_without_a_time_each_row_is_a_step_even_where_a_value_is_missing():
    (a, b), step, _, _ = lines_of(
        time=None, group="id", id=list("ababababab"), y=[0, 9, 1, 8, None, 7, 3, 6, 4, 5]
    )
    assert (a.name, a.values.tolist()) == ("a", [0, 1, 2, 3, 4])
    assert (b.name, b.values.tolist()) == ("b", [9, 8, 7, 6, 5])
    assert step.unit == "row"


def test_what_cannot_be_told_is_refused():
    with pytest.raises(DataError, match="The time 2 stands in the rows 2 and 3"):
        lines_of(when=[1, 2, 2, 3], y=[1.0, 2.0, 3.0, 4.0])
    with pytest.raises(DataError, match="The time 1 of 'a' stands in the rows 1 and 2, and 1 more times"):
        lines_of(group="id", when=[1, 1, 1, 3], id=["a"] * 4, y=[1.0, 2.0, 3.0, 4.0])
    with pytest.raises(DataError, match="5 of 10 points are missing, at a step of 1 in column 'when'"):
        lines_of(when=[1, 2, 3, 4, 10], y=[1.0, 2.0, 3.0, 4.0, 5.0])
    with pytest.raises(DataError, match="Target 'y' says 'many' in row 2, and 1 more rows are no finite"):
        lines_of(when=["1", "2", "3"], y=["1", "many", "inf"])
    with pytest.raises(DataError, match="Target 'y' has no values"):
        lines_of(when=["1", "2"], y=[None, None])


def test_times_of_another_table_must_lie_on_the_grid_of_the_first():
    _, step, _, _ = lines_of(when=["2020-01-01", "2020-01-08", "2020-01-15"], y=[1.0, 2.0, 3.0])
    with pytest.raises(
        DataError, match="The times in column 'when' are not a week apart: row 2 says '2020-02-07'"
    ):
        lines_of(when=["2020-02-05", "2020-02-07"], y=[1.0, 2.0], step=step)
    with pytest.raises(
        DataError,
        match="are counted in numbers, and those of the training in seconds",
    ):
        lines_of(when=[1.5, 2.5], y=[1.0, 2.0], step=step)


def test_which_column_is_the_time():
    frame = pl.DataFrame({"y": [1, 2], "Month": ["2020-01", "2020-02"], "year": [1, 2]})
    assert time_column(frame, ["y"]) == "Month"
    assert time_column(frame, ["y", "Month"]) == "year"
    assert time_column(frame, ["y", "Month", "year"]) is None
