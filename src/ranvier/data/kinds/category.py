"""Categories: the words of the training rows, by number.

| raw value | becomes |
|---|---|
| a category seen in training | its place among them, from 1 |
| a category not seen in training, or rare there | 0 |
| missing | 0 |

Each cell of the last two lines is counted in the ledger. A category is rare where fewer than 5 training rows have it
and the column has more than 1,000 categories: little can be learnt of it, and the table of vectors that are learnt
would grow with the rows. Numbers and booleans may be categories too: values that mean
the same compare equal (``1``, ``1.0`` and the integer 1), as ``values.read_text`` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ...errors import InternalError
from ..ledger import Ledger
from ..side_by_side import side_by_side
from . import Guess
from .values import (
    DATE,
    ENOUGH,
    FEWEST,
    MANY,
    Cells,
    by_distinct,
    check_state,
    codes_of,
    counted,
    few_distinct,
    frequent,
    is_readable,
    note_pieces,
    read_numbers,
    read_text,
)

MISSING = "missing: taken as unknown"
UNSEEN = "not seen in training: taken as unknown"
RARE = "rare or not seen in training: taken as unknown"

ROWS = 8_192
"""So many rows are written together."""

FEW = 10
"""So many distinct values are few for any number of rows."""


@dataclass(frozen=True)
class Category:
    """Columns of categories (C of them), fitted to the training rows.

    Args:
        columns: their names.
        categories: for each column, the texts seen in training: in the order of their numbers where all are numbers,
            else in the order of their letters.
        missing: for each column, whether training had missing cells.
        rare: for each column, how many categories were left out because they are rare.
    """

    name: ClassVar[str] = "category"
    columns: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    missing: tuple[bool, ...]
    rare: tuple[int, ...]

    @classmethod
    def infer(cls, values: pl.Series) -> Guess:
        """Say how well raw values are categories: text with few distinct values is, numbers and dates hardly.

        The confidence is 0.9 (1 - (k - 10) / n) for k > 10 distinct values in n rows; three tenths of that for numbers
        and dates.

        >>> Category.infer(pl.Series(["red", "green", "red", "blue"]))
        Guess(confidence=0.9, reason='3 distinct words')
        """
        if not is_readable(values):
            return Guess(0.0, f"values of type {values.dtype}")
        text = read_text(values).drop_nulls()
        if not len(text):
            return Guess(0.0, "no values")
        counted = text.alias("text").value_counts(name="count")
        count = len(counted)
        confidence = 0.9 * (1.0 - max(0, count - FEW) / len(text))
        what = "dates" if values.dtype.is_temporal() else _what(counted)
        if what in ("numbers", "dates"):
            confidence *= 0.3
        many = f" in {len(text):,} rows" if count > max(FEW, len(text) // 2) else ""
        return Guess(confidence, f"{count:,} distinct {what.removesuffix('s') if count == 1 else what}{many}")

    @classmethod
    def fit(cls, frame: pl.DataFrame, *, fewest: int = FEWEST) -> Self:
        """Fit to the training rows.

        Args:
            frame: raw values.
            fewest: in how many rows a category must be where a column has more than 1,000; 1 keeps them all, as a
                target must.

        Raises:
            DataError: a column holds lists or objects.
        """
        cells = frame.height * frame.width
        fitted = side_by_side(lambda column: _fit(frame[column], fewest), frame.columns, cells)
        categories, missing, rare = zip(*fitted) if fitted else ((), (), ())
        return cls(tuple(frame.columns), categories, missing, rare)

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels of a target, which is a block of a single column; class c has index c + 1 in the tensor.

        Raises:
            InternalError: there are several columns.
        """
        if len(self.columns) != 1:
            raise InternalError(
                f"a target is one column, and this block of categories has {len(self.columns)}"
            )
        return self.categories[0]

    def transform(
        self, frame: pl.DataFrame, ledger: Ledger | None = None, rows: NDArray[np.int64] | None = None
    ) -> Tensor:
        """Turn raw values into indices.

        Args:
            frame: raw values (N rows), with at least the columns of this block.
            ledger: where missing and unseen cells are counted.
            rows: (N,) the row numbers in the source, from 0, for the ledger's examples.

        Returns:
            (N, C) int64: 0 for missing or unseen, 1 and up for the categories.
        """

        def read(place: int) -> tuple[NDArray[np.int64], Cells, Cells]:
            index, absent = _read(frame[self.columns[place]], self.categories[place])
            return index, counted(absent), counted((index == 0) & ~absent)

        found = side_by_side(read, range(len(self.columns)), frame.height * len(self.columns))
        for column, rare, (_, absent, unknown) in zip(self.columns, self.rare, found):
            note_pieces(ledger, MISSING, column, [absent], rows)
            note_pieces(ledger, RARE if rare else UNSEEN, column, [unknown], rows)
        return torch.from_numpy(_together([index for index, _, _ in found], frame.height))

    def invert(self, tensor: Tensor) -> pl.DataFrame:
        """Turn indices (N, C) back into texts; index 0 is null."""
        indices = tensor.detach().cpu().numpy()
        texts = {}
        for place, (column, categories) in enumerate(zip(self.columns, self.categories)):
            known = pl.Series(column, [None, *categories], dtype=pl.String)
            texts[column] = known.gather(indices[:, place])
        return pl.DataFrame(texts)

    def features(self) -> dict[str, Any]:
        """``cardinalities``: for each column its number of categories, and one for missing or unseen."""
        return {"cardinalities": [len(categories) + 1 for categories in self.categories]}

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """Categories drawn with equal chances; a tenth is missing in columns that had missing cells in training."""
        drawn = {}
        for column, categories, missing in zip(self.columns, self.categories, self.missing):
            chosen = generator.integers(0, max(1, len(categories)), count).tolist()
            absent = (generator.random(count) < 0.1).tolist() if missing else [False] * count
            values = [None if gone or not categories else categories[at] for at, gone in zip(chosen, absent)]
            drawn[column] = pl.Series(column, values, dtype=pl.String)
        return pl.DataFrame(drawn)

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values."""
        return {
            "columns": list(self.columns),
            "categories": [list(categories) for categories in self.categories],
            "missing": list(self.missing),
            "rare": list(self.rare),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The kind that ``state`` described.

        Raises:
            ModelFileError: the lists have different lengths.
        """
        columns = tuple(state["columns"])
        categories = tuple(tuple(words) for words in state["categories"])
        missing, rare = tuple(state["missing"]), tuple(state["rare"])
        check_state(cls.name, columns, {"categories": categories, "missing": missing, "rare": rare})
        return cls(columns, categories, missing, rare)


def _fit(values: pl.Series, fewest: int) -> tuple[tuple[str, ...], bool, int]:
    """The categories of a column, whether any value is missing, and how many were too rare to be one."""
    distinct = few_distinct(values)
    few = distinct is not None and len(distinct) <= MANY  # then none of them need be counted
    text = read_text(values if distinct is None or not few else distinct)
    kept, left = frequent(text.drop_nulls(), fewest)
    return _sorted(kept), text.null_count() > 0, left


def _read(values: pl.Series, categories: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(N,) the place of each value among the categories, as ``_index`` says; and (N,) true where one is missing."""
    if (codes := codes_of(values, categories)) is not None:  # each is written as a category is
        return codes + 1, codes < 0
    distinct = few_distinct(values)
    if distinct is None or len(distinct) < 2:
        text = read_text(values)
        return _index(text, categories), text.is_null().to_numpy()
    text = read_text(distinct)
    codes = np.where(text.is_null().to_numpy(), -1, _index(text, categories))
    index = by_distinct(values, distinct, codes)
    absent = index < 0
    return np.where(absent, 0, index), absent


def _together(columns: list[NDArray[np.integer[Any]]], count: int) -> NDArray[np.int64]:
    """(N, C) int64 of C columns (N), piece by piece: whole columns would miss the cache at each value."""
    together = np.empty((count, len(columns)), dtype=np.int64)
    for start in range(0, count, ROWS):
        for place, column in enumerate(columns):
            together[start : start + ROWS, place] = column[start : start + ROWS]
    return together


def _index(text: pl.Series, categories: tuple[str, ...]) -> NDArray[np.int64]:
    """(N,) the place of each text among the categories, from 1; 0 for null and for what is not there."""
    if not categories:
        return np.zeros(len(text), dtype=np.int64)
    places = pl.Series(range(1, len(categories) + 1), dtype=pl.Int64)
    known = pl.Series(categories, dtype=pl.String)
    return text.replace_strict(known, places, default=0, return_dtype=pl.Int64).fill_null(0).to_numpy()


def _sorted(distinct: pl.Series) -> tuple[str, ...]:
    numbers, malformed = read_numbers(distinct)
    if malformed.any():
        return tuple(sorted(distinct.to_list()))
    return tuple(text for _, text in sorted(zip(numbers.tolist(), distinct.to_list())))


def _what(counted: pl.DataFrame) -> str:
    """The plural noun for the values of a column, from its distinct ``text`` and the ``count`` of each."""
    text, weights = counted["text"], counted["count"].to_numpy()
    malformed = read_numbers(text)[1]
    if np.average(~malformed, weights=weights) >= ENOUGH:
        return "numbers"
    if np.average(text.str.contains(DATE).to_numpy(), weights=weights) >= 0.5:
        return "dates"
    spaces = text.str.count_matches(r"\s").to_numpy()
    return "words" if np.average(spaces, weights=weights) < 2.0 else "texts"
