"""Texts: free text to the ids of its words.

| raw value | becomes |
|---|---|
| a text | the ids of its words, signs and, of scripts without spaces, characters (``data.tokens``), in small letters |
| a word not seen in training, or rare there | id 1 |
| a text of more than 1,024 words and signs | the first 1,024 |
| missing | no ids at all |

Each cell of the last three lines is counted in the ledger. All columns of texts are one sequence, with a separator
between two columns; its id is the last one.

Where a span is extracted (``passage``), words that were not seen have ids behind the separator's: in each row the same
word has the same one, so that a network can tell whether the question has a word of the passage.
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

from ...errors import DataError, Mistake, ModelFileError
from ..ledger import Ledger
from ..ragged import Ragged
from ..tokens import FIRST, UNKNOWN, Tokens
from . import Guess
from .values import check_state, is_readable, note_cells, read_text

MISSING = "missing: taken as an empty text"
UNSEEN = "words rare or not seen in training: taken as unknown"
CUT = "longer than {longest:,} words: the rest of {left:,} words is left out"

LONGEST = 1024
"""Of each cell so many words and signs are read: more take memory and time, and say little that is new."""

FEWEST_WORDS = 5.0
"""A column is text where its values have so many words on average."""

CHARACTERS = 1.6
"""So many characters of a script without spaces are a word, on average."""

MOSTLY = 0.5
"""A column is text where at least this share of its values is different."""

RARE_FROM = 1_000
"""In so many training rows or more, a word must occur twice to have an id: so the network learns what unknown words
mean."""

_WORD = r"[\p{L}--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]][\p{L}\p{M}'’]*"
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]"


@dataclass(frozen=True)
class Text:
    """Columns of texts (D of them), fitted to the training rows.

    Args:
        columns: their names.
        tokens: how words become ids; of all columns together.
        length: how many ids a row has on average.
        missing: for each column, whether training had missing cells.
        passage: the column of which a span is extracted; None where nothing is.
    """

    name: ClassVar[str] = "text"
    columns: tuple[str, ...]
    tokens: Tokens
    length: float
    missing: tuple[bool, ...]
    passage: str | None = None

    @classmethod
    def infer(cls, values: pl.Series) -> Guess:
        """Say how well raw values are texts: strings of several words of which most are different.

        >>> Text.infer(pl.Series([f"they counted {n} ships in the harbour" for n in range(9)]))
        Guess(confidence=0.92, reason='text, 6 words on average')
        """
        if not is_readable(values) or values.dtype.is_temporal() or values.dtype.is_numeric():
            return Guess(0.0, f"values of type {values.dtype}")
        text = read_text(values).drop_nulls()
        if not len(text) or text.n_unique() <= MOSTLY * len(text):
            return Guess(0.0, "few different texts")
        words = float(np.mean(text.str.count_matches(_WORD).to_numpy()))
        unspaced = float(np.mean(text.str.count_matches(_UNSPACED).to_numpy()))
        if words + unspaced / CHARACTERS < FEWEST_WORDS:
            return Guess(0.0, f"texts of {words + unspaced:.0f} words on average")
        what = "characters" if unspaced > words else "words"
        return Guess(0.92, f"text, {max(words, unspaced):.0f} {what} on average")

    @classmethod
    def fit(
        cls,
        frame: pl.DataFrame,
        *,
        tokens: Tokens | None = None,
        level: str | None = None,
        size: int | None = None,
    ) -> Self:
        """Fit to the training rows.

        Args:
            frame: the training rows.
            tokens: that are read; None fits new ones.
            level: what a token is (``data.tokens``), in letters as they stand; None takes words in small letters.
            size: so many different tokens at most; None takes what suits the level.

        Raises:
            DataError: a column holds lists or objects.
        """
        texts = [_text(frame[column]) for column in frame.columns]
        fewest = 2 if frame.height >= RARE_FROM else 1
        tokens = tokens or Tokens.fit(
            pl.concat(texts), level or "words", size=size, fewest=fewest, lower=level is None
        )
        missing = tuple(text.null_count() > 0 for text in texts)
        unfinished = cls(tuple(frame.columns), tokens, 1.0, missing)
        lengths = unfinished.transform(frame).lengths
        return cls(tuple(frame.columns), tokens, max(1.0, round(float(lengths.double().mean()), 1)), missing)

    def transform(
        self, frame: pl.DataFrame, ledger: Ledger | None = None, rows: NDArray[np.int64] | None = None
    ) -> Ragged:
        """Turn raw values into ids.

        Args:
            frame: raw values (N rows), with at least the columns of this block.
            ledger: where missing cells, long texts and texts with unseen words are counted.
            rows: (N,) the row numbers in the source, from 0, for the ledger's examples.

        Returns:
            (N, T) int32, T being each row's own.

        Raises:
            DataError: a column holds lists or objects.
        """
        pieces: list[NDArray[np.int64]] = []
        places: list[NDArray[np.int64]] = []
        unknown: list[pl.Series] = []
        for column in self.columns:
            text = _text(frame[column])
            ids, starts = self.tokens.encode_all(text)
            lengths = np.diff(starts)
            row = np.repeat(np.arange(frame.height), lengths)
            kept = np.arange(len(ids)) - np.repeat(starts[:-1], lengths) < LONGEST
            left = f"{CUT.format(longest=LONGEST, left=int((~kept).sum()))}"
            ids, row = ids[kept], row[kept]
            unseen = np.zeros(frame.height, dtype=np.bool_)
            unseen[row[ids == UNKNOWN]] = True
            if self.passage is not None and self.tokens.level == "words":
                unknown.append(self.tokens.words(text).filter(kept).filter(ids == UNKNOWN))
            note_cells(ledger, MISSING, column, text.is_null().to_numpy(), rows)
            note_cells(ledger, left, column, lengths > LONGEST, rows)
            note_cells(ledger, UNSEEN, column, unseen, rows)
            if pieces:
                pieces.append(np.full(frame.height, self.separator))
                places.append(np.arange(frame.height))
            pieces.append(ids)
            places.append(row)
        row = np.concatenate(places)
        order = np.argsort(row, kind="stable")
        starts = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=frame.height))))
        ids = np.concatenate(pieces)
        if unknown:
            which = ids == UNKNOWN
            ids[which] = self.separator + _numbered(row[which], pl.concat(unknown))
        values = ids[order].astype(np.int32)
        return Ragged(torch.from_numpy(values), torch.from_numpy(starts.astype(np.int64)))

    @property
    def separator(self) -> int:
        """The id between two columns."""
        return self.tokens.size

    def invert(self, tensor: Tensor) -> pl.DataFrame:
        """Turn ids (N, T) back into words, in small letters; a text without words is null."""
        texts: list[list[str | None]] = []
        for row in tensor.where(tensor <= self.separator, UNKNOWN).tolist():
            ends = [place for place, one in enumerate(row) if one == self.separator]
            starts = [0, *(end + 1 for end in ends)]
            texts.append([self.tokens.decode(row[a:b]) or None for a, b in zip(starts, [*ends, len(row)])])
        return pl.DataFrame(texts, schema=dict.fromkeys(self.columns, pl.String), orient="row")

    def unknown(self, ids: Tensor) -> Tensor:
        """The ids (N, T) of texts as long, all of whose tokens are unknown."""
        kept = (ids == 0) | (ids == self.separator)
        return torch.where(kept, ids, UNKNOWN)

    def features(self) -> dict[str, Any]:
        """``size``: how many ids there are; ``length``: how many a row has on average.

        Where a span is extracted also ``passage``: the place of its column, and how many columns there are.
        """
        found = {"size": self.tokens.size + (len(self.columns) > 1), "length": self.length}
        if self.passage is None:
            return found
        return {**found, "passage": [self.columns.index(self.passage), len(self.columns)]}

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """Words drawn one by one from those that were seen, about as many as a training row has, and 50 at most.

        A tenth of the cells is missing in columns that had missing cells in training.
        """
        drawn = {}
        most = max(1, min(50, round(2 * self.length / len(self.columns))))
        for column, missing in zip(self.columns, self.missing):
            absent = generator.random(count) < (0.1 if missing else 0.0)
            texts = []
            for gone, words in zip(absent, generator.integers(1, most + 1, count)):
                ids = generator.integers(FIRST, max(self.tokens.size, FIRST + 1), words)
                texts.append(None if gone or self.tokens.size == FIRST else self.tokens.decode(ids))
            drawn[column] = pl.Series(column, texts, dtype=pl.String)
        return pl.DataFrame(drawn)

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values."""
        return {
            "columns": list(self.columns),
            "tokens": self.tokens.state(),
            "length": self.length,
            "missing": list(self.missing),
            **({} if self.passage is None else {"passage": self.passage}),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The kind that ``state`` described.

        Raises:
            ModelFileError: the lists have different lengths, or the passage is none of the columns.
        """
        columns, missing = tuple(state["columns"]), tuple(state["missing"])
        check_state(cls.name, columns, {"missing": missing})
        passage = state.get("passage")
        if passage is not None and passage not in columns:
            raise ModelFileError(
                f"the state of texts names the passage {passage!r}, which is none of its columns"
            )
        tokens = Tokens.from_state(state["tokens"])
        return cls(columns, tokens, float(state["length"]), missing, passage)


def _numbered(row: NDArray[np.int64], words: pl.Series) -> NDArray[np.int64]:
    """(M,) of M words, by the row of each, a number from 1 that is the same for the same words of a row."""
    frame = pl.DataFrame({"row": row, "word": words})
    return frame.select(pl.col("word").rank("dense").over("row")).to_series().cast(pl.Int64).to_numpy()


def _text(values: pl.Series) -> pl.Series:
    """The cells as text, null where missing.

    Raises:
        DataError: they are lists or objects.
    """
    if not is_readable(values):
        raise DataError(
            Mistake(
                f"column {values.name!r} holds values of type {values.dtype}",
                "one number, text or boolean in each cell",
                "spread it over several columns, or leave it out",
            )
        )
    return read_text(values)
