"""Metrics of stored answers that are ranked, and the nearest question as a baseline.

Legend: N rows, A stored answers, R resamples. ``weights`` (R, N) holds one row of multiplicities for each resample.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .columns import BaselineResult
from .inputs import Floats
from .metrics import Metric
from .words import Grams, Words

Places = NDArray[np.int64]


def places(target: Places, scores: Floats) -> Places:
    """(N,) the place of the true answer among all (N, A), from 1; of answers with equal scores it is the last.

    >>> places(np.array([1, 0]), np.array([[0.2, 0.5, 0.3], [0.3, 0.3, 0.4]])).tolist()
    [1, 3]
    """
    own = np.take_along_axis(scores, target[:, None], axis=1)
    found: Places = (scores >= own).sum(axis=1)
    return found


def _mean_of(value: Callable[[Places], Floats]) -> Callable[[Places, Floats, Floats], Floats]:
    def mean(target: Places, scores: Floats, weights: Floats) -> Floats:
        """(N,), (N, A), (R, N) -> (R,)."""
        found: Floats = (weights @ value(places(target, scores))) / weights.sum(1)
        return found

    return mean


def _among(first: int) -> Callable[[Places], Floats]:
    return lambda place: (place <= first).astype(np.float64)


answer_accuracy = Metric(
    "answer_accuracy", "answers", True, "values", _mean_of(_among(1)), high=1.0, proportion=True
)
answer_top_3 = Metric(
    "answer_top_3", "answers", True, "values", _mean_of(_among(3)), high=1.0, proportion=True
)
answer_top_10 = Metric(
    "answer_top_10", "answers", True, "values", _mean_of(_among(10)), high=1.0, proportion=True
)
reciprocal_rank = Metric(
    "reciprocal_rank", "answers", True, "values", _mean_of(lambda place: 1.0 / place), high=1.0
)
"""The mean of 1 / place (MRR; Voorhees, The TREC-8 question answering track report, 1999)."""


def nearest(train: Words, target: Places, test: Words, answers: int) -> BaselineResult:
    """Each answer's score is the cosine, by TF-IDF, of its nearest question among the training rows.

    Args:
        train: the words of the questions.
        target: (N,) their answers.
        test: the words of the rows to predict.
        answers: A.
    """
    start = time.perf_counter()
    grams = Grams.fit(train)
    near = (grams.matrix(test) @ grams.matrix(train).T).tocsr()  # sparse, (rows, training rows)
    scores = np.zeros((len(test), answers))
    row = np.repeat(np.arange(len(test)), np.diff(near.indptr))
    np.maximum.at(scores, (row, target[near.indices]), near.data)
    said = "the answer of the nearest question of the training rows, by TF-IDF of words and pairs"
    return BaselineResult(scores, said, len(train), time.perf_counter() - start)


def most_frequent(target: Places, rows: int, answers: int) -> BaselineResult:
    """The answers by how often they are given in the training rows."""
    counts = np.bincount(target, minlength=answers) / len(target)
    return BaselineResult(
        np.tile(counts, (rows, 1)), "the answers by how often training rows have them", len(target), 0.0
    )
