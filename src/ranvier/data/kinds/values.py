"""Reading raw values, shared by all kinds: what is missing, what is a number, and one text for equal values.

Raw values are strings (from a text format) or native (integers, floats, booleans, categories, dates of a frame);
the same table read either way gives the same result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import DataError, Mistake, ModelFileError
from ..ledger import EXAMPLES, Ledger

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "-", "#N/A")
"""Texts that mean a missing value, once the whitespace around them is stripped. Case matters: ``none`` is a word
that often says something (none, mild, severe)."""

_DAY = r"\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}[-/]\d{1,2}[-/]\d{2}"
DATE = rf"^({_DAY})([ T]\d{{1,2}}:\d{{2}}.*)?$"
"""Texts that look like dates: ``2020-01-31``, ``31/01/2020 12:00``. (``2020.1`` does too, but is a number first.)"""

ENOUGH = 0.95
"""The share of a column's values that must be numbers for it to be taken for numbers."""

MANY = 1_000
"""Up to so many distinct categories or labels of a column are all kept; of more, only those that are frequent."""

FEWEST = 5
"""A category or label is frequent if at least so many training rows have it."""

LONG = 10_000
"""A column of at least so many rows is read by its distinct values, where these are few."""

FIRST = 1_000
"""So many values tell that a column of text is likely no numbers."""

_WHOLE = r"^(-?(?:0|[1-9]\d*))\.0*$"


Cells = tuple[int, list[int]]
"""How many cells of a column, and the places of the first ones."""


def is_readable(values: pl.Series) -> bool:
    """Tell whether each value is one plain value, rather than a list, a structure or an object."""
    return not (values.dtype.is_nested() or values.dtype in (pl.Object, pl.Binary))


def read_text(values: pl.Series) -> pl.Series:
    """Read raw values as text (N strings); null where missing (null, NaN, or one of ``MISSING``).

    Equal values get equal text: whitespace around it is stripped, whole numbers lose a fraction of zeros (``1.0`` is
    ``1``; ``1.50`` stays, since ``1.1`` and ``1.10`` may be versions), and booleans are ``true`` and ``false`` in
    whatever case they were written.

    >>> read_text(pl.Series(["a ", "?", "1.0", "01", "True"])).to_list()
    ['a', None, '1', '01', 'true']

    Raises:
        DataError: the values are lists, structures or objects.
    """
    values = _plain(values)
    distinct = few_distinct(values)
    if distinct is None:
        return _as_text(values)
    read = _as_text(distinct)
    other = distinct.ne_missing(read)
    return values.replace(distinct.filter(other), read.filter(other)) if other.any() else values


def few_distinct(values: pl.Series) -> pl.Series | None:
    """The distinct values of a long column of text, null among them, where they are few; else None.

    What is to be known of each value is then found once for each distinct one.
    """
    if values.dtype != pl.String or len(values) < LONG:
        return None
    distinct = values.unique()
    return distinct if len(distinct) * 4 <= len(values) else None


def codes_of(values: pl.Series, words: Sequence[str]) -> NDArray[np.int64] | None:
    """(N,) the place of each text among ``words``, -1 for null; None where a value is not written as one of them is."""
    if values.dtype != pl.String or not words:
        return None
    codes = values.cast(pl.Enum(words), strict=False).to_physical()
    if codes.null_count() > values.null_count():
        return None
    return codes.cast(pl.Int64).fill_null(-1).to_numpy()


def by_distinct(values: pl.Series, distinct: pl.Series, found: NDArray[np.generic]) -> NDArray[Any]:
    """(N,) what was found of each value: ``found`` has one entry for each of ``distinct``, from ``few_distinct``."""
    present = distinct.is_not_null().to_numpy()
    known = distinct.drop_nulls()
    places = values.cast(pl.Enum(known)).to_physical().cast(pl.UInt32).fill_null(len(known)).to_numpy()
    ordered: NDArray[Any] = np.concatenate([found[present], found[~present]])
    each: NDArray[Any] = ordered[places]
    return each


def _as_text(values: pl.Series) -> pl.Series:
    lowered = _STRIPPED.str.to_lowercase()
    spelt = pl.when(lowered.is_in(["true", "false"])).then(lowered).otherwise(_STRIPPED)
    text = _evaluated(values, pl.when(~_STRIPPED.is_in(_MISSING)).then(spelt))
    if not text.str.contains(".", literal=True).any():
        return text.set(text == "-0", "0")
    whole = _COLUMN.str.replace(_WHOLE, "$1")
    return _evaluated(text, pl.when(whole == "-0").then(pl.lit("0")).otherwise(whole))


def read_numbers(values: pl.Series) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read raw values as numbers.

    Args:
        values: N raw values. Text is a number as ``float`` reads it, without underscores or thousands separators.

    Returns:
        (N,) float64, NaN where a value is missing or malformed, infinities kept (``1e400`` is one); and (N,) booleans
        that are true where a value is malformed: there, but no number.

    >>> numbers, malformed = read_numbers(pl.Series(["1.5", "", "1e400", "abc"]))
    >>> numbers.tolist(), malformed.tolist()
    ([1.5, nan, inf, nan], [False, False, False, True])

    Raises:
        DataError: the values are lists, structures or objects.
    """
    values = _plain(values)
    if values.dtype.is_numeric() or values.dtype == pl.Boolean:
        return values.cast(pl.Float64).to_numpy(), np.zeros(len(values), dtype=np.bool_)
    if (words := _words(values)) is not None:
        of_words, wrong = read_numbers(words)
        places = by_distinct(values, words, np.arange(len(words)))
        return of_words[places], wrong[places]
    numbers = values.cast(pl.String).cast(pl.Float64, strict=False)
    unread = np.flatnonzero((numbers.is_null() & values.is_not_null()).to_numpy())
    read, malformed = numbers.to_numpy(), np.zeros(len(values), dtype=np.bool_)
    if len(unread):  # padded, missing, or malformed
        text = _present(values[unread])
        rest = text.cast(pl.Float64, strict=False)
        read = read.copy()
        read[unread] = rest.to_numpy()
        malformed[unread] = (text.is_not_null() & rest.is_null()).to_numpy()
    return read, malformed


def _words(values: pl.Series) -> pl.Series | None:
    """The distinct values of a long column of text where they are few, and the first ones are mostly no numbers."""
    if values.dtype != pl.String or len(values) < LONG:
        return None
    first = values.head(FIRST)
    if first.cast(pl.Float64, strict=False).null_count() * 2 < len(first):
        return None
    return few_distinct(values)


def note_cells(
    ledger: Ledger | None, reason: str, column: str, cells: NDArray[np.bool_], rows: NDArray[np.int64] | None
) -> None:
    """Write into ``ledger`` that the marked cells (N,) of a column were repaired.

    Args:
        ledger: where to write; None writes nothing.
        reason: what was wrong and what stands in.
        column: its name.
        cells: true where a cell was repaired.
        rows: (N,) the row numbers in the source, from 0; None where they are not known, and no examples are shown.
    """
    note_pieces(ledger, reason, column, [counted(cells)], rows)


def counted(cells: NDArray[np.bool_], start: int = 0) -> Cells:
    """How many of the cells are marked, and the places of the first ones; ``start`` is the place of the first cell.

    >>> counted(np.array([False, True, True]), start=100)
    (2, [101, 102])
    """
    count = int(np.count_nonzero(cells))
    return count, (np.flatnonzero(cells)[:EXAMPLES] + start).tolist() if count else []


def note_pieces(
    ledger: Ledger | None,
    reason: str,
    column: str,
    pieces: Sequence[Cells | None],
    rows: NDArray[np.int64] | None,
) -> None:
    """Write as ``note_cells`` does, of a column that was prepared piece by piece.

    Args:
        ledger: where to write; None writes nothing.
        reason: what was wrong and what stands in.
        column: its name.
        pieces: what ``counted`` gave for each piece, in their order; None where nothing was repaired.
        rows: (N,) the row numbers in the source, from 0; None where they are not known, and no examples are shown.
    """
    found = [piece for piece in pieces if piece is not None]
    count = sum(count for count, _ in found)
    if ledger is not None and count:
        places = [place for _, first in found for place in first][:EXAMPLES]
        shown = [] if rows is None else [int(rows[place]) for place in places]
        ledger.note("repaired", reason, count, column, shown)


def frequent(values: pl.Series, fewest: int = FEWEST) -> tuple[pl.Series, int]:
    """Find the distinct values that are kept, so that what is learnt of a column does not grow with its rows.

    Args:
        values: N texts, none missing.
        fewest: how often a value must occur, where there are more than ``MANY`` distinct ones.

    Returns:
        The distinct values that are kept, in no order; and how many were left out.
    """
    distinct = values.unique()
    if fewest < 2 or len(distinct) <= MANY:
        return distinct, 0
    counted = values.alias("value").value_counts(name="count")
    kept = counted.filter(pl.col("count") >= fewest)["value"]
    return kept, len(distinct) - len(kept)


def check_some(column: str, kind: str, malformed: NDArray[np.bool_], usable: NDArray[np.bool_]) -> None:
    """Refuse a training column that holds values of which none is of the kind.

    A column that is only missing is no mistake: it says nothing, and the ledger says so.

    Raises:
        DataError: there are malformed values and no usable ones.
    """
    if malformed.any() and not usable.any():
        raise DataError(
            Mistake(
                f"column {column!r} is read as {kind}, but none of its {int(malformed.sum()):,} values in the "
                f"training rows is one",
                remedy="give it another kind, or the role 'ignored'",
            )
        )


def check_state(kind: str, columns: Sequence[str], fitted: Mapping[str, Sized]) -> None:
    """Check that a stored state says as much of each column as it must.

    Raises:
        ModelFileError: a list has another length than there are columns.
    """
    for name, values in fitted.items():
        if len(values) != len(columns):
            raise ModelFileError(
                f"the state of kind {kind!r} has {len(values):,} values of {name!r} for {len(columns):,} columns"
            )


def _plain(values: pl.Series) -> pl.Series:
    if not is_readable(values):
        raise DataError(
            Mistake(
                f"column {values.name!r} holds values of type {values.dtype}",
                "one number, text or boolean in each cell",
                "spread it over several columns, or leave it out",
            )
        )
    return values.dt.to_string("iso") if values.dtype == pl.Duration else values


def _present(values: pl.Series) -> pl.Series:
    return _evaluated(values, pl.when(~_STRIPPED.is_in(_MISSING)).then(_STRIPPED))


def _evaluated(values: pl.Series, expression: pl.Expr) -> pl.Series:
    """An expression of ``_COLUMN``, in one go: each call of polars takes as long as reading some thousand values."""
    return values.alias("values").to_frame().select(expression.alias("values")).to_series().alias(values.name)


_COLUMN = pl.col("values")
_STRIPPED = _COLUMN.cast(pl.String).str.strip_chars()
_MISSING = pl.lit(pl.Series(MISSING)).implode()
