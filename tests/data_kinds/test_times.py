from __future__ import annotations

import datetime

import numpy as np
import polars as pl
import pytest

from ranvier.data.times import read_times
from ranvier.errors import DataError

ROWS = np.arange(100, 110)


def ranks(values: list[object]) -> list[float]:
    times = read_times(pl.Series("when", values), ROWS[: len(values)])
    return np.unique(times, return_inverse=True)[1].tolist()


@pytest.mark.parametrize(
    "values",
    [
        ["3", "1e0", "20", "3.0"],
        [3, 1, 20, 3],
        [0.3, 0.1, 2.0, 0.3],
        ["2020-02-01", "2020-01-31", "2021-01-01", "2020-02-01"],
        ["2020-02-01T10:00", "2020-02-01 09:59:59.5", "2020-02-01T10:00:01", "2020-02-01 10:00"],
        ["2020-02-01T10:00Z", "2020-02-01 09:59:59.5Z", "2020-02-01T10:00:00.5Z", "2020-02-01 10:00Z"],
        ["2020-02-01T10:00:00+02:00", "2020-02-01T09:00:00+02:00", "2020-02-02T00:00:00+02:00"] * 1
        + ["2020-02-01 10:00:00+02:00"],
        ["2020-02", "2020", "2020-02-03", "2020-02"],
        [
            datetime.date(2020, 2, 1),
            datetime.date(1960, 1, 1),
            datetime.date(2021, 1, 1),
            datetime.date(2020, 2, 1),
        ],
        [datetime.datetime(2020, 1, 1, hour) for hour in (3, 1, 20, 3)],
    ],
)
def test_times_are_put_in_order(values: list[object]) -> None:
    assert ranks(values) == [1, 0, 2, 1]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            ["1", "?", None],
            "Column 'when' has the role 'time', but no value in 2 rows, of which row 102 is the first",
        ),
        (["1", "2", "yesterday"], "Column 'when' has the role 'time', but row 103 says 'yesterday'"),
        (
            ["2020-01-31", "31/01/2020"],
            "but row 102 says '31/01/2020'. Expected numbers, or dates such as 2020-01-31",
        ),
        (["1", "1e400"], "but row 102 says '1e400'"),
        (["2020-01-31T10:00Z", "2020-01-31T10:00"], r"several time zones \(none, Z\)"),
        (
            ["2020-01-31T10:00Z", "2020-01-31T10:00+01:00"],
            r"several time zones \(\+01:00, Z\). Expected one time zone",
        ),
    ],
)
def test_what_is_no_time_is_refused(values: list[object], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        ranks(values)
