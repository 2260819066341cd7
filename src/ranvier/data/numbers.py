"""Columns of numbers that came as text, read once: what follows would read them again at each use."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from .kinds.values import LONG, read_numbers
from .schema import Schema
from .side_by_side import side_by_side
from .table import Table


def with_numbers(table: Table, schema: Schema) -> Table:
    """The table with its inputs of numbers as floats, where these are long and each value that is there is a number.

    Nothing is lost by it: ``read_numbers`` gives the same for either form. A column with a malformed value stays as
    it was written.

    Args:
        table: N rows.
        schema: of these rows.
    """
    frame = table.frame
    names = [
        name for name in schema.inputs if schema[name].kind == "number" and frame[name].dtype == pl.String
    ]
    if not names or len(table) < LONG:
        return table
    read = side_by_side(lambda name: _floats(frame[name]), names, len(table) * len(names))
    return replace(table, frame=frame.with_columns(column for column in read if column is not None))


def _floats(values: pl.Series) -> pl.Series | None:
    """The numbers, null where there is none; None where a value is malformed."""
    numbers = values.cast(pl.Float64, strict=False)
    if numbers.null_count() > values.null_count():
        array, malformed = read_numbers(values)
        if malformed.any():
            return None
        numbers = pl.Series(values.name, array)
    return numbers.fill_nan(None)
