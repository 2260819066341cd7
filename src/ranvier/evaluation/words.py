"""Texts as a linear model takes them: words and pairs of neighbours, by how often they stand in a row, and how rarely.

TF-IDF (Sparck Jones 1972): a word or pair g that stands f times in a row weighs f (1 + log((1 + N) / (1 + n_g))) there,
n_g being in how many of N training rows it stands; the weights of a row have the length 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MOST = 50_000
"""So many words and pairs have a weight of their own: those that stand in most training rows, and in two at least."""


@dataclass(frozen=True)
class Words:
    """The words of N rows.

    Args:
        ids: (L,) whole numbers from 1, one row after another; 1 is any word that is not known.
        starts: (N + 1,) where each row begins, and the last ends.
    """

    ids: Ints
    starts: Ints

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def grams(self) -> float:
        """How many words and pairs a row has, on average."""
        return 2.0 * len(self.ids) / max(len(self), 1)

    def take(self, rows: Ints) -> Words:
        """The rows at the indices ``rows``."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(self.starts[:-1][rows] - starts[:-1], lengths) + np.arange(starts[-1])
        return Words(self.ids[places], starts)


@dataclass(frozen=True)
class Grams:
    """Which words and pairs have a weight, and how rare they are, fitted to training rows.

    Args:
        known: (G,) their numbers, ascending.
        rarity: (G,) the factor of each.
    """

    known: Ints
    rarity: NDArray[np.float64]

    @classmethod
    def fit(cls, words: Words) -> Grams:
        """Fit to the training rows."""
        _, gram, _ = _counted(words)
        known, rows = np.unique(gram, return_counts=True)
        often = rows >= min(2, len(words))
        known, rows = known[often], rows[often]
        if len(known) > MOST:
            kept = np.sort(np.argsort(-rows, kind="stable")[:MOST])
            known, rows = known[kept], rows[kept]
        return cls(known, 1.0 + np.log((1.0 + len(words)) / (1.0 + rows)))

    def matrix(self, words: Words) -> Any:
        """(N, G) sparse."""
        from scipy import sparse  # type: ignore[import-untyped]

        row, gram, count = _counted(words)
        place = np.searchsorted(self.known, gram)
        there = np.append(self.known, -1)[place] == gram
        row, place = row[there], place[there]
        weight = count[there] * self.rarity[place]
        length = np.sqrt(np.bincount(row, weight**2, minlength=len(words)))
        return sparse.csr_matrix((weight / length[row], (row, place)), shape=(len(words), len(self.known)))


def _counted(words: Words) -> tuple[Ints, Ints, Ints]:
    """Each word and pair of each row once: the row, the number of the word or pair, and how often it is there."""
    row = np.repeat(np.arange(len(words)), np.diff(words.starts))
    together = row[1:] == row[:-1]
    pairs = words.ids[:-1][together] << 32 | words.ids[1:][together]
    gram, of = np.concatenate([words.ids, pairs]), np.concatenate([row, row[1:][together]])
    order = np.lexsort((gram, of))
    gram, of = gram[order], of[order]
    first = np.flatnonzero(np.append(True, (np.diff(gram) != 0) | (np.diff(of) != 0))[: len(gram)])
    return of[first], gram[first], np.diff(np.append(first, len(gram)))
