"""Tables stacked into one: the rows of several files, or of training, validation and test."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from ...errors import Mistake
from ..ledger import Ledger
from ..table import Table


def continued(table: Table, own: Ledger, ledger: Ledger) -> Table:
    """The table with its rows numbered on after those read before, and its ledger added to ``ledger``.

    Args:
        table: as it was read.
        own: the ledger that it was read with.
        ledger: of all tables so far.
    """
    numbered = replace(table, rows=table.rows + ledger.read)
    for entry in own.entries:
        rows = tuple(row + ledger.read for row in entry.rows)
        ledger.entries.append(replace(entry, reason=f"{entry.reason} (in {table.origin})", rows=rows))
    ledger.read += own.read
    return numbered


def disagreements(first: Table, other: Table, mine: str, its: str) -> Iterable[Mistake]:
    """Say where the columns of ``other`` are not those of ``first``, by name and type; their order is free.

    Args:
        first: sets the columns.
        other: a further table.
        mine: what the first is called, such as ``the training rows``.
        its: what the other is called.
    """
    known, names = first.frame.columns, other.frame.columns
    missing, extra = [n for n in known if n not in names], [n for n in names if n not in known]
    if missing or extra:
        happened = [f"without {_quoted(missing)}"] * bool(missing) + [f"with {_quoted(extra)}"] * bool(extra)
        yield Mistake(
            f"the columns of {its} are not those of {mine}: {', '.join(happened)}",
            f"the {len(known)} columns of {mine}",
        )
    for name in (n for n in known if n in names):
        one, another = first.frame[name], other.frame[name]
        if not _stackable(one, another):
            yield Mistake(f"column {name!r} is {one.dtype} in {mine} and {another.dtype} in {its}")


def stacked(tables: Mapping[str, Table], origin: str) -> Table:
    """The rows of all tables, in their order, with the columns of the first.

    Args:
        tables: by a name that goes into the fingerprint.
        origin: what a person calls them together.
    """
    first = next(iter(tables.values()))
    frames = [table.frame.select(first.frame.columns) for table in tables.values()]
    typed = {name: _type([frame[name] for frame in frames]) for name in first.frame.columns}
    frames = [
        frame.with_columns(
            frame[name].cast(kind)
            for name, kind in typed.items()
            if frame[name].dtype != kind and _void(frame[name])
        )
        for frame in frames
    ]
    declared = {name: kind for table in tables.values() for name, kind in table.declared.items()}
    digest = hashlib.sha256("".join(f"{name}:{t.fingerprint}\n" for name, t in tables.items()).encode())
    return Table(
        frame=pl.concat(frames, how="vertical_relaxed"),
        rows=np.concatenate([table.rows for table in tables.values()]),
        origin=origin,
        fingerprint=digest.hexdigest(),
        declared={name: declared[name] for name in first.frame.columns if name in declared},
        target=first.target,
    )


def _stackable(one: pl.Series, other: pl.Series) -> bool:
    same = one.dtype == other.dtype or (one.dtype.is_numeric() and other.dtype.is_numeric())
    return same or _void(one) or _void(other)


def _void(column: pl.Series) -> bool:
    """Tell whether a column holds nothing, so that any type will do."""
    return column.null_count() == len(column)


def _type(columns: list[pl.Series]) -> pl.DataType:
    return next((column.dtype for column in columns if not _void(column)), columns[0].dtype)


def _quoted(names: list[str]) -> str:
    return ", ".join(map(repr, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
