"""The header of a delimited text: the names of the columns, and whether the first line is one at all."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import DataError, Mistake

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def fields_of(line: bytes, separator: str) -> list[str]:
    """The fields of one record."""
    return next(csv.reader(io.StringIO(line.decode("utf-8")), delimiter=separator))


def column_names(header: list[str], file: str) -> list[str]:
    """The names of the columns; one that is empty is called by its place.

    Raises:
        DataError: a name stands more than once.
    """
    names = [name.strip() or f"column_{place}" for place, name in enumerate(header or [""], 1)]
    twice = [repr(name) for name, count in Counter(names).items() if count > 1]
    if twice:
        shown = ", ".join(twice[:5]) + (" and others" if len(twice) > 5 else "")
        raise DataError(
            Mistake(
                f"the header of {file} holds more than once: {shown}",
                "each column to have its own name",
                "rename them; if the first line is data, write a line of names above it",
            )
        )
    return names


def repeats_header(frame: pl.DataFrame, header: list[str]) -> NDArray[np.bool_]:
    """(N,) booleans: the row is the header once more, as where files were joined end to end."""
    again = np.zeros(frame.height, bool)
    wanted = tuple(name.strip() or None for name in header)
    given = [place for place, name in enumerate(wanted) if name]
    if not given or any(
        _NUMBER.fullmatch(wanted[place] or "") for place in given
    ):  # then it may well be a row
        return again
    if any(frame.dtypes[place] != pl.String for place in given):  # it would be no number
        return again
    places = np.flatnonzero((frame[:, given[0]] == wanted[given[0]]).fill_null(False).to_numpy())
    again[[place for place in places if frame.row(int(place)) == wanted]] = True
    return again


def check_header(frame: pl.DataFrame, header: list[str], repeated: bool, file: str) -> None:
    """Refuse a first line that looks like data: each of its values is a number, or occurs again in its column.

    The names 0, 1, 2, ... (as pandas writes them) are accepted. Where whole rows repeat the header, it is a header
    only if none of its names stands in another row.

    Raises:
        DataError: it does.
    """
    names = [name.strip() for name in header]
    given = [(place, name) for place, name in enumerate(names) if name]
    numbers = [place for place, name in given if _NUMBER.fullmatch(name)]
    counted = len(given) > 1 and [name for _, name in given] == [str(i) for i in range(len(given))]
    if not given or counted:
        return
    text = [(place, name) for place, name in given if place not in set(numbers)]
    if not numbers and len(text) < 2:
        return
    if (any if repeated else all)(_holds(frame[:, place], name) for place, name in text):
        shown = ", ".join(name for _, name in given[:4]) + (", ..." if len(given) > 4 else "")
        raise DataError(
            Mistake(
                f"the first line of {file} looks like data ({shown})",
                "a line with the names of the columns",
                "write one above it",
            )
        )


def _holds(values: pl.Series, name: str) -> bool:
    """Tell whether a name, which is no number, stands among the values of its column."""
    return values.dtype == pl.String and bool((values == name).any())
