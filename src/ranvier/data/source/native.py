"""Columns that a format reads with types of their own, as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl

from ...errors import DataError, Mistake
from ..ledger import Ledger
from ..table import Table
from .file import ends_of


def native_table(frame: pl.DataFrame, ledger: Ledger, origin: str, fingerprint: str) -> Table:
    """A table of a frame whose columns keep their types: numbers, booleans, dates, lists.

    Not-a-number becomes missing; categorical columns become text that is declared a category; booleans are declared;
    decimals become floats; a column of nulls alone becomes text.

    Args:
        frame: all rows of the source.
        ledger: the number of rows is added to it.
        origin: what a person calls the source.
        fingerprint: of its content.

    Raises:
        DataError: there are no rows or no columns, or a column has no name.
    """
    if not frame.width or not frame.height:
        lacks = "no columns" if not frame.width else f"{frame.width} columns and no rows"
        raise DataError(Mistake(f"{origin} has {lacks}", "at least one row"))
    empty = [place for place, name in enumerate(frame.columns, 1) if not name.strip()]
    if empty:
        raise DataError(Mistake(f"column {empty[0]} of {origin} has an empty name", remedy="give it a name"))
    declared: dict[str, str] = {}
    columns = []
    for column in frame.iter_columns():
        if column.dtype in (pl.Categorical, pl.Enum):
            declared[column.name] = "category"
            column = column.cast(pl.String)
        elif column.dtype == pl.Boolean:
            declared[column.name] = "boolean"
        elif column.dtype.is_decimal():
            column = column.cast(pl.Float64)
        elif column.dtype == pl.Null:
            column = column.cast(pl.String)
        columns.append(column.fill_nan(None) if column.dtype.is_float() else column)
    ledger.read += frame.height
    rows = np.arange(frame.height, dtype=np.int64)
    return Table(pl.DataFrame(columns), rows, origin, fingerprint, declared)


def check_ends(path: Path, what: str, begins: tuple[bytes, ...], mark: bytes) -> bytes:
    """Refuse a file that does not begin and end as its format does.

    Args:
        path: the file.
        what: it should be, such as ``a Parquet file``.
        begins: what it may begin with.
        mark: one of these, with which such a file ends if it begins with it.

    Returns:
        Its first bytes.

    Raises:
        DataError: it is missing, another format, or cut off.
    """
    first, last = ends_of(path)
    if not first.startswith(begins):
        raise DataError(
            Mistake(
                f"{path.name} is not {what}: it begins with {first[:6]!r}",
                remedy="give the file the ending of what it is, such as .csv",
            )
        )
    if first.startswith(mark) and not last.endswith(mark):
        raise DataError(
            Mistake(
                f"{path.name} is cut off: it does not end with {mark!r}, as {what} does",
                remedy="copy or write it again",
            )
        )
    return first


@contextmanager
def decoding(name: str, what: str) -> Iterator[None]:
    """Turn what polars says of a file that it cannot decode into a sentence.

    Args:
        name: of the file.
        what: it should be, such as ``a Parquet file``.

    Raises:
        DataError: the file is damaged.
    """
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise DataError(
            Mistake(f"{name} is damaged, or not {what} ({reason(error)})", remedy="copy or write it again")
        ) from None


def reason(error: BaseException) -> str:
    """The first line of what another library says, at most 160 characters of it.

    >>> reason(ValueError("it failed\\nbecause"))
    'it failed'
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0] if len(lines[0]) <= 160 else lines[0][:157] + "..."


def check_names(names: list[str], origin: str) -> None:
    """Refuse names that stand more than once.

    Raises:
        DataError: with up to five of them.
    """
    twice = [repr(name) for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(
            Mistake(
                f"{origin} has several columns named {', '.join(twice[:5])}",
                "each column to have its own name",
                "rename them",
            )
        )
