"""The classical language model: n-grams with interpolated Kneser-Ney smoothing.

Kneser & Ney 1995, as Chen & Goodman 1999 interpolate it:

    p(w | h) = max(c(h w) - D, 0) / c(h) + D n(h) / c(h) p(w | h')

c counts how often the longest n-grams occur, and of shorter ones after how many different tokens they do; c(h) is the
sum of c(h w) over w, and n(h) how many different w follow h; h' is h without its first token; below the empty history
stands 1 / V for each of V tokens. D = n1 / (n1 + 2 n2) for each length, n1 and n2 being how many have c = 1 and c = 2
(Ney, Essen & Kneser 1994).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class _Counts:
    """The n-grams of one length, each as one number, its tokens being the digits to base V."""

    def __init__(self, grams: Ints, counts: Ints, size: int) -> None:
        self.grams, self.counts, self.size = grams, counts, size
        self.histories, first = np.unique(grams // size, return_index=True)
        self.kinds = np.diff([*first, len(grams)])  # n(h)
        self.totals = np.add.reduceat(counts, first)  # c(h)
        once, twice = int((counts == 1).sum()), int((counts == 2).sum())
        self.discount = once / (once + 2 * twice) if once and twice else 0.5

    def probability(self, grams: Ints, shorter: Floats) -> Floats:
        """p of the last token of each n-gram, given that of the n-gram without its first token."""
        count = _looked_up(self.grams, self.counts, grams)
        total = _looked_up(self.histories, self.totals, grams // self.size)
        kinds = _looked_up(self.histories, self.kinds, grams // self.size)
        known = np.maximum(count - self.discount, 0) + self.discount * kinds * shorter
        return np.where(total > 0, known / np.maximum(total, 1), shorter)


class NGrams:
    """A Kneser-Ney model of a text.

    Args:
        ids: (L,) its tokens, at least one.
        size: V; tokens are below it.
        order: the longest n-gram; shorter where n digits to base V would be no whole number of 63 bits.
    """

    def __init__(self, ids: NDArray[Any], size: int, order: int = 5) -> None:
        self.size = size
        longest = int(63 // np.log2(max(size, 2)))
        self.order = max(1, min(order, longest, len(ids)))
        grams, counts = np.unique(_numbered(ids, size, self.order), return_counts=True)
        self.levels = [_Counts(grams, counts, size)]
        for n in range(self.order - 1, 0, -1):
            grams, counts = np.unique(self.levels[0].grams % size**n, return_counts=True)
            self.levels.insert(0, _Counts(grams, counts, size))

    def nats(self, ids: NDArray[Any]) -> Floats:
        """(L,) -log p of each of L tokens, given those before it.

        >>> NGrams(np.array([0, 1, 0, 1, 0]), 2).nats(np.array([0, 1])).round(2)
        array([0.29, 1.39])
        """
        probability = np.full(len(ids), 1 / self.size)
        for n, level in enumerate(self.levels, 1):
            if len(ids) < n:
                break
            last = slice(n - 1, None)
            probability[last] = level.probability(_numbered(ids, self.size, n), probability[last])
        return np.asarray(-np.log(probability))


def _numbered(ids: NDArray[Any], size: int, n: int) -> Ints:
    """(L - n + 1,) the number of each n-gram of a text."""
    numbers = np.zeros(len(ids) - n + 1, dtype=np.int64)
    for place in range(n):
        numbers = numbers * size + np.asarray(ids[place : len(ids) - n + 1 + place], dtype=np.int64)
    return numbers


def _looked_up(keys: Ints, values: Ints, wanted: Ints) -> Floats:
    """The value of each wanted key among sorted ones; 0 where it is not there."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0).astype(np.float64)
