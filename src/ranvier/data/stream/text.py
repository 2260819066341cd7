"""Files of delimited text read by ranges of bytes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, Mistake
from ..source import csv
from ..source.file import opening
from ..source.header import check_header, column_names
from ..source.records import sniff
from ..source.text import BYTE_ORDER_MARK, check_text
from .changed import Stamp
from .stretch import Stretch

BLOCK = 1 << 23
"""So many bytes a block has."""

HEAD = 1 << 20
"""So many bytes of the beginning tell header, separator and length of a row."""

WINDOW = 1 << 16
"""So many bytes are looked at to find where a record begins."""

MEMORY = 6
"""About how many times its size a file takes in memory when it is read and prepared."""


@dataclass(frozen=True)
class TextFile:
    """A file of delimited text with a header.

    Args:
        path: where it is.
        names: of its columns.
        header: as it is written.
        separator: between the fields.
        begin: the place of the first byte after the header.
        rows: about how many there are.
        stamp: by which it is known again.
    """

    path: Path
    names: tuple[str, ...]
    header: tuple[str, ...]
    separator: str
    begin: int
    rows: int
    stamp: Stamp

    @classmethod
    def open(cls, path: Path) -> TextFile:
        """Read the beginning of the file.

        Raises:
            DataError: it is missing, empty, not text, not UTF-8, or has a header and no rows.
        """
        with opening(path), path.open("rb") as file:
            stamp = Stamp.of(path)
            raw = file.read(HEAD)
        mark = len(BYTE_ORDER_MARK) if raw.startswith(BYTE_ORDER_MARK) else 0
        whole = raw if len(raw) == stamp.size else raw[: raw.rfind(b"\n") + 1]
        check_text(whole, path, "a CSV file")
        text = whole[mark:].replace(b"\r\n", b"\n")
        blank = len(text) - len(text.lstrip(b"\n"))
        text = text.lstrip(b"\n")
        if not text.endswith(b"\n"):
            text += b"\n"
        separator = sniff(text)
        header, end, records = csv.read_header(text, separator)
        names = column_names(header, path.name)
        if records < 2:
            raise DataError(
                Mistake(
                    f"no row can be found below the header in the first {len(whole):,} bytes of {path.name}",
                    "a line of names, and rows below it",
                )
            )
        begin = mark + _place(whole[mark:], blank + text.count(b"\n", 0, end))
        rows = round((stamp.size - begin) * (records - 1) / max(1, len(whole) - begin))
        return cls(path, tuple(names), tuple(header), separator, begin, rows, stamp)

    @property
    def bytes(self) -> int:
        """The size of the file."""
        return self.stamp.size

    @property
    def memory(self) -> int:
        """About what it takes in memory when all of it is read and prepared."""
        return MEMORY * self.stamp.size

    @property
    def extent(self) -> int:
        """The bytes below the header."""
        return self.stamp.size - self.begin

    @property
    def step(self) -> int:
        """How many bytes a block has."""
        return BLOCK

    @property
    def declared(self) -> Mapping[str, str]:
        """Nothing: text declares no kinds."""
        return {}

    def check(self, sample: Stretch) -> None:
        """Refuse a file of which a sample of rows says that it is misread.

        Raises:
            DataError: the header looks like data, or too many rows have not the header's number of fields.
        """
        check_header(sample.frame, list(self.header), False, self.path.name)
        bad = sum(sample.dropped.values())
        if bad > csv.MOST_RAGGED * sample.read:
            raise DataError(
                Mistake(
                    f"{bad:,} of {sample.read:,} sampled rows of {self.path.name} cannot be read "
                    f"({', '.join(sample.dropped)})",
                    f"{len(self.names)} fields in each row, as the header has",
                    "check the separator, the quotation marks, and that the header names every column",
                )
            )

    def read(self, start: int, stop: int) -> Stretch:
        """The records that begin from ``start`` to ``stop``, counted in bytes from below the header.

        What two neighbouring ranges give together is what one range over both gives.

        Raises:
            DataError: the file has changed or vanished.
        """
        with self.stamp.unchanged(self.path), self.path.open("rb") as file:
            first = self._record_start(file.fileno(), start)
            last = self._record_start(file.fileno(), stop)
            text = os.pread(file.fileno(), last - first, first)
        frame, read, dropped = csv.read_block(text, self.header, self.names, self.separator)
        rows = np.arange(frame.height, dtype=np.int64) + (first - self.begin)
        return Stretch(frame, rows, read, dropped)

    def _record_start(self, file: int, place: int) -> int:
        """Where the first record at or after ``place`` begins in the file."""
        if place <= 0:
            return self.begin
        if place >= self.extent:
            return self.stamp.size
        at, length = self.begin + place - 1, WINDOW
        while True:
            window = os.pread(file, length, at)
            found = record_start(window, self.separator, len(self.names))
            if found is not None:
                return at + found
            if at + len(window) >= self.stamp.size:
                return self.stamp.size
            length *= 4


def record_start(window: bytes, separator: str, width: int) -> int | None:
    """Where the first record begins in bytes cut out of a file; None where no line break tells.

    Whether the cut lies inside a quoted field cannot be seen at the cut. Both are tried, and the one is taken by which
    more records of the window have as many fields as the header.

    >>> record_start(b'nds,3\\n"a,\\nb",4\\n', ",", 2), record_start(b'nds\\n",3\\n"a,\\nb",4\\n5,6\\n', ",", 2)
    (6, 8)
    """
    content = np.frombuffer(window, np.uint8)
    inside = np.cumsum(content == ord('"'), dtype=np.int64) % 2
    found = [_records(content, inside == quoted, separator, width) for quoted in (0, 1)]
    (start, sound), (other, more) = found
    return other if more > sound or start is None else start


def _records(
    content: NDArray[np.uint8], outside: NDArray[np.bool_], separator: str, width: int
) -> tuple[int | None, int]:
    """Where the first record begins, and how many whole records have ``width`` fields."""
    breaks = np.flatnonzero((content == ord("\n")) & outside)
    if not len(breaks):
        return None, 0
    separators = np.cumsum((content == ord(separator)) & outside, dtype=np.int64)[breaks]
    return int(breaks[0]) + 1, int((np.diff(separators) == width - 1).sum())


def _place(raw: bytes, lines: int) -> int:
    """Where the line begins that so many line breaks stand before."""
    place = 0
    for _ in range(lines):
        place = raw.index(b"\n", place) + 1
    return place
