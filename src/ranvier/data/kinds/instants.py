"""Reading dates and times into microseconds since 1970, shared by what looks at dates."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .values import ENOUGH, read_text

DAY = 86_400_000_000
"""Microseconds."""

_CLOCK = (
    r"(?:(?:T|\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$"
)
_PATTERNS = {
    "year": r"^(?P<year>\d{4})[-/.年](?P<month>\d{1,2})(?:[-/.月](?P<day>\d{1,2})日?|月)?" + _CLOCK,
    "day": r"^(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4}|\d{2})" + _CLOCK,
    "month": r"^(?P<month>\d{1,2})[-/](?P<day>\d{1,2})[-/](?P<year>\d{4}|\d{2})" + _CLOCK,
}
_LOOKS = r"^\d{1,4}[-/.年]\d{1,2}"

Found = tuple[NDArray[np.int64], NDArray[np.bool_]]


def read_instants(
    values: pl.Series, first: str = "year"
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Read raw values as times.

    Args:
        values: N native dates or times, or text; the year may come first in any text.
        first: ``day`` or ``month``, where that is what text says first if the year comes last.

    Returns:
        (N,) int64 microseconds since 1970, of UTC where there is a zone, 0 where there is no time; (N,) true where
        there is one; (N,) true where a value is malformed: there, but no date.

    >>> instants, known, malformed = read_instants(pl.Series(["1970-01-02", "?", "1970-02-30", "1970-01-01 01:00+01"]))
    >>> instants.tolist(), known.tolist(), malformed.tolist()
    ([86400000000, 0, 0, 0], [True, False, False, True], [False, False, True, False])

    Raises:
        DataError: the values are lists, structures or objects.
    """
    if values.dtype in (pl.Date, pl.Datetime):
        physical = (
            values.cast(pl.Datetime("us")) if values.dtype == pl.Date else values.dt.cast_time_unit("us")
        )
        instants = physical.to_physical().fill_null(0).to_numpy()
        return instants, values.is_not_null().to_numpy(), np.zeros(len(values), dtype=np.bool_)
    text = read_text(values)
    instants, known = _read(text, "year")
    if first != "year":
        more, also = _read(text, first)
        instants, known = np.where(also, more, instants), known | also
    return instants, known, text.is_not_null().to_numpy() & ~known


def manner(text: pl.Series) -> tuple[str | None, float, str]:
    """Tell what dates in text say first where the year comes last.

    Args:
        text: N texts, none missing.

    Returns:
        ``day``, ``month``, or ``year`` where it always comes first, and None where the values do not tell; the share
        of values that can be read so; and a clause on how this was told.
    """
    if not len(text) or not text.str.contains(_LOOKS).any():
        return "year", 0.0, ""
    years, days, months = (_read(text, first)[1] for first in _PATTERNS)
    day_only, month_only = days & ~months, months & ~days
    ended = days | months
    if not ended.any():
        return "year", float(years.mean()), ""
    shares = {"day": float((years | days).mean()), "month": float((years | months).mean())}
    if day_only.any() and month_only.any():
        best = max(shares, key=lambda first: shares[first])
        if shares[best] < ENOUGH:
            examples = [text[int(np.flatnonzero(only)[0])] for only in (day_only, month_only)]
            return (
                None,
                shares[best],
                f"dates with the day first and with the month first ({', '.join(examples)})",
            )
    elif day_only.any() or month_only.any():
        best = "day" if day_only.any() else "month"
    else:
        open_ = _read(text, "day")[0] != _read(text, "month")[0]
        if open_.any():
            example = text[int(np.flatnonzero(open_)[0])]
            a, b = (int(part) for part in pl.Series([example]).str.extract_all(r"\d+")[0][:2])
            return (
                None,
                shares["day"],
                f"dates of which no value tells whether {example} is the {_nth(a)} of the {_nth(b)} month or the "
                "other way round",
            )
        best = "day"
    return best, shares[best], f", the {best} before the {'month' if best == 'day' else 'day'}"


def _read(text: pl.Series, first: str) -> Found:
    """(N,) microseconds since 1970, 0 where there is no such time; (N,) true where there is one."""
    found = text.str.extract_groups(_PATTERNS[first]).struct.unnest()

    def whole(name: str, default: int) -> NDArray[np.int64]:
        return found[name].cast(pl.Int64).fill_null(default).to_numpy()

    short = found["year"].str.len_chars().fill_null(4).to_numpy() == 2
    year, month, day = whole("year", 0), whole("month", 1), whole("day", 1)
    year = year + short * np.where(year < 69, 2000, 1900)
    hour, minute, second = whole("hour", 0), whole("minute", 0), whole("second", 0)
    half = found["half"].str.to_lowercase().fill_null("")
    clocked = (half == "").to_numpy()
    right = np.where(clocked, hour < 24, (hour >= 1) & (hour <= 12))
    hour = np.where(clocked, hour, hour % 12 + 12 * (half == "p").to_numpy())
    right &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (minute < 60) & (second < 60)
    months = np.where(right, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    date = months.astype("datetime64[D]").astype(np.int64) + day - 1
    right &= date < (months + 1).astype("datetime64[D]").astype(np.int64)
    right &= found["year"].is_not_null().to_numpy()
    fraction = found["fraction"].fill_null("0").str.pad_end(9, "0").cast(pl.Int64).to_numpy() // 1000
    seconds = hour * 3600 + minute * 60 + second - 60 * _offset(found["zone"])
    return np.where(right, date * DAY + seconds * 1_000_000 + fraction, 0), right


def _offset(zone: pl.Series) -> NDArray[np.int64]:
    """(N,) minutes ahead of UTC."""
    hours = zone.str.extract(r"^[+-](\d{2})").cast(pl.Int64).fill_null(0)
    minutes = zone.str.extract(r"(\d{2})$").cast(pl.Int64).fill_null(0)
    minutes = minutes * (zone.str.len_chars().fill_null(0) > 3).cast(pl.Int64)
    sign = 1 - 2 * zone.str.starts_with("-").fill_null(False).cast(pl.Int64)
    return ((hours * 60 + minutes) * sign).to_numpy()


def _nth(number: int) -> str:
    ending = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
