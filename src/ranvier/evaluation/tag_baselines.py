"""What a network that tags has to beat: the most frequent tag, and the most frequent tag of each token."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from .columns import BaselineResult
from .tagging import Tags, rows_of

Rows = Iterable[Sequence[str]]


def usual_tag(target: Tags, tokens: Rows) -> BaselineResult:
    """The most frequent tag for every token.

    Args:
        target: (N,) the tags of the training rows.
        tokens: of the rows to predict; only their numbers matter.
    """
    start = time.perf_counter()
    tag = _first(Counter(tag for row in target for tag in row))
    prediction = rows_of([tag] * len(row) for row in tokens)
    said = f"the most frequent tag of the training rows, {tag!r}"
    return BaselineResult(prediction, said, len(target), time.perf_counter() - start)


def lexicon(train: Rows, target: Tags, test: Rows) -> BaselineResult:
    """For each token the tag that it has most often in the training rows, as it is written.

    One that they do not have is looked up in small letters; if that fails too it gets the tag that is most frequent
    among the tokens that stand there once.

    Args:
        train: the tokens of the training rows.
        target: (N,) their tags.
        test: the tokens of the rows to predict.
    """
    start = time.perf_counter()
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for words, tags in zip(train, target):
        for word, tag in zip(words, tags):
            found[word][tag] += 1
    small: dict[str, Counter[str]] = defaultdict(Counter)
    once: Counter[str] = Counter()
    for word, counts in found.items():
        small[word.lower()].update(counts)
        if counts.total() == 1:
            once.update(counts)
    other = _first(once) if once else _first(Counter(tag for row in target for tag in row))
    best = {word: _first(counts) for word, counts in found.items()}
    lower = {word: _first(counts) for word, counts in small.items()}
    prediction = rows_of([best.get(word) or lower.get(word.lower(), other) for word in row] for row in test)
    said = f"each token's most frequent tag in the training rows; {other!r} for one that they do not have"
    return BaselineResult(prediction, said, len(target), time.perf_counter() - start)


def _first(counts: Counter[str]) -> str:
    """The most frequent; of equals the first in the alphabet."""
    return min(counts, key=lambda tag: (-counts[tag], tag)) if counts else ""
