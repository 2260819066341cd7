"""Parquet files read by ranges of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ..ledger import Ledger
from ..source.file import opening
from ..source.native import decoding, native_table
from .changed import Stamp
from .stretch import Stretch

CELLS = 2_000_000
"""So many cells a block has, or fewer."""

CELL_BYTES = 40
"""About what a cell takes in memory when it is read and prepared."""


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file.

    Args:
        path: where it is.
        names: of its columns.
        extent: how many rows it has.
        declared: the kinds that its types declare.
        stamp: by which it is known again.
    """

    path: Path
    names: tuple[str, ...]
    extent: int
    declared: Mapping[str, str]
    stamp: Stamp

    @classmethod
    def open(cls, path: Path) -> ParquetFile:
        """Read what the file says of itself.

        Raises:
            DataError: it is missing or damaged.
        """
        with opening(path):
            stamp = Stamp.of(path)
        with decoding(path.name, "a Parquet file"):
            rows = int(_scan(path).select(pl.len()).collect().item())
            first = _scan(path).slice(0, 1).collect()
        declared = native_table(first, Ledger(), path.name, "").declared
        return cls(path, tuple(first.columns), rows, declared, stamp)

    @property
    def bytes(self) -> int:
        """The size of the file."""
        return self.stamp.size

    @property
    def memory(self) -> int:
        """About what it takes in memory when all of it is read and prepared."""
        return self.extent * len(self.names) * CELL_BYTES

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.extent

    @property
    def step(self) -> int:
        """How many rows a block has."""
        return max(1, CELLS // len(self.names))

    def check(self, sample: Stretch) -> None:
        """Nothing: the names of the columns stand in the file."""

    def read(self, start: int, stop: int) -> Stretch:
        """The rows from ``start`` to ``stop``.

        Raises:
            DataError: the file has changed or vanished.
        """
        with self.stamp.unchanged(self.path), decoding(self.path.name, "a Parquet file"):
            frame = _scan(self.path).slice(start, stop - start).collect()
        table = native_table(frame, Ledger(), self.path.name, "")
        return Stretch(table.frame, np.arange(start, stop, dtype=np.int64), stop - start)


def _scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, hive_partitioning=False, glob=False)
