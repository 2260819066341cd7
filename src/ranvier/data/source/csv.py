"""Delimited text: CSV and its relatives, also gzipped. Every column is read as text; nothing is interpreted here."""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import DataError, Mistake
from ..ledger import Ledger
from ..table import Table
from .file import SAMPLE, path_of
from .records import Records, regularised, scan, sniff
from .text import read_text

MOST_RAGGED = 0.05
"""The largest share of rows with a wrong number of fields; above it the file is taken to be misread."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WIDE_SPACES = ("\u00a0".encode(), "\u3000".encode())
_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar", ":": "a colon"}


def claims(location: object) -> bool:
    """Tell whether ``location`` names a file; what has the ending of another format was claimed before."""
    return isinstance(location, os.PathLike) or (
        isinstance(location, str) and not location.startswith(SAMPLE)
    )


def read(location: object, ledger: Ledger) -> Table:
    """Read a file of delimited text with a header.

    The separator is found among comma, semicolon, tab, bar and colon. White space around a value is removed; an
    empty value is missing. A row with too many or too few fields, a blank line between rows, and a repeated header
    are dropped into the ledger. A column without a name is called by its place: ``column_1``.

    Args:
        location: the path.
        ledger: what was dropped, and a separator other than a comma, is written here.

    Raises:
        DataError: the file cannot be read as such a table; the sentence says why.
    """
    path = path_of(location)
    text, fingerprint = read_text(path)
    text = text.lstrip(b"\n")
    separator = sniff(text)
    found = scan(text, separator)
    if not found.regular:
        text = regularised(text, separator, path.name)
        found = scan(text, separator)
    header = _fields(text[: found.ends[0]], separator)
    names = column_names(header, path.name)
    fields, blank = _count(text, found, len(names))
    _check_ragged(fields[~blank], len(names), separator, path.name)
    sound = (fields == len(names)) & ~blank
    ragged = ~sound & ~blank
    frame = _parse(text, found, sound, names, separator)

    ledger.read += len(sound)
    ledger.drop("a blank line", np.flatnonzero(blank).tolist())
    ledger.drop(f"not {len(names)} fields, as the header has", np.flatnonzero(ragged).tolist())
    rows = np.flatnonzero(sound)
    again = _repeats_header(frame, header)
    if again.any():
        ledger.drop("the header once more", rows[again].tolist())
        frame, rows = frame.filter(~again), rows[~again]
    check_header(frame, header, bool(again.any()), path.name)
    if separator != "," and len(names) > 1:
        ledger.note("kept", f"the fields are separated by {_NAMES[separator]}", frame.height)
    for name, given in zip(names, header):
        if not given.strip():
            ledger.note(
                "kept", "the header has no name for the column; it is called by its place", frame.height, name
            )
    return Table(frame, rows, path.name, fingerprint)


def read_header(text: bytes, separator: str) -> tuple[list[str], int, int]:
    """The header as it is written, the place where it ends, and how many whole records ``text`` holds with it."""
    found = scan(text, separator)
    if not len(found.ends):
        return [], 0, 0
    end = int(found.ends[0])
    return _fields(text[:end], separator), end, len(found.ends)


def read_block(
    text: bytes, header: Sequence[str], names: Sequence[str], separator: str
) -> tuple[pl.DataFrame, int, dict[str, int]]:
    """Parse records cut out of the middle of a file, as ``read`` parses all of one.

    A line that is not UTF-8, or whose quotation marks leave no whole record, is dropped: deep in a large file that is
    no reason to stop.

    Args:
        text: whole records.
        header: the names as they are written in the file.
        names: of the columns.
        separator: between the fields.

    Returns:
        The values as text; how many records there were; and how many were dropped, by reason.
    """
    text, dropped = _utf8(text.replace(b"\r\n", b"\n"))
    line = io.StringIO()
    csv.writer(line, delimiter=separator, lineterminator="\n").writerow(header)
    text = line.getvalue().encode() + text + (b"" if text.endswith(b"\n") else b"\n")
    found = scan(text, separator)
    if not found.regular:
        try:
            text = regularised(text, separator, "")
        except DataError:
            text, unclosed = _closed(text)
            dropped["a quotation mark that is not closed"] = unclosed
            text = regularised(text, separator, "")
        found = scan(text, separator)
    fields, blank = _count(text, found, len(names))
    sound = (fields == len(names)) & ~blank
    frame = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    if sound.any():
        frame = _parse(text, found, sound, list(names), separator)
    dropped["a blank line"] = int(blank.sum())
    dropped[f"not {len(names)} fields, as the header has"] = int((~sound & ~blank).sum())
    again = _repeats_header(frame, list(header))
    dropped["the header once more"] = int(again.sum())
    if again.any():
        frame = frame.filter(~again)
    dropped = {reason: count for reason, count in dropped.items() if count}
    return frame, frame.height + sum(dropped.values()), dropped


def _utf8(text: bytes) -> tuple[bytes, dict[str, int]]:
    """The lines that are UTF-8, and how many are not."""
    try:
        text.decode()
    except UnicodeDecodeError:
        lines = text.splitlines(keepends=True)
        sound = [line for line in lines if line.decode("utf-8", "ignore").encode() == line]
        return b"".join(sound), {"not UTF-8": len(lines) - len(sound)}
    return text, {}


def _closed(text: bytes) -> tuple[bytes, int]:
    """The lines with an even number of quotation marks, and how many have another."""
    lines = text.splitlines(keepends=True)
    sound = [line for line in lines if line.count(b'"') % 2 == 0]
    return b"".join(sound), len(lines) - len(sound)


def _fields(line: bytes, separator: str) -> list[str]:
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


def _count(text: bytes, found: Records, width: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The number of fields of each record below the header, and whether it is a blank line.

    Blank lines at the end are no records.
    """
    starts, ends, separators = found.starts[1:], found.ends[1:], found.separators[1:]
    blank = ends - starts <= 1
    if width > 1:  # in a single column, white space alone is a missing value
        for place in np.flatnonzero((separators == 0) & ~blank):
            blank[place] = not text[starts[place] : ends[place]].strip()
    filled = np.flatnonzero(~blank)
    records = int(filled[-1]) + 1 if len(filled) else 0
    return separators[:records] + 1, blank[:records]


def _check_ragged(fields: NDArray[np.int64], width: int, separator: str, file: str) -> None:
    """Refuse a file without rows, or with too many rows whose number of fields is not the header's."""
    if not len(fields):
        raise DataError(Mistake(f"{file} has a header and no rows", "at least one row below the header"))
    ragged = int((fields != width).sum())
    if ragged > MOST_RAGGED * len(fields):
        values, counts = np.unique(fields[fields != width], return_counts=True)
        usual, plural = int(values[counts.argmax()]), "" if width == 1 else "s"
        first = int(np.flatnonzero(fields != width)[0]) + 1
        raise DataError(
            Mistake(
                f"{ragged:,} of {len(fields):,} rows of {file} do not have the header's {width} field{plural}, "
                f"but mostly {usual} (the first is row {first:,})",
                f"fields separated by {_NAMES[separator]}, as in the header",
                "check the separator, the quotation marks, and that the header names every column",
            )
        )


def _parse(
    text: bytes, found: Records, sound: NDArray[np.bool_], names: list[str], separator: str
) -> pl.DataFrame:
    """Parse the sound records (the others are cut out of the text before); what is empty is missing."""
    starts, ends = found.starts[1 : len(sound) + 1], found.ends[1 : len(sound) + 1]
    step = np.diff(np.concatenate([[False], sound, [False]]).astype(np.int8))
    firsts, lasts = np.flatnonzero(step == 1), np.flatnonzero(step == -1) - 1  # of each run of sound records
    whole = len(firsts) == 1 and ends[lasts[0]] == len(text) and starts[firsts[0]] == found.ends[0]
    whole = whole and text.count(b"\n", 0, starts[0]) == 1  # then nothing is copied to leave out the header
    runs = [] if whole else [text[starts[first] : ends[last]] for first, last in zip(firsts, lasts)]
    frame = pl.read_csv(
        text if whole else runs[0] if len(runs) == 1 else b"".join(runs),
        has_header=False,
        skip_rows=1 if whole else 0,
        schema=dict.fromkeys(names, pl.String),
        separator=separator,
        quote_char='"' if b'"' in text else None,
    )
    padded = found.padded or (not text.isascii() and any(space in text for space in _WIDE_SPACES))
    if padded:
        frame = frame.with_columns(pl.all().str.strip_chars())
    if padded or b'"' in text:
        filled = (pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in names)
        frame = frame.with_columns(filled)
    return frame


def _repeats_header(frame: pl.DataFrame, header: list[str]) -> NDArray[np.bool_]:
    """(N,) booleans: the row is the header once more, as where files were joined end to end."""
    again = np.zeros(frame.height, bool)
    wanted = tuple(name.strip() or None for name in header)
    given = [place for place, name in enumerate(wanted) if name]
    if not given or any(
        _NUMBER.fullmatch(wanted[place] or "") for place in given
    ):  # then it may well be a row
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
    if (any if repeated else all)(bool((frame[:, place] == name).any()) for place, name in text):
        shown = ", ".join(name for _, name in given[:4]) + (", ..." if len(given) > 4 else "")
        raise DataError(
            Mistake(
                f"the first line of {file} looks like data ({shown})",
                "a line with the names of the columns",
                "write one above it",
            )
        )
