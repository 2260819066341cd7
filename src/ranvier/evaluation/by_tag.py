"""Each tag by itself: which tags are taken for which, and precision, recall and F1 with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .inputs import Floats
from .intervals import Measured, measure
from .metrics import Metric
from .tagging import Tags


def confusion_of(target: Tags, said: Tags, tags: Sequence[str]) -> NDArray[np.int64]:
    """(K, K) how many tokens of each tag (rows) are said to have each (columns); of the tags that are named.

    >>> from .tagging import rows_of
    >>> confusion_of(rows_of([["A", "B"], ["A"]]), rows_of([["A", "A"], ["B"]]), ["A", "B"]).tolist()
    [[1, 1], [1, 0]]
    """
    index = {tag: place for place, tag in enumerate(tags)}
    true, given = ([index[tag] for row in rows for tag in row] for rows in (target, said))
    cells = np.bincount(np.array(true, dtype=np.int64) * len(tags) + given, minlength=len(tags) ** 2)
    return cells.reshape(len(tags), len(tags))


def measure_tags(target: Tags, said: Tags, tags: Sequence[str], seed: int = 0) -> list[dict[str, Any]]:
    """Measure each of K tags, by token; the intervals are of other rows, whose tokens come together.

    Args:
        target: (N,) tuples of tags.
        said: (N,) the same, as predicted.
        tags: their names.
        seed: of the choice of rows that are left out together.

    Returns:
        For each tag ``precision``, ``recall`` and ``f1`` as ``intervals.Measured``, and ``support``, its true tokens.
    """
    found = []
    for tag in tags:
        each = [_share(name, tag) for name in _COUNTS]
        scores: dict[str, Measured] = measure(target, said, each, seed)
        found.append({**scores, "support": sum(row.count(tag) for row in target)})
    return found


_COUNTS: dict[str, Callable[[int, int, int], tuple[int, int]]] = {
    "precision": lambda hits, true, given: (hits, given),
    "recall": lambda hits, true, given: (hits, true),
    "f1": lambda hits, true, given: (2 * hits, true + given),
}


def _share(name: str, tag: str) -> Metric:
    def share(target: Tags, said: Tags, weights: Floats) -> Floats:
        counts = [
            _COUNTS[name](sum(a == tag == b for a, b in zip(true, guess)), true.count(tag), guess.count(tag))
            for true, guess in zip(target, said)
        ]
        parts = np.array(counts, dtype=np.float64).reshape(-1, 2)
        values: Floats = (weights @ parts[:, 0]) / (weights @ parts[:, 1])
        return values

    return Metric(name, "tags", True, "values", share, high=1.0, undefined="no token has this tag")
