"""Metrics of what was heard, or read, against what was said: texts against texts.

Legend: N rows, R resamples. ``weights`` (R, N) holds one row of multiplicities for each resample. An edit inserts,
deletes or replaces one unit: a character, or a word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .inputs import Floats
from .metrics import Metric

Texts = NDArray[np.str_]


def edits(a: Sequence[Any], b: Sequence[Any]) -> int:
    """The fewest edits that turn ``a`` into ``b`` (Levenshtein 1966).

    >>> edits("kitten", "sitting"), edits("one two".split(), "one too two".split())
    (3, 1)
    """
    before = list(range(len(b) + 1))
    for row, unit in enumerate(a, 1):
        now = [row]
        for column, other in enumerate(b, 1):
            now.append(min(now[-1] + 1, before[column] + 1, before[column - 1] + (unit != other)))
        before = now
    return before[-1]


@lru_cache(maxsize=65_536)
def _counted(truth: str, heard: str, words: bool) -> tuple[int, int]:
    """The edits between two texts, and how many units the first has."""
    units = (truth.split(), heard.split()) if words else (truth, heard)
    return edits(*units), len(units[0])


def _rate(words: bool) -> Callable[[Texts, Texts, Floats], Floats]:
    def rate(target: Texts, heard: Texts, weights: Floats) -> Floats:
        """The edits of all rows over the units of all rows: (N,), (N,), (R, N) -> (R,); NaN where there are none."""
        pairs = zip(target.tolist(), heard.tolist())
        counts = np.array([_counted(*pair, words) for pair in pairs], dtype=np.float64).reshape(-1, 2)
        rates: Floats = (weights @ counts[:, 0]) / (weights @ counts[:, 1])
        return rates

    return rate


def right_texts(target: Texts, heard: Texts, weights: Floats) -> Floats:
    """The share of rows whose text is right throughout: (N,), (N,), (R, N) -> (R,)."""
    share: Floats = (weights @ (target == heard).astype(np.float64)) / weights.sum(1)
    return share


_SILENT = "no row has any text"

character_error_rate = Metric(
    "character_error_rate", "texts", False, "values", _rate(words=False), undefined=_SILENT
)
word_error_rate = Metric("word_error_rate", "texts", False, "values", _rate(words=True), undefined=_SILENT)
exact_match = Metric("exact_match", "texts", True, "values", right_texts, high=1.0, proportion=True)
