"""The rows that a check looks at, with their columns read: numbers as numbers, all else as codes.

At most ``ROWS`` rows, and at most ``CELLS`` cells, but always ``FEWEST`` rows; the first ``COLUMNS`` input columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...data.kinds.values import is_readable, read_numbers, read_text
from ...data.schema import Schema

ROWS = 5_000
CELLS = 1_000_000
FEWEST = 1_000
COLUMNS = 500

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Columns:
    """Input columns of some rows (N of them).

    Args:
        positions: (N,) of the rows in the table, ascending.
        numbers: (N,) float64 of each column of numbers; NaN where there is none, or it is infinite.
        words: (N,) int64 codes of each other column, from 0; -1 where the value is missing.
    """

    positions: Ints
    numbers: dict[str, NDArray[np.float64]]
    words: dict[str, Ints]

    def __len__(self) -> int:
        return len(self.positions)

    def take(self, rows: NDArray[np.bool_]) -> Columns:
        """The rows that are true in a mask (N,)."""
        return Columns(
            self.positions[rows],
            {name: values[rows] for name, values in self.numbers.items()},
            {name: values[rows] for name, values in self.words.items()},
        )


def draw(positions: Ints, columns: int, seed: int, most: int = ROWS) -> Ints:
    """Some of ``positions``, in their order, the same each time; all where they are few enough."""
    most = min(most, max(FEWEST, CELLS // max(min(columns, COLUMNS), 1)))
    if len(positions) <= most:
        return positions
    generator = np.random.Generator(np.random.PCG64(seed))
    return np.sort(generator.choice(positions, most, replace=False))


def read_columns(frame: pl.DataFrame, schema: Schema, positions: Ints) -> Columns:
    """Read the input columns at ``positions``; those that hold lists or objects are left out."""
    rows = frame.select(schema.inputs[:COLUMNS])[positions]
    numbers: dict[str, NDArray[np.float64]] = {}
    words: dict[str, Ints] = {}
    for name in rows.columns:
        values = rows[name]
        if not is_readable(values) or schema[name].kind in ("image", "audio"):
            continue
        if schema[name].kind == "number":
            read, _ = read_numbers(values)
            numbers[name] = np.where(np.isfinite(read), read, np.nan)
        else:
            words[name] = codes(values)
    return Columns(positions, numbers, words)


def codes(values: pl.Series) -> Ints:
    """(N,) a number for each distinct value, from 0; -1 where it is missing.

    >>> codes(pl.Series(["b", "a", None, "b"])).tolist()
    [1, 0, -1, 1]
    """
    ranks = read_text(values).rank("dense").fill_null(0).cast(pl.Int64)
    return ranks.to_numpy() - 1
