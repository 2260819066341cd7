"""The fields of sound records, parsed: as text, and where nothing can be lost by it as numbers.

What is parsed as a number at once is not read again by all that follows. It is done for columns whose text does not
matter, where a sample of the values are plain numbers; if any other value is none, or is so large that several texts
are the same number, the column is text. All kinds read number and text alike (``kinds.values.read_numbers``), but two
texts of one number (``1.5`` and ``1.50``) are one value then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from itertools import compress
from typing import cast

import polars as pl
from polars import selectors as cs

from ..side_by_side import side_by_side

PLACES = 128
"""At so many places of a text, evenly spaced, records are looked at to tell the columns of numbers."""

TOGETHER = 64
"""So many records at each of them."""

FEWEST = 100
"""So many numbers a column must have there."""

EXACT = 2.0**53
"""Whole numbers below it are floats without loss."""

_DOUBTFUL = r"^[-+]?0\d|[+nN]"
"""Not plain: a code with zeros in front, a plus sign, infinity or not-a-number."""


def parse(
    text: bytes,
    names: Sequence[str],
    separator: str,
    *,
    header: bool = False,
    padded: bool = False,
    numbers: Collection[str] = (),
) -> pl.DataFrame:
    """Parse records of which each has a field for each column; what is empty is missing.

    Args:
        text: the records.
        names: of the columns.
        separator: between the fields.
        header: the first line is none of them.
        padded: there may be white space around values; it is removed.
        numbers: the columns that come as floats; the others come as text.

    Raises:
        polars.exceptions.PolarsError: a record has too many fields, or a number is none.
    """
    quoted = b'"' in text
    frame = pl.read_csv(
        text,
        has_header=False,
        skip_rows=int(header),
        schema={name: pl.Float64 if name in numbers else pl.String for name in names},
        separator=separator,
        quote_char='"' if quoted else None,
    )
    if padded:
        frame = frame.with_columns(cs.string().str.strip_chars())
    if padded or quoted:
        written = [name for name in names if name not in numbers]
        frame = frame.with_columns(
            pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in written
        )
    return frame


def parse_typed(
    text: bytes,
    names: Sequence[str],
    separator: str,
    sample: bytes | None,
    written: Collection[str] | None,
    *,
    header: bool = False,
    padded: bool = False,
) -> pl.DataFrame:
    """Parse as ``parse`` does, and find out by a sample which columns are numbers.

    Args:
        text: the records.
        names: of the columns.
        separator: between the fields.
        sample: some of the records; None where every column is to be text.
        written: columns that stay text in any case.
        header: the first line of ``text`` is no record.
        padded: there may be white space around values.

    Raises:
        polars.exceptions.PolarsError: a record has too many fields.
    """
    numbers: list[str] = []
    if sample is not None:
        looked_at = parse(sample, names, separator, padded=padded)
        numbers = [name for name in names if name not in (written or ()) and are_numbers(looked_at[name])]
    while True:
        try:
            frame = parse(text, names, separator, header=header, padded=padded, numbers=numbers)
        except pl.exceptions.PolarsError:  # a later value is none
            if not numbers:
                raise
            numbers = []
            continue
        exact = side_by_side(partial(_are_exact, frame), numbers, frame.height * len(numbers))
        if all(exact):
            return frame
        numbers = list(compress(numbers, exact))


def are_numbers(values: pl.Series) -> bool:
    """Tell whether the values of a sample of a column are plain numbers, of which three differ at least.

    >>> are_numbers(pl.Series([str(i / 4) for i in range(200)])), are_numbers(pl.Series(["1", "0"] * 200))
    (True, False)
    """
    present = values.drop_nulls()
    if len(present) < FEWEST or _is_number(values.name) or present.str.contains(_DOUBTFUL).any():
        return False
    read = present.cast(pl.Float64, strict=False)
    return not read.null_count() and read.n_unique() > 2


def _are_exact(frame: pl.DataFrame, name: str) -> bool:
    """Tell whether all numbers of a column are finite, and so small that a whole number is only one."""
    low, high = (cast("float | None", end) for end in (frame[name].nan_min(), frame[name].nan_max()))
    return low is None or high is None or (low > -EXACT and high < EXACT)


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True
