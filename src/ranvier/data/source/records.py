"""The records of a delimited text (RFC 4180), counted before they are parsed.

A parser may pad or cut a record whose number of fields is wrong. So the separators of each record are counted
first, at about the speed of memory, and only sound records are given to the parser.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, Mistake
from ..side_by_side import side_by_side

SEPARATORS = (",", ";", "\t", "|", ":")
SNIFFED = 200
"""How many records are read to find the separator."""

_CHUNK = 1 << 18
"""So few bytes are counted at once that they stay in the cache."""

_PIECE = 1 << 24
"""So many bytes one thread counts."""

_NEWLINE, _QUOTE, _SPACE = ord("\n"), ord('"'), ord(" ")
_SENTINEL = "the text ends here"


@dataclass(frozen=True)
class Records:
    """Where the records of a text lie.

    Args:
        ends: (N,) int64, the position after each record's line break.
        separators: (N,) int64, how many separators stand outside quotes in each record.
        regular: each quote opens or closes a whole field, or is doubled inside one; all are closed.
        padded: there may be white space at the edge of some field.
    """

    ends: NDArray[np.int64]
    separators: NDArray[np.int64]
    regular: bool
    padded: bool

    @property
    def starts(self) -> NDArray[np.int64]:
        """(N,) int64, the position of each record's first byte."""
        return np.concatenate([np.zeros(1, np.int64), self.ends[:-1]])


def sniff(text: bytes) -> str:
    """Find the separator: the one by which most of the first records have as many fields as the header.

    A colon also stands in times of day, so it is taken only where no other separator would do.

    >>> sniff(b"a;b\\n1,5;2\\n"), sniff(b"a:b:c,d\\n10:30:00,tea\\n"), sniff(b"a:b\\n1:2\\n")
    (';', ',', ':')
    """
    sample = text[: 1 << 18].decode("utf-8", errors="ignore")
    scores: dict[str, tuple[float, int]] = {}
    for separator in SEPARATORS:
        fields = [
            len(record)
            for record in islice(_parse(io.StringIO(sample, newline="\n"), separator), SNIFFED)
            if record
        ]
        if fields and fields[0] > 1:
            scores[separator] = (fields.count(fields[0]) / len(fields), fields[0])
    if len(scores) > 1 and max(score for score, _ in scores.values()) >= 0.5:
        scores.pop(":", None)
    return max(scores, key=lambda separator: scores[separator], default=",")


@dataclass(frozen=True)
class Totals:
    """What the records of a text without quotation marks hold together.

    Args:
        records: how many there are.
        separators: how many separators.
        padded: there may be white space at the edge of some field.
    """

    records: int
    separators: int
    padded: bool


def totals(text: bytes, separator: str) -> Totals:
    """Count the records and separators of a text without quotation marks, which ends with a line break.

    >>> totals(b"a,b\\n1, 2\\n", ",")
    Totals(records=2, separators=2, padded=True)
    """
    content = np.frombuffer(text, np.uint8)
    found = side_by_side(
        lambda start: _totals(content, start, ord(separator)), range(0, len(content), _PIECE), len(content)
    )
    records, separators, padded = zip(*found)
    return Totals(sum(records), sum(separators), any(padded))


def _totals(content: NDArray[np.uint8], first: int, separator: int) -> tuple[int, int, bool]:
    """Records, separators and padding of one piece."""
    records, separators, padded = 0, 0, False
    for start in range(first, min(first + _PIECE, len(content)), _CHUNK):
        chunk = content[start : min(start + _CHUNK, first + _PIECE)]
        lines = np.count_nonzero(chunk == _NEWLINE)
        between = np.count_nonzero(chunk == separator)
        low = chunk <= _SPACE
        if not padded and np.count_nonzero(low) > lines + between * (separator <= _SPACE):
            places = np.flatnonzero(low) + start
            blank = places[(content[places] != _NEWLINE) & (content[places] != separator)]
            around = content[blank - 1], content[blank + 1]  # the text ends with a line break
            edge = [np.any((byte == _NEWLINE) | (byte == separator)) for byte in around]
            padded = bool(any(edge) or blank[0] == 0)
        records, separators = records + int(lines), separators + int(between)
    return records, separators, padded


def scan(text: bytes, separator: str) -> Records:
    """Count the separators of every record. ``text`` must end with a line break."""
    content = np.frombuffer(text, np.uint8)
    quoted = b'"' in text
    ends: list[NDArray[np.int64]] = []
    counts: list[NDArray[np.int64]] = []
    inside_before, seen, regular, padded = False, 0, True, False
    before = (True, False, False)  # of the last byte: an edge of a field, white space, a closing quote
    for start in range(0, len(content), _CHUNK):
        chunk = content[start : start + _CHUNK]
        newline, between = chunk == _NEWLINE, chunk == ord(separator)
        edge = newline | between
        closing = np.zeros(1, np.bool_)
        if quoted:
            quote = chunk == _QUOTE
            inside = np.logical_xor.accumulate(quote)  # a doubled quote closes and opens again
            if inside_before:
                inside = ~inside
            inside_before = bool(inside[-1])
            newline, between = newline & ~inside, between & ~inside
            edge = newline | between | quote
            opening, closing = quote & inside, quote & ~inside
            loose = np.any(opening[1:] & ~edge[:-1]) or np.any(closing[:-1] & ~edge[1:])
            regular &= not (loose or (opening[0] and not before[0]) or (before[2] and not edge[0]))
        blank = (chunk <= _SPACE) & ~edge
        padded |= bool(np.any(edge[:-1] & blank[1:]) or np.any(blank[:-1] & edge[1:]))
        padded |= bool((before[0] and blank[0]) or (before[1] and edge[0]))
        before = (bool(edge[-1]), bool(blank[-1]), bool(closing[-1]))
        breaks = np.flatnonzero(newline)
        places = np.flatnonzero(between)
        ends.append(breaks + (start + 1))
        counts.append(np.searchsorted(places, breaks).astype(np.int64) + seen)
        seen += len(places)
    regular &= not inside_before
    running = np.concatenate(counts)
    running[1:] -= running[:-1].copy()
    return Records(np.concatenate(ends), running, regular, padded)


def regularised(text: bytes, separator: str, name: str) -> bytes:
    """Write a text anew whose quotes do not stand around whole fields, so that they do.

    A quote inside a field of one line is taken as it stands; white space before a quote that opens a field is removed.

    Args:
        text: it must end with a line break.
        separator: one of ``SEPARATORS``.
        name: of the file, for the sentence of an error.

    Raises:
        DataError: a quote that opens a field swallows the lines that follow.
    """
    lines = io.StringIO(text.decode("utf-8") + _SENTINEL + "\n", newline="\n").readlines()
    rewritten = io.StringIO()
    writer = csv.writer(rewritten, delimiter=separator, lineterminator="\n")
    reader = _parse(lines, separator)
    before = csv.field_size_limit(2**31 - 1)
    read = 0  # lines
    try:
        for record in reader:
            if reader.line_num - read > 1 and not _is_closed(lines[read : reader.line_num], separator):
                raise DataError(
                    Mistake(
                        f"{name} has a quotation mark in line {read + 1:,} that is not closed where its field ends",
                        remedy='close it, or write a quotation mark inside a value as ""',
                    )
                )
            if record != [_SENTINEL]:
                writer.writerow(record)
            read = reader.line_num
    finally:
        csv.field_size_limit(before)
    return rewritten.getvalue().encode("utf-8")


def _is_closed(lines: list[str], separator: str) -> bool:
    """Tell whether a record of several lines is one, rather than an open quote that swallows what follows."""
    try:
        return len(list(_parse(lines, separator, strict=True))) == 1
    except csv.Error:
        return False


def _parse(lines: Iterable[str], separator: str, strict: bool = False) -> Any:
    return csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=strict)
