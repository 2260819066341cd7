"""What the rows with the worst mistakes hold: their input values, for the report."""

from __future__ import annotations

from typing import Any

import polars as pl
from numpy.typing import NDArray

from ..data.kinds.values import is_readable
from ..data.raw_pictures import thumbnails
from ..data.schema import Schema
from ..evaluation.mistakes import worst_rows

COLUMNS = 12
"""The values of so many input columns are told."""
LONG = 40
"""A longer value is cut off, with an ellipsis."""
LONG_TEXT = 280
"""The same for free text."""


def inputs_of_worst(
    truth: NDArray[Any], predicted: NDArray[Any], frame: pl.DataFrame, schema: Schema, rows: NDArray[Any]
) -> dict[str, Any]:
    """The input values of the rows that the predictions are furthest off on, as JSON values.

    Args:
        truth: (N,) class indices or values.
        predicted: (N, C) probabilities, or (N,) values.
        frame: the rows, raw.
        schema: of their columns.
        rows: (N,) their numbers in the source, from 1.

    Returns:
        ``columns``, the first input columns; ``left_out``, how many more there are; ``values``, for each row, by its
        number, the values as text (None where missing); a picture as a small PNG in base 64.
    """
    names = [name for name in schema.inputs if name in frame]
    shown = [n for n in names if schema[n].kind == "image" or is_readable(frame[n])][:COLUMNS]
    worst = worst_rows(truth, predicted)
    values = [_told(frame[name][worst], str(schema[name].kind)) for name in shown]
    return {
        "columns": shown,
        "left_out": len(schema.inputs) - len(shown),
        "values": {str(int(rows[i])): [each[at] for each in values] for at, i in enumerate(worst)},
    }


def _told(values: pl.Series, kind: str) -> list[str | None]:
    if kind == "image":
        return thumbnails(values)
    long = LONG_TEXT if kind == "text" else LONG
    return [_short(text, long) for text in values.cast(pl.String, strict=False).to_list()]


def _short(text: str | None, long: int) -> str | None:
    return text if text is None or len(text) <= long else f"{text[: long - 1]}…"
