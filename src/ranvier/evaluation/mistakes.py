"""The rows that a prediction is furthest off on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .tagging import right_tags
from .transcripts import edits

MOST = 20
"""So many are told."""

LONG = 60
"""Of texts that are longer, in characters, words are counted in place of characters."""


def worst_rows(target: NDArray[Any], prediction: NDArray[Any], most: int = MOST) -> NDArray[np.int64]:
    """The indices of the worst rows, the worst first: at most ``most``.

    Args:
        target: (N,) class indices, or values; (N, L) 0 and 1, where a row has any number of labels.
            Or (N,) texts, of which those count that were heard wrongly; or tuples of tags, of which the more are
            wrong the worse.
        prediction: (N, C) probabilities or scores, of which rows of another class count, the less probable their own
            class the worse; or (N,) values. (N, L) probabilities of labels: the more are wrong the worse.
        most: so many at most.

    >>> worst_rows(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]])).tolist()
    [1, 2]
    >>> worst_rows(np.array([1.0, 2.0]), np.array([1.5, 5.0]), most=1).tolist()
    [1]
    """
    if prediction.dtype.kind == "O" and len(prediction) and isinstance(prediction[0], tuple):
        off = np.array([len(true) - right_tags(true, said) for true, said in zip(target, prediction)])
        return np.argsort(-off, kind="stable")[: min(most, int((off > 0).sum()))]
    if prediction.dtype.kind in "UO":
        long = bool(np.mean([len(text) for text in target] or [0]) > LONG)
        off = np.array([edits(*(_units(text, long) for text in pair)) for pair in zip(target, prediction)])
        return np.argsort(-off, kind="stable")[: min(most, int((off > 0).sum()))]
    if prediction.ndim == 1:
        return np.argsort(-np.abs(prediction - target), kind="stable")[:most]
    if target.ndim == 2:
        mistaken = (prediction > 0.5) != (target > 0)
        bad = np.flatnonzero(mistaken.any(1))
        off = np.abs(prediction - target).sum(1)
        return bad[np.lexsort((-off[bad], -mistaken[bad].sum(1)))][:most]
    wrong = np.flatnonzero(prediction.argmax(1) != target)
    return wrong[np.argsort(prediction[wrong, target[wrong]], kind="stable")][:most]


def _units(text: str, long: bool) -> Sequence[str]:
    return text.split() if long else text
