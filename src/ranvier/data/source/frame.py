"""Data frames (polars, pandas, pyarrow) and dicts of columns, held in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

from ...errors import DataError, Mistake, raise_if_any
from ..ledger import Ledger
from ..table import Table
from .columns import inherits, to_series
from .fingerprint import fingerprint


def claims(location: object) -> bool:
    """Tell whether ``location`` is a data frame or a dict of columns, or a pair of one and a target."""
    if isinstance(location, tuple) and len(location) == 2:
        return _is_frame(location[0])
    return _is_frame(location)


def read(location: object, ledger: Ledger) -> Table:
    """Take a table from memory; the user's object is left as it is.

    Numbers, booleans and dates keep their types; not-a-number becomes missing; categorical columns become text that
    is declared a category. A column name that is a number becomes text. The index of a pandas frame is left out,
    and both are written into the ledger.

    Args:
        location: a polars DataFrame or LazyFrame, a pandas DataFrame, a pyarrow Table, or a dict of equally long
            columns (lists, arrays, tensors or series); or a pair of one and the target's values, which becomes a
            column named as that series is, else ``target``.
        ledger: the number of rows is added to it.

    Raises:
        DataError: there are no rows or columns, names are not unique texts, columns differ in length, or values
            are neither numbers nor text.
    """
    location, y = location if isinstance(location, tuple) else (location, None)
    names, series = _columns(location)
    notes = _names_said(names)
    target = None
    if y is not None:
        target = _target_name(y)
        names, series = [*names, target], [*series, (target, y)]
    raise_if_any(DataError, _name_mistakes([str(name) for name in names]))
    declared: dict[str, str] = {}
    columns = []
    for name, (given, values) in zip(names, series):
        column, kind = to_series(str(given), values)
        columns.append(column.alias(str(name)))
        if kind:
            declared[str(name)] = kind
    raise_if_any(DataError, _length_mistakes(columns))
    frame = pl.DataFrame(columns)
    ledger.read += frame.height
    for note in notes:
        ledger.note("kept", note, frame.height)
    if _has_index(location):
        ledger.note(
            "kept", "the index of the frame is left out; reset_index() makes a column of it", frame.height
        )
    return Table(
        frame,
        np.arange(frame.height, dtype=np.int64),
        _origin(location),
        fingerprint(frame),
        declared,
        target,
    )


def _target_name(y: Any) -> str:
    """The name of a series, or of the only column of a frame."""
    name = getattr(y, "name", None) or next(iter(getattr(y, "columns", ())), None)
    return "target" if name is None else str(name)


def _is_frame(value: object) -> bool:
    return isinstance(value, (pl.DataFrame, pl.LazyFrame, Mapping)) or _is_pandas(value) or _is_arrow(value)


def _is_pandas(value: object) -> bool:
    """Pandas is not imported to find out: whoever hands over its frame has done so."""
    return inherits(value, "pandas", "DataFrame")


def _is_arrow(value: object) -> bool:
    return inherits(value, "pyarrow", "Table")


def _columns(location: Any) -> tuple[list[Any], list[tuple[str, Any]]]:
    """The names as they are given, and the columns as their own library holds them."""
    if isinstance(location, pl.LazyFrame):
        location = location.collect()
    if isinstance(location, Mapping):
        names, columns = list(location), list(location.values())
    elif _is_pandas(location):
        names = list(location.columns)
        columns = [location.iloc[:, place] for place in range(len(names))]
    elif _is_arrow(location):
        names, columns = list(location.column_names), [pl.Series(values=c) for c in location.columns]
    else:
        names, columns = location.columns, location.get_columns()
    return names, [(str(name), column) for name, column in zip(names, columns)]


def _names_said(names: list[Any]) -> list[str]:
    """Turn names that are numbers into text and say so; other names are mistakes."""
    wrong = [name for name in names if not isinstance(name, (str, int, float, np.number))]
    if wrong:
        levels = isinstance(wrong[0], tuple)
        raise DataError(
            Mistake(
                f"a column is named {wrong[0]!r}" + (", in several levels" if levels else ""),
                "names that are text",
                "join the levels into one name each" if levels else "rename it",
            )
        )
    numbered = [str(name) for name in names if not isinstance(name, str)]
    if not numbered:
        return []
    shown = ", ".join(map(repr, numbered[:3])) + (", ..." if len(numbered) > 3 else "")
    return [f"column names that were numbers are text now: {shown}"]


def _name_mistakes(names: list[str]) -> Iterable[Mistake]:
    if not names:
        yield Mistake("the frame has no columns", "a target and at least one input")
    twice = [repr(name) for name, count in Counter(names).items() if count > 1]
    if twice:
        yield Mistake(
            f"the frame has several columns named {', '.join(twice[:5])}", "unique names", "rename them"
        )
    if "" in names:
        yield Mistake(f"column {names.index('') + 1} of the frame has an empty name", remedy="give it a name")


def _length_mistakes(columns: list[pl.Series]) -> Iterable[Mistake]:
    lengths = {column.name: len(column) for column in columns}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name!r} has {length:,}" for name, length in list(lengths.items())[:5])
        yield Mistake(f"the columns differ in their number of rows: {shown}", "equally long columns")
    elif not len(columns[0]):
        yield Mistake("the frame has no rows", "at least one row")


def _has_index(location: object) -> bool:
    """Tell whether a pandas frame has an index that says more than the place of a row."""
    return _is_pandas(location) and type(getattr(location, "index", None)).__name__ != "RangeIndex"


def _origin(location: object) -> str:
    if isinstance(location, Mapping):
        return "a dict of columns"
    return (
        "a pandas frame"
        if _is_pandas(location)
        else "a pyarrow table"
        if _is_arrow(location)
        else "a polars frame"
    )
