"""The fingerprint of a table in memory: the same values give the same one in any process and release."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import polars as pl


def fingerprint(frame: pl.DataFrame) -> str:
    """SHA-256, in hex, over the names, types, missing places and values of all columns.

    Args:
        frame: columns of any type but Python objects.
    """
    digest = hashlib.sha256()
    for column in frame.iter_columns():
        missing = column.is_null().to_numpy() if column.null_count() else np.zeros(0, bool)
        digest.update(f"{len(column.name)}:{column.name}:{column.dtype}:{frame.height}:".encode())
        digest.update(np.packbits(missing).tobytes())
        digest.update(_content(column))
    return digest.hexdigest()


def _content(column: pl.Series) -> bytes:
    if column.dtype.is_temporal():
        column = column.to_physical()
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        filled = column.fill_null(False if column.dtype == pl.Boolean else 0)
        return filled.to_numpy().tobytes()
    if column.dtype == pl.Binary:
        column = column.bin.encode("hex")
    if isinstance(column.dtype, (pl.List, pl.Array)):  # the lengths tell where each list ends
        lists = column.arr.to_list() if isinstance(column.dtype, pl.Array) else column
        return lists.list.len().fill_null(0).to_numpy().tobytes() + _content(column.explode())
    text = io.BytesIO()
    if column.dtype == pl.String:  # the lengths tell where each value ends
        column = column.fill_null("")
        text.write(column.str.len_bytes().to_numpy().tobytes())
        column.to_frame().write_csv(text, include_header=False, quote_style="never")
    else:
        column.to_frame().write_ndjson(text)
    return text.getvalue()
