"""Where tables come from: one file a format.

Each source is a module with ``claims(location) -> bool``, which tells whether it reads such a location, and
``read(location, ledger) -> Table``. The catalogue's order is the order in which they are asked. A source of text may
also have ``read_typed(location, ledger, written) -> Table``, which gives columns of numbers as such.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from ...catalog import SOURCES, load
from ...errors import DataError, Mistake, raise_if_any
from ..ledger import Ledger
from ..table import Table
from .beside import beside
from .stack import continued, disagreements, stacked

READABLE = (
    "a path to a file (CSV, Parquet, Arrow, JSON, Excel, NumPy, SQLite) or several, sample:NAME, a data frame "
    "(polars, pandas, pyarrow), a dict of columns, or X and y as arrays, tensors or lists"
)


def read(
    location: object, ledger: Ledger, *, y: object = None, written: Collection[str] | None = None
) -> Table:
    """Read a table from wherever it is.

    Args:
        location: a path, a list of paths, a pattern of paths, a folder, a database's address, ``sample:NAME``, a data
            frame, a dict of columns, or a pair ``(X, y)``.
        ledger: the number of rows that the source held is added to ``ledger.read``.
        y: the target, where ``location`` is X alone.
        written: the columns whose text matters, such as the target and those that the user says something about; a
            large file's other columns of plain numbers come as floats, which is faster. None keeps all text.

    Raises:
        DataError: no source reads such a location, or the source finds it broken.
        SpecError: there is no sample of that name.
    """
    if y is not None:
        location = (location, y)
    for name in SOURCES:
        source = load("sources", name)
        if source.claims(location):
            typed = None if written is None else getattr(source, "read_typed", None)
            table: Table = typed(location, ledger, written) if typed else source.read(location, ledger)
            return beside(table, location)
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
            tables[part] = continued(table, own, ledger)
    raise_if_any(DataError, _disagreements(tables))
    origin = " + ".join(dict.fromkeys(table.origin for table in tables.values()))
    parts = np.concatenate([np.full(len(table), part, "<U10") for part, table in tables.items()])
    return replace(stacked(tables, origin), parts=parts)


def _disagreements(tables: Mapping[str, Table]) -> list[Mistake]:
    """Say where the other parts differ from the training rows."""
    first = tables["train"]
    mistakes: list[Mistake] = []
    for part, table in tables.items():
        if table is first:
            continue
        mistakes += disagreements(first, table, "the training rows", f"the {part} rows")
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
