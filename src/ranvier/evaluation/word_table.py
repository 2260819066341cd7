"""What a translation has to beat: the source as it is, and a table that says of each word what it most likely means."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..data.tokens import FIRST, Tokens, spaced, words_of
from .columns import BaselineResult

ROUNDS = 5
"""So often the table is estimated from what the last one says."""

PAIRS = 8_000_000
"""So many pairs of tokens are looked at, of the first rows; more would take long and say little that is new."""

NOTHING = 0
"""The id of what words that translate nothing are said to come from."""


Encoded = tuple[NDArray[np.int64], NDArray[np.int64]]
"""The ids of all texts, one text after another (L,), and where each begins and the last ends (N + 1,)."""


@dataclass(frozen=True)
class Chances:
    """t(f | e), entry by entry (L,), sorted by e and then f.

    Args:
        source: e; ``NOTHING`` among them.
        target: f.
        chance: t.
        rows: how many texts they were fitted to.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    chance: NDArray[np.float64]
    rows: int


def model_one(source: Encoded, target: Encoded) -> Chances:
    """IBM's model 1 (Brown et al. 1993): t(f | e), how likely a token e of the source is the token f of the target.

    Each token of a text may come from each token of its source, or from nothing. Expectation maximisation:

        c(f, e) = sum over texts and their tokens f of t(f | e) / sum_e' t(f | e'),   t(f | e) = c(f, e) / sum_f c(f, e)
    """
    rows, (e, f, word) = _pairs(source, target)
    size = int(f.max(initial=0)) + 1
    keys, pair = np.unique(e * size + f, return_inverse=True)
    of_source = keys // size
    chance = np.ones(len(keys))
    for _ in range(ROUNDS):
        said = chance[pair]
        shares = said / np.bincount(word, said)[word]
        counts = np.bincount(pair, shares, len(keys))
        chance = counts / np.bincount(of_source, counts)[of_source]
    return Chances(of_source, keys % size, chance, rows)


@dataclass(frozen=True)
class WordTable:
    """Of each word of the source what it most likely is, by ``model_one``.

    Args:
        source, target: the words.
        best: by the id of a source word the id of its most likely target word.
        rows: how many texts it was fitted to.
    """

    source: Tokens
    target: Tokens
    best: dict[int, int]
    rows: int

    @classmethod
    def fit(cls, source: pl.Series, target: pl.Series) -> WordTable:
        """Fit to texts and their translations, row by row.

        >>> texts = pl.Series(["a house", "a book", "the book"]), pl.Series(["une maison", "un livre", "le livre"])
        >>> WordTable.fit(*texts).say(pl.Series(["the house"])).tolist()
        ['le maison']
        """
        tokens = Tokens.fit(source, "words"), Tokens.fit(target, "words")
        found = model_one(tokens[0].encode_all(source), tokens[1].encode_all(target))
        order = np.lexsort(
            (-found.chance, found.source)
        )  # of the same chance: the more frequent, whose id is lower
        first = order[np.flatnonzero(np.diff(found.source[order], prepend=-1))]
        best = dict(zip(found.source[first].tolist(), found.target[first].tolist()))
        return cls(*tokens, best, found.rows)

    def say(self, texts: pl.Series) -> NDArray[Any]:
        """Each word's most likely translation, in the order of the source (N,); words not seen stay as they are."""
        vocabulary = {word: FIRST + place for place, word in enumerate(self.source.vocabulary)}
        found = []
        for words in words_of(texts):
            best = [self.best.get(vocabulary.get(word, -1)) for word in words]
            found.append(
                spaced([word if one is None else self.target.decode([one]) for word, one in zip(words, best)])
            )
        return np.array(found, dtype=np.str_)


def _pairs(
    source: Encoded, target: Encoded
) -> tuple[int, tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """How many rows are looked at, and of each pair of their words the ids and the number of the target's word."""
    lengths = np.diff(source[1]) + 1, np.diff(target[1])
    rows = max(1, int(np.searchsorted(np.cumsum(lengths[0] * lengths[1]), PAIRS, side="right")))
    e, f, word, count = [], [], [], 0
    for row in range(min(rows, len(lengths[0]))):
        own = np.concatenate(([NOTHING], source[0][source[1][row] : source[1][row + 1]]))
        other = target[0][target[1][row] : target[1][row + 1]]
        e.append(np.tile(own, len(other)))
        f.append(np.repeat(other, len(own)))
        word.append(np.repeat(np.arange(count, count + len(other)), len(own)))
        count += len(other)
    return min(rows, len(lengths[0])), (np.concatenate(e), np.concatenate(f), np.concatenate(word))


def answers_of_tables(train: tuple[pl.Series, pl.Series], test: pl.Series) -> dict[str, BaselineResult]:
    """What the baselines say of test texts.

    Args:
        train: texts (N,) and their translations (N,).
        test: texts.
    """
    source, target = (texts.fill_null("") for texts in train)
    test = test.fill_null("")
    began = time.perf_counter()
    table = WordTable.fit(source, target)
    said = table.say(test)
    described = (
        f"each word's most likely translation in the source's order, by IBM's model 1 of {table.rows:,} texts, "
        f"{ROUNDS} rounds"
    )
    return {
        "copy": BaselineResult(_texts(test), "the text itself", 0, 0.0),
        "word_table": BaselineResult(said, described, table.rows, time.perf_counter() - began),
    }


def _texts(texts: Sequence[str] | pl.Series) -> NDArray[Any]:
    return np.array(list(texts), dtype=np.str_)
