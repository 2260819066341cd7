"""The endings by which the tables of a folder are known."""

from __future__ import annotations

from pathlib import Path

from ...catalog import SOURCES, load
from .file import ends_with

PLAIN = (".csv", ".tsv", ".tab", ".txt")
"""The endings of files of delimited text that are not compressed."""

TEXT = (*PLAIN, *(f"{ending}.gz" for ending in PLAIN))
"""The endings by which a folder's files of delimited text are known."""


def is_table(path: Path) -> bool:
    """Tell by its ending whether a file is a table."""
    if ends_with(path, TEXT):
        return True
    sources = [load("sources", name) for name in SOURCES]
    return any(path.name.lower().endswith(getattr(source, "ENDINGS", ())) for source in sources)
