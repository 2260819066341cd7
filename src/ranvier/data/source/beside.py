"""Columns of paths in a file: a path that is not absolute lies beside that file."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import polars as pl

from ..pictures import each
from ..table import Table
from .class_folders import NAMED
from .file import as_path, digest

TRIED = 20
"""So many values tell whether a column holds paths."""


def beside(table: Table, location: object) -> Table:
    """The table with the paths of pictures and sounds made absolute, where it was read from a single file.

    The fingerprint of a table of paths covers what the files hold: other pixels under the same name are other data.

    Args:
        table: as it was read; the paths in it lie beside ``location``, where they are not absolute.
        location: what it was read from; a folder of them is left as it is.
    """
    path = as_path(location)
    if path is not None and (not path.is_file() or path.name.lower().endswith(NAMED)):
        return table
    folder = "" if path is None else str(path.parent.absolute())
    columns = [
        pl.Series(values.name, [_joined(folder, one) for one in values.to_list()], dtype=pl.String)
        for values in table.frame.iter_columns()
        if _holds_paths(values)
    ]
    if not columns:
        return table
    told = hashlib.sha256(table.fingerprint.encode())
    for column in columns:
        for content in each(_content, column.to_list()):
            told.update(f"{content}\n".encode())
    return replace(table, frame=table.frame.with_columns(columns), fingerprint=told.hexdigest())


def _content(path: str | None) -> str:
    """The digest of the file at ``path``; nothing where it is no path, or no file that may be read."""
    if path is None or not path.strip().lower().endswith(NAMED):
        return ""
    try:
        return digest(Path(path.strip()))
    except OSError:
        return ""


def _holds_paths(values: pl.Series) -> bool:
    """Tell whether most of the first values end as names of pictures or sounds; data written as text do not."""
    if values.dtype != pl.String:
        return False
    few = values.drop_nulls().head(TRIED).str.strip_chars().str.to_lowercase()
    return 2 * sum(str(one).endswith(NAMED) for one in few) > len(few)


def _joined(folder: str, path: str | None) -> str | None:
    if path is None or not path.strip().lower().endswith(NAMED):
        return path
    return str(Path(folder, path.strip()))
