"""Booleans: yes and no as +1 and -1.

| raw value | becomes |
|---|---|
| true, yes, y, t, on, 1 (in any case), or the boolean true | +1 |
| false, no, n, f, off, 0 (in any case), or the boolean false | -1 |
| missing | 0; 1 in the column's indicator, where training had missing cells |
| malformed (``maybe``) | as missing |

Each cell of the last two lines is counted in the ledger.
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

from ..ledger import Ledger
from ..side_by_side import side_by_side
from . import Guess
from .values import (
    by_distinct,
    check_some,
    check_state,
    codes_of,
    few_distinct,
    is_readable,
    note_cells,
    read_text,
)

MISSING = "missing: taken as neither yes nor no"
MALFORMED = "neither yes nor no: taken as missing"
OTHER = "values other than yes and no"

TRIED = 100
"""So many distinct values are looked at before all."""

PAIRS = (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("on", "off"), ("1", "0"))
"""Words that mean yes and no; a column may be written in any of them."""


@dataclass(frozen=True)
class Boolean:
    """Columns of yes and no (D of them), fitted to the training rows.

    Args:
        columns: their names.
        missing: for each column, whether training had missing or malformed cells; each such column (M of them) has an
            indicator, a further column of the tensor that is 1 where the value is missing and 0 elsewhere.
    """

    name: ClassVar[str] = "boolean"
    columns: tuple[str, ...]
    missing: tuple[bool, ...]

    @classmethod
    def infer(cls, values: pl.Series) -> Guess:
        """Say how well raw values are booleans: well where they are the two words of one pair, or native booleans.

        >>> Boolean.infer(pl.Series(["yes", "No", None]))
        Guess(confidence=0.99, reason='yes and no')
        """
        if not is_readable(values):
            return Guess(0.0, f"values of type {values.dtype}")
        distinct = values.unique()
        if values.dtype.is_float() or values.dtype.is_integer():
            numbers = distinct.drop_nulls().to_numpy()
            if not (np.isnan(numbers) | (numbers == 0) | (numbers == 1)).all():
                return Guess(0.0, OTHER)
        if values.dtype != pl.Boolean and not set(_words(distinct.head(TRIED)).drop_nulls()) <= _YES | _NO:
            return Guess(0.0, OTHER)  # which a few values tell, mostly
        words = _words(distinct).drop_nulls().unique()
        found = set(words.head(len(_YES) + len(_NO) + 1).to_list())
        if not found:
            return Guess(0.0, "no values")
        if values.dtype == pl.Boolean:
            return Guess(1.0, "true and false" if len(found) == 2 else f"only {found.pop()}")
        pair = next((pair for pair in PAIRS if found <= set(pair)), None)
        if pair and len(found) == 2:
            return Guess(0.99, f"{pair[0]} and {pair[1]}")
        if pair:
            return Guess(0.4, f"only {found.pop()}")
        if found <= _YES | _NO:
            return Guess(0.5, "several words for yes and no")
        return Guess(0.0, OTHER)

    @classmethod
    def fit(cls, frame: pl.DataFrame) -> Self:
        """Fit to the training rows.

        Raises:
            DataError: a column has values, none of which means yes or no; or it holds lists or objects.
        """

        def has_gaps(column: str) -> bool:
            signs, malformed = _signs(frame[column])
            check_some(column, "yes and no", malformed, signs != 0)
            return bool((signs == 0).any())

        missing = side_by_side(has_gaps, frame.columns, frame.height * frame.width)
        return cls(tuple(frame.columns), tuple(missing))

    def transform(
        self, frame: pl.DataFrame, ledger: Ledger | None = None, rows: NDArray[np.int64] | None = None
    ) -> Tensor:
        """Turn raw values into signs.

        Args:
            frame: raw values (N rows), with at least the columns of this block.
            ledger: where missing and malformed cells are counted.
            rows: (N,) the row numbers in the source, from 0, for the ledger's examples.

        Returns:
            (N, D + M) float32: the D columns, then the M indicators in the order of their columns.
        """
        prepared = np.empty((frame.height, self.features()["width"]), dtype=np.float32)

        def read(place: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
            signs, malformed = _signs(frame[self.columns[place]])
            prepared[:, place] = signs
            unknown = signs == 0
            if self.missing[place]:
                prepared[:, len(self.columns) + sum(self.missing[:place])] = unknown
            return unknown & ~malformed, malformed

        found = side_by_side(read, range(len(self.columns)), frame.height * len(self.columns))
        for column, (absent, malformed) in zip(self.columns, found):
            note_cells(ledger, MISSING, column, absent, rows)
            note_cells(ledger, MALFORMED, column, malformed, rows)
        return torch.from_numpy(prepared)

    def invert(self, tensor: Tensor) -> pl.DataFrame:
        """Turn a tensor (N, D), or (N, D + M) whose indicators are left out, into booleans by sign; 0 is null."""
        signs = tensor.detach().cpu().numpy()
        booleans = {}
        for place, column in enumerate(self.columns):
            known = pl.Series(column, signs[:, place] > 0)
            booleans[column] = known.set(pl.Series(signs[:, place] == 0), None)
        return pl.DataFrame(booleans)

    def features(self) -> dict[str, Any]:
        """``width``: the D columns and M indicators."""
        return {"width": len(self.columns) + sum(self.missing)}

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """Booleans drawn with equal chances; a tenth is missing in columns that had missing cells in training."""
        drawn = {}
        for column, missing in zip(self.columns, self.missing):
            chosen = (generator.random(count) < 0.5).tolist()
            absent = (generator.random(count) < 0.1).tolist() if missing else [False] * count
            values = [None if gone else value for value, gone in zip(chosen, absent)]
            drawn[column] = pl.Series(column, values, dtype=pl.Boolean)
        return pl.DataFrame(drawn)

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values."""
        return {"columns": list(self.columns), "missing": list(self.missing)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The kind that ``state`` described.

        Raises:
            ModelFileError: the lists have different lengths.
        """
        columns, missing = tuple(state["columns"]), tuple(state["missing"])
        check_state(cls.name, columns, {"missing": missing})
        return cls(columns, missing)


_YES = {yes for yes, _ in PAIRS}
_NO = {no for _, no in PAIRS}
_NEITHER = 2
_SPELT = [spelt for word in sorted(_YES | _NO) for spelt in dict.fromkeys((word, word.title(), word.upper()))]
_OF_SPELT = np.array(
    [*(1 if word.lower() in _YES else -1 for word in _SPELT), 0], dtype=np.int8
)  # 0 for missing
_SIGNS = {**dict.fromkeys(sorted(_YES), 1), **dict.fromkeys(sorted(_NO), -1)}


def _words(values: pl.Series) -> pl.Series:
    return read_text(values).str.to_lowercase()


def _signs(values: pl.Series) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """(N,) +1 for yes, -1 for no, 0 for neither; and (N,) true where a value is there but means neither."""
    if (places := codes_of(values, _SPELT)) is not None:
        return _OF_SPELT[places], np.zeros(len(values), dtype=np.bool_)
    distinct = few_distinct(values)
    if distinct is not None and len(distinct) > 1:
        codes = by_distinct(values, distinct, _codes(distinct))
    else:
        codes = _codes(values)
    malformed = codes == _NEITHER
    return np.where(malformed, np.int8(0), codes), malformed


def _codes(values: pl.Series) -> NDArray[np.int8]:
    """(N,) +1 for yes, -1 for no, 0 where missing, 2 for anything else."""
    words = _words(values)
    old, new = pl.Series(list(_SIGNS), dtype=pl.String), pl.Series(list(_SIGNS.values()), dtype=pl.Int8)
    codes = words.replace_strict(old, new, default=_NEITHER, return_dtype=pl.Int8)
    return codes.set(words.is_null(), 0).to_numpy()
