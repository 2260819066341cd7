"""Where tables come from: one file a format.

Each source is a module with ``claims(location) -> bool``, which tells whether it reads such a location, and
``read(location, ledger) -> Table``. The catalogue's order is the order in which they are asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from ...catalog import SOURCES, load
from ...errors import DataError, Mistake, raise_if_any
from ..ledger import Ledger
from ..table import Table

READABLE = (
    "a path to a CSV file, sample:NAME, a data frame (polars, pandas, pyarrow), a dict of columns, "
    "or X and y as arrays, tensors or lists"
)


def read(location: object, ledger: Ledger, *, y: object = None) -> Table:
    """Read a table from wherever it is.

    Args:
        location: a path, ``sample:NAME``, a data frame, a dict of columns, or a pair ``(X, y)``.
        ledger: the number of rows that the source held is added to ``ledger.read``.
        y: the target, where ``location`` is X alone.

    Raises:
        DataError: no source reads such a location, or the source finds it broken.
        SpecError: there is no sample of that name.
    """
    if y is not None:
        location = (location, y)
    for name in SOURCES:
        source = load("sources", name)
        if source.claims(location):
            table: Table = source.read(location, ledger)
            return table
    kind = type(location).__name__
    alone = hasattr(location, "__array__") or isinstance(location, list)
    happened = f"X ({kind}) is given without y" if alone else f"a table cannot be read from {kind}"
    raise DataError(Mistake(happened, READABLE))


def read_parts(train: object, validation: object, test: object, ledger: Ledger) -> Table:
    """Read the training, validation and test rows from places of their own and stack them.

    The columns must agree by name, in any order; row numbers continue from one part into the next.

    Args:
        train: a location, as ``read`` takes it.
        validation: another, or None.
        test: another, or None.
        ledger: the rows of all parts are added to it.

    Raises:
        DataError: the columns or their types do not agree, or two parts are the same data.
    """
    given = {"train": train, "validation": validation, "test": test}
    tables: dict[str, Table] = {}
    for part, location in given.items():
        if location is not None:
            own = Ledger()
            table = read(location, own)
            tables[part] = replace(table, rows=table.rows + ledger.read)
            _join(ledger, own, table.origin)
    first = tables["train"]
    raise_if_any(DataError, _disagreements(tables))
    frames = [table.frame.select(first.frame.columns) for table in tables.values()]
    digest = hashlib.sha256("".join(f"{part}:{t.fingerprint}\n" for part, t in tables.items()).encode())
    return Table(
        frame=pl.concat(frames, how="vertical_relaxed"),
        rows=np.concatenate([table.rows for table in tables.values()]),
        origin=" + ".join(dict.fromkeys(table.origin for table in tables.values())),
        fingerprint=digest.hexdigest(),
        declared=first.declared,
        target=first.target,
        parts=np.concatenate([np.full(len(table), part, "<U10") for part, table in tables.items()]),
    )


def _join(ledger: Ledger, own: Ledger, origin: str) -> None:
    """Add the ledger of one part; its row numbers continue after those read before."""
    for entry in own.entries:
        rows = tuple(row + ledger.read for row in entry.rows)
        ledger.entries.append(replace(entry, reason=f"{entry.reason} (in {origin})", rows=rows))
    ledger.read += own.read


def _disagreements(tables: Mapping[str, Table]) -> list[Mistake]:
    """Say where the other parts differ from the training rows."""
    first = tables["train"]
    mistakes = []
    for part, table in tables.items():
        if table is first:
            continue
        known, names = first.frame.columns, table.frame.columns
        missing, extra = [n for n in known if n not in names], [n for n in names if n not in known]
        if missing or extra:
            happened = [f"lacks {_quoted(missing)}"] * bool(missing) + [f"adds {_quoted(extra)}"] * bool(
                extra
            )
            mistakes.append(
                Mistake(
                    f"the {part} rows ({table.origin}) do not have the training rows' columns: {', '.join(happened)}",
                    f"the {len(known)} columns of {first.origin}",
                )
            )
        for name in (n for n in known if n in names):
            mine, other = first.frame[name].dtype, table.frame[name].dtype
            if not _stackable(mine, other):
                mistakes.append(
                    Mistake(f"column {name!r} is {mine} in the training rows and {other} in the {part} rows")
                )
        same = [other for other in tables if other != part and tables[other].fingerprint == table.fingerprint]
        if same and list(tables).index(same[0]) < list(tables).index(part):
            mistakes.append(
                Mistake(
                    f"the {part} rows are the same data as the {same[0]} rows",
                    "rows that the network has not learnt from",
                    f"leave {part} out: such rows are then taken from the training rows",
                )
            )
    return mistakes


def _stackable(one: pl.DataType, other: pl.DataType) -> bool:
    return one == other or (one.is_numeric() and other.is_numeric())


def _quoted(names: list[str]) -> str:
    return ", ".join(map(repr, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
