"""Delimited text: CSV and its relatives, also gzipped. Every column is read as text; nothing is interpreted here."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import DataError, Mistake
from ..kinds.values import LONG
from ..ledger import Ledger
from ..table import Table
from .fields import PLACES, TOGETHER, parse, parse_typed
from .file import SAMPLE, path_of
from .header import check_header, column_names, fields_of, repeats_header
from .records import Records, regularised, scan, sniff, totals
from .text import read_text

MOST_RAGGED = 0.05
"""The largest share of rows with a wrong number of fields; above it the file is taken to be misread."""

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
    return read_typed(location, ledger, None)


def read_typed(location: object, ledger: Ledger, written: Collection[str] | None) -> Table:
    """Read as ``read`` does, and a large file's columns of plain numbers as floats.

    Args:
        location: the path.
        ledger: what was dropped, and a separator other than a comma, is written here.
        written: the columns that come as text in any case; None for all.

    Raises:
        DataError: the file cannot be read as such a table; the sentence says why.
    """
    path = path_of(location)
    text, fingerprint = read_text(path)
    text = text.lstrip(b"\n")
    separator = sniff(text)
    read = _plain(text, separator, path.name, written) or _scanned(text, separator, path.name, written)
    header, names, frame, sound, blank = read
    ragged = ~sound & ~blank

    ledger.read += len(sound)
    ledger.drop("a blank line", np.flatnonzero(blank).tolist())
    ledger.drop(f"not {len(names)} fields, as the header has", np.flatnonzero(ragged).tolist())
    rows = np.flatnonzero(sound)
    again = repeats_header(frame, header)
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
    return Table(frame, rows, path.name, fingerprint.result())


def read_header(text: bytes, separator: str) -> tuple[list[str], int, int]:
    """The header as it is written, the place where it ends, and how many whole records ``text`` holds with it."""
    found = scan(text, separator)
    if not len(found.ends):
        return [], 0, 0
    end = int(found.ends[0])
    return fields_of(text[:end], separator), end, len(found.ends)


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
        kept, whole = _kept(text, found, sound)
        frame = parse(kept, names, separator, header=whole, padded=_is_padded(text, found))
    dropped["a blank line"] = int(blank.sum())
    dropped[f"not {len(names)} fields, as the header has"] = int((~sound & ~blank).sum())
    again = repeats_header(frame, list(header))
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


class _Parsed(NamedTuple):
    """What a text holds: the header as it is written, the names, the sound rows, and what each row is."""

    header: list[str]
    names: list[str]
    frame: pl.DataFrame
    sound: NDArray[np.bool_]
    blank: NDArray[np.bool_]


def _plain(text: bytes, separator: str, file: str, written: Collection[str] | None) -> _Parsed | None:
    """Read a text without quotation marks whose rows are all sound; None where it is another.

    Then there are as many separators as the rows need, and polars, which refuses a row with too many, takes them all.

    Raises:
        DataError: a name stands more than once.
    """
    begin = text.index(b"\n") + 1
    header = fields_of(text[:begin], separator) if b'"' not in text else []
    if len(header) < 2:
        return None
    names = column_names(header, file)
    found = totals(text, separator)
    rows = found.records - 1
    padded = found.padded or _has_wide_spaces(text)
    if not rows or found.separators != found.records * (len(names) - 1):
        return None
    try:
        sample = None if written is None or rows < LONG else b"".join(_looked_at(text, begin, rows))
        frame = parse_typed(text, names, separator, sample, written, header=True, padded=padded)
    except pl.exceptions.PolarsError:
        return None
    return _Parsed(header, names, frame, np.ones(rows, bool), np.zeros(rows, bool))


def _looked_at(text: bytes, begin: int, rows: int) -> Iterator[bytes]:
    """Whole lines from many places."""
    size = TOGETHER * (len(text) - begin) // rows
    for start in np.linspace(begin, max(begin, len(text) - size), PLACES).astype(int).tolist():
        first = text.index(b"\n", start - 1) + 1
        last = text.rfind(b"\n", first, first + size) + 1
        if last > first:
            yield text[first:last]


def _scanned(text: bytes, separator: str, file: str, written: Collection[str] | None) -> _Parsed:
    """Read any text.

    Raises:
        DataError: it cannot be read as a table.
    """
    found = scan(text, separator)
    if not found.regular:
        text = regularised(text, separator, file)
        found = scan(text, separator)
    header = fields_of(text[: found.ends[0]], separator)
    names = column_names(header, file)
    fields, blank = _count(text, found, len(names))
    _check_ragged(fields[~blank], len(names), separator, file)
    sound = (fields == len(names)) & ~blank
    kept, whole = _kept(text, found, sound)
    sample = None
    if written is not None and sound.sum() >= LONG:
        rows = (
            np.flatnonzero(sound)[:: max(1, int(sound.sum()) // (PLACES * TOGETHER))] + 1
        )  # below the header
        sample = b"".join(text[a:b] for a, b in zip(found.starts[rows].tolist(), found.ends[rows].tolist()))
    del text  # of a large file, each copy counts
    frame = parse_typed(kept, names, separator, sample, written, header=whole, padded=_is_padded(kept, found))
    return _Parsed(header, names, frame, sound, blank)


def _kept(text: bytes, found: Records, sound: NDArray[np.bool_]) -> tuple[bytes, bool]:
    """The sound records below the header; and whether a header of one line still stands before them.

    It does where all are sound, so that a large text is not copied.
    """
    starts, ends = found.starts[1 : len(sound) + 1], found.ends[1 : len(sound) + 1]
    step = np.diff(np.concatenate([[False], sound, [False]]).astype(np.int8))
    firsts, lasts = np.flatnonzero(step == 1), np.flatnonzero(step == -1) - 1  # of each run of sound records
    whole = len(firsts) == 1 and ends[lasts[0]] == len(text) and starts[firsts[0]] == found.ends[0]
    if whole and text.count(b"\n", 0, starts[0]) == 1:
        return text, True
    runs = [text[starts[first] : ends[last]] for first, last in zip(firsts, lasts)]
    return runs[0] if len(runs) == 1 else b"".join(runs), False


def _is_padded(text: bytes, found: Records) -> bool:
    return found.padded or _has_wide_spaces(text)


def _has_wide_spaces(text: bytes) -> bool:
    return not text.isascii() and any(space in text for space in _WIDE_SPACES)
