"""A table that stays on disk: read in stretches, in any order, so that memory does not grow with its rows.

    open_stream(location) ──▶ Stream ──sample──▶ Table          decides columns, preparation, validation, test
                                └──blocks, read──▶ Stretch      gives the training rows, block by block

A file is cut into blocks without reading it first. A block of a Parquet file is a range of rows; of a file of text, a
range of bytes, moved to where the next record begins (see ``text.record_start``).
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...catalog import SOURCES, load
from ...errors import DataError, Mistake, raise_if_any
from ..source import several
from ..source.endings import PLAIN
from ..source.file import as_path, ends_with
from ..source.parquet import ENDINGS as PARQUET
from ..table import Table
from . import memory
from .parquet import ParquetFile
from .stretch import Stretch
from .text import TextFile

WINDOWS = 64
"""The sample is made of so many stretches, spread evenly over the table."""


UNPACKED = 100
"""A file takes at most so many times its size when it is read and prepared."""


@dataclass(frozen=True)
class Block:
    """A piece of one file: from ``start`` to ``stop``, in rows or bytes."""

    file: int
    start: int
    stop: int


@dataclass(frozen=True)
class Stream:
    """Files with the same columns that are read as one table, in stretches.

    Args:
        origin: what a person calls it.
        files: at least one, all of text or all Parquet.
    """

    origin: str
    files: tuple[TextFile | ParquetFile, ...]

    @property
    def bytes(self) -> int:
        """What the files take on disk."""
        return sum(file.bytes for file in self.files)

    @property
    def memory(self) -> int:
        """About how many bytes of memory it would take to read and prepare all of it at once."""
        return sum(file.memory for file in self.files)

    @property
    def rows(self) -> int:
        """How many rows there are: counted in Parquet files, estimated from their beginnings in files of text."""
        return sum(file.rows for file in self.files)

    @property
    def counted(self) -> bool:
        """Whether the numbers of rows count them, as in Parquet files, rather than only tell them apart."""
        return isinstance(self.files[0], ParquetFile)

    def blocks(self) -> list[Block]:
        """All of it, cut into pieces of a few megabytes, in order."""
        found: list[Block] = []
        for number, file in enumerate(self.files):
            cuts = [*range(0, file.extent, file.step), file.extent]
            found += [Block(number, start, stop) for start, stop in pairwise(cuts)]
        return found

    def read(self, block: Block) -> Stretch:
        """The rows of a block, with the columns of the first file.

        Raises:
            DataError: the file has changed or vanished.
        """
        before = sum(file.extent for file in self.files[: block.file])
        stretch = self.files[block.file].read(block.start, block.stop)
        frame = stretch.frame.select(self.files[0].names)
        return Stretch(frame, stretch.rows + before, stretch.read, stretch.dropped)

    def sample(self, rows: int, seed: int) -> tuple[Table, Stretch]:
        """About so many rows, from stretches spread evenly over all files; all rows where there are no more.

        Each stretch begins at a random place of its share of the table.

        Args:
            rows: how many are wanted.
            seed: of the places.

        Returns:
            The rows as a table whose fingerprint stands for the sizes of the files and for the sample; and what the
            stretches held in all.

        Raises:
            DataError: a file has changed or vanished, the first line looks like data, or there are no rows.
        """
        found = [self.read(window) for window in self._windows(rows, seed)]
        whole = Stretch.joined(found)
        if not whole.frame.height:
            raise DataError(Mistake(f"{self.origin} has no rows that can be read", "at least one"))
        self.files[0].check(whole)
        digest = hashlib.sha256(repr([file.bytes for file in self.files]).encode())
        digest.update(whole.frame.hash_rows().to_numpy().tobytes())
        declared = self.files[0].declared
        table = Table(whole.frame, whole.rows, self.origin, digest.hexdigest(), declared)
        return table, whole

    def _windows(self, rows: int, seed: int) -> list[Block]:
        extents = [file.extent for file in self.files]
        total = sum(extents)
        length = math.ceil(total * rows / max(self.rows, 1) / WINDOWS)  # of a window, in rows or bytes
        share = total // WINDOWS
        if length >= share:
            return self.blocks()
        generator = np.random.Generator(np.random.PCG64(seed))
        starts = [place * share + int(generator.integers(0, share - length + 1)) for place in range(WINDOWS)]
        ends = list(accumulate(extents))
        windows = []
        for start in starts:
            file = int(np.searchsorted(ends, start, side="right"))
            within = start - (ends[file] - extents[file])
            windows.append(Block(file, within, min(within + length, extents[file])))
        return windows


def open_stream(location: object) -> Stream | None:
    """The files that ``location`` means, opened to be read in stretches; None where that cannot be.

    It can be of files of text (CSV, TSV; not compressed) and of Parquet files, one or several of the same format.

    Raises:
        DataError: a file is missing or is not what its name says, or the columns of several do not agree.
    """
    paths, origin = _paths(location)
    if not paths:
        return None
    parquet = [ends_with(path, PARQUET) for path in paths]
    plain = [ends_with(path, PLAIN) for path in paths]
    if not (all(parquet) or all(plain)):
        return None
    if all(parquet):
        stream = Stream(origin, tuple(ParquetFile.open(path) for path in paths))
    else:
        stream = Stream(origin, tuple(TextFile.open(path) for path in paths))
    first = stream.files[0]
    raise_if_any(
        DataError,
        [
            Mistake(
                f"the columns of {file.path.name} are not those of {first.path.name}",
                ", ".join(first.names[:5]) + (", ..." if len(first.names) > 5 else ""),
            )
            for file in stream.files[1:]
            if sorted(file.names) != sorted(first.names)
        ],
    )
    return stream


def larger_than_memory(location: object) -> Stream | None:
    """The table at ``location``, opened, if it can be streamed and takes more than its share of the memory at hand.

    Raises:
        DataError: see ``open_stream``.
    """
    hand = memory.at_hand()
    paths, _ = _paths(location)
    if hand is None or sum(path.stat().st_size for path in paths) * UNPACKED < memory.SHARE * hand:
        return None  # which most are, and none of these is opened for it
    stream = open_stream(location)
    return stream if stream is not None and stream.memory > memory.SHARE * hand else None


def _paths(location: object) -> tuple[list[Path], str]:
    """The files of text or Parquet that are meant, and what they are called; none where another source reads them."""
    reader = next((name for name in SOURCES if load("sources", name).claims(location)), "")
    if reader not in ("several", "parquet", "csv"):
        return [], ""
    if reader == "several":
        given, _, origin = several.named(location)
    else:
        given = [str(location)] if as_path(location) is not None else []
        origin = Path(str(location)).name
    paths = [as_path(one) for one in given]
    return [path for path in paths if path is not None and path.is_file()], origin


def parts_by_content(values: pl.DataFrame, validation: float, test: float, seed: int) -> NDArray[np.str_]:
    """The part of each row by what it holds, so that equal rows are in the same part wherever they stand.

    Args:
        values: the columns that decide (N rows): all, or the one of the group.
        validation, test: the shares that are held out.
        seed: of the run.

    Returns:
        (N,) of ``train``, ``validation`` and ``test``.
    """
    mixed = values.hash_rows(seed).to_numpy().astype(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    drawn = (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
    parts = np.full(len(drawn), "train", dtype="<U10")
    parts[drawn < test + validation] = "validation"
    parts[drawn < test] = "test"
    return parts
