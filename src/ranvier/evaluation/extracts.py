"""Metrics of answers that are spans of a passage, and what finds such a span without having learnt anything.

Legend: N rows, R resamples. ``weights`` (R, N) holds one row of multiplicities for each resample.
"""

from __future__ import annotations

import re
import string
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..data.tokens import words_of
from .columns import BaselineResult
from .inputs import Floats
from .metrics import Metric

Texts = NDArray[np.str_]

Words = list[tuple[str, int, int]]
"""The words of a text, and where each begins and ends."""

ARTICLES = frozenset(("a", "an", "the"))

TINY = 1e-6
"""What every word weighs, so that words which all passages have weigh more than none."""

_SENTENCE = re.compile(
    r"[^.!?。！？\n]+(?:[.!?](?!\s)[^.!?。！？\n]*)*"
)  # a stop within a number or a name is none


@lru_cache(maxsize=65_536)
def plain(text: str) -> tuple[str, ...]:
    """The words of a text in small letters, without punctuation and the articles of English.

    This is the normalisation of SQuAD (Rajpurkar et al., EMNLP 2016); scripts without spaces count by characters.

    >>> plain("The U.S. Army,"), plain("天安门")
    (('us', 'army'), ('天', '安', '门'))
    """
    kept = "".join(one for one in text.lower() if one not in string.punctuation)
    words = words_of(pl.Series([kept], dtype=pl.String))[0].to_list()
    return tuple(word for word in words if word not in ARTICLES)


@lru_cache(maxsize=65_536)
def overlap(truth: str, said: str) -> float:
    """The F1 of the words of two answers, each counted as often as it stands there; 1 where both have none.

    >>> round(overlap("the old town", "town hall"), 3), overlap("Bern", "bern.")
    (0.5, 1.0)
    """
    true, found = plain(truth), plain(said)
    if not true or not found:
        return float(true == found)
    same = (Counter(true) & Counter(found)).total()
    return 2 * same / (len(true) + len(found))


def exact_of(target: Texts, said: Texts, weights: Floats) -> Floats:
    """The share of rows whose words are those of the answer, in their order: (N,), (N,), (R, N) -> (R,)."""
    right = np.array([plain(a) == plain(b) for a, b in zip(target.tolist(), said.tolist())], dtype=np.float64)
    share: Floats = (weights @ right) / weights.sum(1)
    return share


def f1_of(target: Texts, said: Texts, weights: Floats) -> Floats:
    """The mean F1 of the words of the answers: (N,), (N,), (R, N) -> (R,)."""
    each = np.array([overlap(a, b) for a, b in zip(target.tolist(), said.tolist())], dtype=np.float64)
    mean: Floats = (weights @ each) / weights.sum(1)
    return mean


span_exact = Metric("span_exact", "spans", True, "values", exact_of, high=1.0, proportion=True)
span_f1 = Metric("span_f1", "spans", True, "values", f1_of, high=1.0)


def sentence(train: Sequence[str], test: Sequence[str], asked: Sequence[str]) -> BaselineResult:
    """Of each passage the words that its most fitting sentence adds to the question.

    Taken is the sentence whose words shared with the question weigh most (the bag of words of L. Hirschman et al., Deep
    Read, ACL 1999), and of it the run of words that the question has not whose words weigh most. A word weighs the
    logarithm of the inverse share of training passages that have it.

    Args:
        train: the passages of the training rows.
        test: the passages of the rows to answer for.
        asked: what is asked of these.
    """
    start = time.perf_counter()
    passages = sorted(set(train))
    counts = Counter(word for row in _words(passages) for word in {one.lower() for one, _, _ in row})
    weights = {
        word: float(np.log((1 + len(passages)) / (1 + count))) + TINY for word, count in counts.items()
    }
    rare = float(np.log(1 + len(passages)))
    split = [_SENTENCE.findall(text) for text in test]
    read = iter(_words([one for each in split for one in each]))
    found = []
    for sentences, question in zip(split, _words(asked)):
        own = {word.lower() for word, _, _ in question}
        found.append(_added([(one, next(read)) for one in sentences], own, weights, rare))
    said = "of the sentence that shares most words with the question, rare ones counting more, those that it adds"
    return BaselineResult(np.array(found, dtype=np.str_), said, len(train), time.perf_counter() - start)


def _added(
    sentences: Iterable[tuple[str, Words]], asked: set[str], weights: Mapping[str, float], rare: float
) -> str:
    """What the most fitting of these sentences adds to the words of a question."""

    def weight(words: Iterable[str]) -> float:
        return sum(weights.get(word, rare) for word in words)

    text, words = max(
        sentences, key=lambda one: weight({word.lower() for word, _, _ in one[1]} & asked), default=("", [])
    )
    runs = [list(run) for new, run in groupby(words, lambda word: word[0].lower() not in asked) if new]
    best = max(runs, key=lambda run: weight(word.lower() for word, _, _ in run), default=None)
    return text[best[0][1] : best[-1][2]] if best else ""


def _words(texts: Sequence[str]) -> list[Words]:
    """The words of each text, without signs, and where each begins and ends."""
    found = []
    for text, words in zip(texts, words_of(pl.Series(texts, dtype=pl.String))):
        at, own = 0, []
        for word in words:
            at = text.index(word, at)
            own += [(word, at, at + len(word))] if word[0].isalnum() else []
            at += len(word)
        found.append(own)
    return found
