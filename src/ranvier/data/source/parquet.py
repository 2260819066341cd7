"""Parquet files."""

from __future__ import annotations

import polars as pl

from ..ledger import Ledger
from ..table import Table
from .file import digest, ends_with, path_of
from .native import check_ends, decoding, native_table

ENDINGS = (".parquet", ".pq")
MAGIC = b"PAR1"


def claims(location: object) -> bool:
    """Tell whether ``location`` names a Parquet file, by its ending."""
    return ends_with(location, ENDINGS)


def read(location: object, ledger: Ledger) -> Table:
    """Read a Parquet file; its columns keep their types (see ``native_table``).

    Args:
        location: the path.
        ledger: the number of rows is added to it.

    Raises:
        DataError: the file is missing, not a Parquet file, cut off or damaged, or has no rows.
    """
    path = path_of(location)
    check_ends(path, "a Parquet file", (MAGIC,), MAGIC)
    with decoding(path.name, "a Parquet file"):
        frame = pl.read_parquet(path, hive_partitioning=False, glob=False)
    return native_table(frame, ledger, path.name, digest(path))
