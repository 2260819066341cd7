"""Tokens: text that is cut already, one token a place: the words of a sentence, the tags of these words, events, bases.

| raw value | becomes |
|---|---|
| a list of texts, or a text with white space between its tokens | of each token its id, and numbers of its spelling |
| a token not seen in training, or rare there | id 1; its spelling is told all the same |
| missing | no tokens at all |

Each cell of the last two lines is counted in the ledger. Ids are of small letters; capitals are told by the spelling
(``spelling``). Columns of one block go side by side, token by token, and the first says how many there are: what
another has more is left out, and what it has less is id 1, which is counted too.
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

from ...errors import DataError, Mistake
from ..ledger import Ledger
from ..ragged import Ragged
from . import Guess
from .spelling import PARTS, spellings
from .values import check_state, is_readable, note_cells, read_text

MISSING = "missing: taken as no tokens"
UNSEEN = "tokens rare or not seen in training: taken as unknown, with their spelling"
UNEQUAL = "not as many tokens as column {first!r}: the surplus is left out, what lacks is unknown"

UNKNOWN, FIRST = 1, 2
"""The id of a token that is not known, and the first one of a token."""

SIZE = 30_000
"""So many different tokens have an id at most, those that occur most often."""

RARE_FROM = 1_000
"""In so many training rows or more, a token must occur twice to have an id: so the network learns what unknown ones
mean."""

WIDTH = 1 + PARTS
"""How many numbers a token has."""


@dataclass(frozen=True)
class TokenLists:
    """Columns of tokens (D of them), fitted to the training rows.

    Args:
        columns: their names.
        vocabulary: for each column, the tokens in small letters in the order of their ids from 2.
        length: how many tokens a row has on average.
        missing: for each column, whether training had missing cells.
    """

    name: ClassVar[str] = "tokens"
    columns: tuple[str, ...]
    vocabulary: tuple[tuple[str, ...], ...]
    length: float
    missing: tuple[bool, ...]

    @classmethod
    def infer(cls, values: pl.Series) -> Guess:
        """Nothing tells it by the values alone: text may be cut or not, lists may be sets of labels.

        A target that has a tag for each token tells it (``ranvier.data.tagged``), or the user does.
        """
        inner = getattr(values.dtype, "inner", None)
        if not (is_readable(values) or inner == pl.String):
            return Guess(0.0, f"values of type {values.dtype}")
        return Guess(0.0, "nothing says that it is cut into tokens")

    @classmethod
    def fit(cls, frame: pl.DataFrame) -> Self:
        """Fit to the training rows.

        Raises:
            DataError: a column holds objects, or lists of something else than text.
        """
        cells = [cut(frame[column]) for column in frame.columns]
        fewest = 2 if frame.height >= RARE_FROM else 1
        vocabulary = []
        for each in cells:
            small = each.explode().drop_nulls().str.to_lowercase().alias("token")
            counted = small.value_counts(name="count").filter(pl.col("count") >= fewest)
            ordered = counted.sort(["count", "token"], descending=[True, False])
            vocabulary.append(tuple(ordered["token"].head(SIZE).to_list()))
        lengths = cells[0].list.len().fill_null(0)
        return cls(
            tuple(frame.columns),
            tuple(vocabulary),
            max(1.0, round(float(np.mean(lengths.to_numpy())), 1)) if len(lengths) else 1.0,
            tuple(each.null_count() > 0 for each in cells),
        )

    def transform(
        self, frame: pl.DataFrame, ledger: Ledger | None = None, rows: NDArray[np.int64] | None = None
    ) -> Ragged:
        """Turn raw values into ids and numbers of the spelling.

        Args:
            frame: raw values (N rows), with at least the columns of this block.
            ledger: where missing cells, unseen tokens and unequal numbers of them are counted.
            rows: (N,) the row numbers in the source, from 0, for the ledger's examples.

        Returns:
            (N, T, D W) int32, T being each row's own: of each column the id, and ``PARTS`` numbers of the spelling.

        Raises:
            DataError: a column holds objects, or lists of something else than text.
        """
        blocks, counts = [], np.zeros(frame.height, dtype=np.int64)
        for place, (column, vocabulary) in enumerate(zip(self.columns, self.vocabulary)):
            cells = cut(frame[column])
            lengths = cells.list.len().fill_null(0).to_numpy().astype(np.int64)
            tokens = cells.explode().drop_nulls() if lengths.sum() else pl.Series([], dtype=pl.String)
            order = pl.Series(range(FIRST, FIRST + len(vocabulary)), dtype=pl.Int64)
            known = pl.Series(vocabulary, dtype=pl.String)
            ids = tokens.str.to_lowercase().replace_strict(
                known, order, default=UNKNOWN, return_dtype=pl.Int64
            )
            made = np.concatenate([ids.to_numpy()[:, None], spellings(tokens)], axis=1).astype(np.int32)
            row = np.repeat(np.arange(frame.height), lengths)
            unseen = np.zeros(frame.height, dtype=np.bool_)
            unseen[row[made[:, 0] == UNKNOWN]] = True
            note_cells(ledger, MISSING, column, cells.is_null().to_numpy(), rows)
            note_cells(ledger, UNSEEN, column, unseen, rows)
            if place:
                unequal = (lengths != counts) & ~cells.is_null().to_numpy()
                note_cells(ledger, UNEQUAL.format(first=self.columns[0]), column, unequal, rows)
                made = _as_many(made, lengths, counts)
            else:
                counts = lengths
            blocks.append(made)
        values = np.concatenate(blocks, axis=1)
        starts = np.concatenate(([0], np.cumsum(counts)))
        return Ragged(torch.from_numpy(values), torch.from_numpy(starts))

    def invert(self, tensor: Tensor) -> pl.DataFrame:
        """Turn ids (N, T, D W) back into lists of tokens in small letters, U+FFFD where unknown; null without any."""
        found = {}
        for place, (column, vocabulary) in enumerate(zip(self.columns, self.vocabulary)):
            names = ["", "\ufffd", *vocabulary]
            ids = tensor[:, :, place * WIDTH].tolist()
            cells = [[names[one] for one in row if one] or None for row in ids]
            found[column] = pl.Series(column, cells, dtype=pl.List(pl.String))
        return pl.DataFrame(found)

    def unknown(self, numbers: Tensor) -> Tensor:
        """The numbers (N, T, D W) of as many tokens, all of which are unknown and have no spelling."""
        made = torch.zeros_like(numbers)
        made[:, :, ::WIDTH] = numbers[:, :, ::WIDTH].clamp_max(UNKNOWN)
        return made

    def features(self) -> dict[str, Any]:
        """``sizes``: how many ids each column has; ``length``: how many tokens a row has on average."""
        return {
            "sizes": [FIRST + len(vocabulary) for vocabulary in self.vocabulary],
            "length": self.length,
        }

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """Tokens drawn one by one from those that were seen, about as many as a training row has, and 50 at most.

        Columns have as many in each row. A tenth of the cells is missing in columns that had missing cells in training.
        """
        most = max(1, min(50, round(2 * self.length)))
        counts = generator.integers(1, most + 1, count)
        drawn = {}
        for column, vocabulary, missing in zip(self.columns, self.vocabulary, self.missing):
            absent = generator.random(count) < (0.1 if missing else 0.0)
            cells = [
                None
                if gone or not vocabulary
                else [vocabulary[place] for place in generator.integers(0, len(vocabulary), tokens)]
                for gone, tokens in zip(absent, counts)
            ]
            drawn[column] = pl.Series(column, cells, dtype=pl.List(pl.String))
        return pl.DataFrame(drawn)

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values."""
        return {
            "columns": list(self.columns),
            "vocabulary": [list(vocabulary) for vocabulary in self.vocabulary],
            "length": self.length,
            "missing": list(self.missing),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The kind that ``state`` described.

        Raises:
            ModelFileError: the lists have different lengths.
        """
        columns, missing = tuple(state["columns"]), tuple(state["missing"])
        vocabulary = tuple(tuple(tokens) for tokens in state["vocabulary"])
        check_state(cls.name, columns, {"vocabulary": vocabulary, "missing": missing})
        return cls(columns, vocabulary, float(state["length"]), missing)


def cut(values: pl.Series) -> pl.Series:
    """The tokens of each cell, lists of text; null where there are none. A missing token of a list is the text "".

    >>> cut(pl.Series(["a  b", "", " c "])).to_list()
    [['a', 'b'], None, ['c']]

    Raises:
        DataError: they are objects, or lists of something else than text.
    """
    dtype: Any = values.dtype
    if isinstance(dtype, (pl.List, pl.Array)) and dtype.inner in (
        pl.String,
        pl.Categorical,
        pl.Enum,
        pl.Null,
    ):
        lists = values.cast(pl.List(pl.String))
        cells = lists.list.eval(pl.element().fill_null("").str.strip_chars())
    elif is_readable(values):
        cells = read_text(values).str.extract_all(r"\S+")
    else:
        raise DataError(
            Mistake(
                f"column {values.name!r} holds values of type {values.dtype}",
                "tokens: lists of text, or text with white space between them",
                "leave it out",
            )
        )
    frame = pl.DataFrame({values.name or "cells": cells})
    column = pl.col(frame.columns[0])
    return frame.select(pl.when(column.list.len() > 0).then(column)).to_series()


def _as_many(
    made: NDArray[np.int32], lengths: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.int32]:
    """The numbers (L, W) of rows with so many ``lengths``, with as many tokens in each row as ``counts`` says."""
    if np.array_equal(lengths, counts):
        return made
    found = np.zeros((int(counts.sum()), made.shape[1]), dtype=np.int32)
    found[:, 0] = UNKNOWN
    row = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(made)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    kept = place < counts[row]
    first = np.cumsum(counts) - counts
    found[first[row[kept]] + place[kept]] = made[kept]
    return found
