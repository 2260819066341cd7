"""Arrow files: Feather (version 2), the IPC file and the IPC stream."""

from __future__ import annotations

import polars as pl

from ...errors import DataError, Mistake
from ..ledger import Ledger
from ..table import Table
from .file import digest, ends_with, path_of
from .native import check_ends, decoding, native_table

ENDINGS = (".arrow", ".feather", ".ipc", ".arrows")
MAGIC = b"ARROW1"
FEATHER_1 = b"FEA1"
STREAM = b"\xff\xff\xff\xff"


def claims(location: object) -> bool:
    """Tell whether ``location`` names an Arrow file, by its ending."""
    return ends_with(location, ENDINGS)


def read(location: object, ledger: Ledger) -> Table:
    """Read an Arrow file; its columns keep their types (see ``native_table``).

    Args:
        location: the path.
        ledger: the number of rows is added to it.

    Raises:
        DataError: the file is missing, not an Arrow file, cut off or damaged, or has no rows.
    """
    path = path_of(location)
    first = check_ends(path, "an Arrow file", (MAGIC, STREAM, FEATHER_1), MAGIC)
    if first.startswith(FEATHER_1):
        raise DataError(
            Mistake(
                f"{path.name} is of the first version of Feather",
                "its second, an Arrow file",
                "write it again",
            )
        )
    with decoding(path.name, "an Arrow file"):
        frame = pl.read_ipc(path) if first.startswith(MAGIC) else pl.read_ipc_stream(path)
    return native_table(frame, ledger, path.name, digest(path))
