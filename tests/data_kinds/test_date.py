"""Dates: how they are read, and their parts."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from ranvier.data.kinds.date import Date
from ranvier.data.kinds.instants import read_instants
from ranvier.data.ledger import Ledger
from ranvier.errors import DataError

READABLE = {
    "2020-01-31": datetime(2020, 1, 31),
    "2020/1/31": datetime(2020, 1, 31),
    "2020.01.31": datetime(2020, 1, 31),
    "2020-02": datetime(2020, 2, 1),
    "2020年2月29日": datetime(2020, 2, 29),
    "2020年2月": datetime(2020, 2, 1),
    "0001-01-01": datetime(1, 1, 1),
    "9999-12-31": datetime(9999, 12, 31),
    "2000-02-29": datetime(2000, 2, 29),
    "2020-01-31T23:59:59.999999": datetime(2020, 1, 31, 23, 59, 59, 999999),
    "2020-01-31 07:05": datetime(2020, 1, 31, 7, 5),
    "2020-01-31 7:05 am": datetime(2020, 1, 31, 7, 5),
    "2020-01-31 12:05 AM": datetime(2020, 1, 31, 0, 5),
    "2020-01-31 12:05PM": datetime(2020, 1, 31, 12, 5),
    "2020-01-31 1:05:09 p.m.": datetime(2020, 1, 31, 13, 5, 9),
    "2020-01-31T00:30:00Z": datetime(2020, 1, 31, 0, 30),
    "2020-01-31T00:30:00+02:00": datetime(2020, 1, 30, 22, 30),
    "2020-01-31T00:30:00,5-0330": datetime(2020, 1, 31, 4, 0, 0, 500000),
    "2020-01-31 00:30 +05": datetime(2020, 1, 30, 19, 30),
}

MALFORMED = [
    "2020-02-30",
    "1900-02-29",
    "2021-00-10",
    "2021-13-01",
    "2021-01-00",
    "0000-01-01",
    "2021-01-01 24:00",
    "2021-01-01 10:60",
    "2021-01-01 13:00 PM",
    "2021-01-01 0:30 AM",
    "20210101",
    "2021",
    "10:30",
    "tomorrow",
]


def times(text: list[str], first: str = "year") -> list[datetime | None]:
    instants, known, _ = read_instants(pl.Series(text, dtype=pl.String), first)
    day = datetime(1970, 1, 1)
    return [day + timedelta(microseconds=int(at)) if ok else None for at, ok in zip(instants, known)]


@pytest.mark.parametrize("text", READABLE)
def test_what_is_read(text: str) -> None:
    assert times([text]) == [READABLE[text]]


@pytest.mark.parametrize("text", MALFORMED)
@pytest.mark.parametrize("first", ["year", "day", "month"])
def test_what_is_malformed(text: str, first: str) -> None:
    _, known, malformed = read_instants(pl.Series([text, "2020-01-01"]), first)
    assert (known.tolist(), malformed.tolist()) == ([False, True], [True, False])


def test_day_or_month_first() -> None:
    assert times(["03/04/2020 1:30 PM"], "day") == [datetime(2020, 4, 3, 13, 30)]
    assert times(["03/04/2020", "3-4-20", "3/4/68", "3/4/69"], "month") == [
        datetime(2020, 3, 4),
        datetime(2020, 3, 4),
        datetime(2068, 3, 4),
        datetime(1969, 3, 4),
    ]
    assert times(["3.4.2020"], "day") == [datetime(2020, 4, 3)]
    assert times(["3.4.2020", "31/01/2020"], "month") == [None, None]
    assert times(["2020-01-02"], "day") == [datetime(2020, 1, 2)]


def test_reading_agrees_with_the_standard_library() -> None:
    generator = np.random.default_rng(0)
    zone = [timezone(timedelta(minutes=int(m))) for m in generator.integers(-720, 720, 300)]
    wanted = [
        datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=int(us))
        for us in generator.integers(-(10**16), 10**16, 300)
    ]
    text = [moment.astimezone(z).isoformat() for moment, z in zip(wanted, zone)]
    assert times(text) == [moment.replace(tzinfo=None) for moment in wanted]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_native_times_in_a_zone_are_taken_to_utc(unit: str) -> None:
    moment = datetime(2020, 7, 1, 12, tzinfo=ZoneInfo("Europe/Paris"))
    native = pl.Series([moment, None], dtype=pl.Datetime(unit, "Europe/Paris"))  # type: ignore[arg-type]
    instants, known, _ = read_instants(native)
    assert known.tolist() == [True, False]
    assert instants[0] == int(datetime(2020, 7, 1, 10, tzinfo=timezone.utc).timestamp()) * 1_000_000
    from_pandas = pl.from_pandas(pd.Series([pd.Timestamp(moment), pd.NaT]))
    assert read_instants(from_pandas)[0].tolist() == instants.tolist()


def test_the_values_tell_what_comes_first() -> None:
    open_ = ["03/04/2020", "05/04/2020"]
    assert Date.fit(pl.DataFrame({"a": [*open_, "13/04/2020"]})).written == ("day",)
    assert Date.fit(pl.DataFrame({"a": [*open_, "04/13/2020"]})).written == ("month",)
    assert Date.fit(pl.DataFrame({"a": ["03/03/2020", "05/05/2020"]})).written == (
        "day",
    )  # the same either way
    assert Date.fit(pl.DataFrame({"a": [*open_, *["13/04/2020"] * 30, "04/13/2020"]})).written == ("day",)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (
            ["03/04/2020", "05/04/2020"],
            "whether 03/04/2020 is the 3rd of the 4th month or the other way round",
        ),
        (["13/04/2020", "04/13/2020"], r"with the month first \(13/04/2020, 04/13/2020\)"),
        (["11/12/2020"], "is the 11th of the 12th month"),
        (["red", "blue"], "is read as dates, but none of its 2 values in the training rows is one"),
    ],
)
def test_columns_that_cannot_be_dates(values: list[str], match: str) -> None:
    with pytest.raises(DataError, match=match):
        Date.fit(pl.DataFrame({"a": values}))


def parts(values: list[object]) -> tuple[str, ...]:
    return Date.fit(pl.DataFrame({"a": values})).parts[0]


def test_only_parts_that_vary_are_made() -> None:
    assert parts([date(2020, 1, 1), date(2021, 1, 1)]) == ()
    assert parts([date(2020, 1, 1), date(2020, 2, 1)]) == ("month",)
    assert parts([date(2020, 1, 1), date(2020, 1, 8)]) == ("day", "month")
    assert parts([date(2020, 1, 1), date(2020, 1, 9)]) == ("weekday", "day", "month")
    assert parts([datetime(2020, 1, 1, 1), datetime(2020, 1, 1, 2)]) == ("hour",)


def test_parts_against_the_standard_library() -> None:
    moments = [datetime(2019, 11, 5, 3) + timedelta(hours=31 * i) for i in range(400)]
    kind = Date.fit(pl.DataFrame({"a": moments}))
    prepared = kind.transform(pl.DataFrame({"a": moments})).double()
    turns = {
        "hour": [m.hour / 24 for m in moments],
        "weekday": [m.weekday() / 7 for m in moments],
        "day": [(m.day - 1) / _length(m) for m in moments],
        "month": [(m.month - 1 + (m.day - 1) / _length(m)) / 12 for m in moments],
    }
    assert kind.parts == (tuple(turns),)
    for place, turn in enumerate(turns.values()):
        angle = 2 * torch.pi * torch.tensor(turn, dtype=torch.float64)
        expected = torch.stack([angle.sin(), angle.cos()], dim=1)
        torch.testing.assert_close(prepared[:, 1 + 2 * place : 3 + 2 * place], expected, rtol=0, atol=1e-6)
    assert prepared[:, 0].mean().abs() < 1e-6
    assert abs(float(prepared[:, 0].std(correction=0)) - 1) < 1e-6
    back = kind.invert(prepared.float())["a"].to_list()
    assert max(abs(b - m) for b, m in zip(back, moments)) <= timedelta(seconds=5)  # what float32 holds


def _length(moment: datetime) -> int:
    first = moment.replace(day=1)
    return ((first + timedelta(days=32)).replace(day=1) - first).days


def test_draws_stay_within_the_years_of_the_calendar() -> None:
    kind = Date.fit(pl.DataFrame({"a": [date(1, 1, 1), date(9999, 12, 31)]}))
    ledger = Ledger()
    kind.transform(kind.draw(300, np.random.default_rng(0)), ledger)
    assert ledger.entries == []


@pytest.mark.parametrize("values", [pl.Series([timedelta(1)]), pl.Series([datetime(2020, 1, 1).time()])])
def test_durations_and_times_of_day_are_no_dates(values: pl.Series) -> None:
    assert Date.infer(values).confidence == 0.0
    assert Date.infer(pl.Series([1, 2])).confidence == 0.0
    assert Date.infer(pl.Series([None], dtype=pl.Date)).reason == "no values"
