"""Kneser-Ney against a count by hand, in dictionaries."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest

from ranvier.evaluation.ngrams import NGrams

SIZE = 6
TEXT = np.random.Generator(np.random.PCG64(0)).choice(SIZE - 1, 400, p=[0.5, 0.2, 0.15, 0.1, 0.05])
NEW = np.array([0, 1, 0, 0, 5, 1, 2, 3, 0, 4, 4, 4, 0, 1])


def by_hand(text: list[int], order: int, new: list[int]) -> list[float]:
    """-log p by the formula."""
    occurrences = [tuple(text[i : i + order]) for i in range(len(text) - order + 1)]
    counts: list[dict[tuple[int, ...], int]] = [defaultdict(int) for _ in range(order + 1)]
    for gram in occurrences:
        counts[order][gram] += 1
    for n in range(order - 1, 0, -1):
        for gram in {gram[-n - 1 :] for gram in occurrences}:
            counts[n][gram[1:]] += 1

    def p(gram: tuple[int, ...]) -> float:
        n = len(gram)
        if n == 0:
            return 1 / SIZE
        followers = {g[-1]: c for g, c in counts[n].items() if g[:-1] == gram[:-1]}
        shorter = p(gram[1:])
        if not followers:
            return shorter
        once = sum(c == 1 for c in counts[n].values())
        twice = sum(c == 2 for c in counts[n].values())
        discount = once / (once + 2 * twice) if once and twice else 0.5
        kept = max(followers.get(gram[-1], 0) - discount, 0) + discount * len(followers) * shorter
        return kept / sum(followers.values())

    return [-math.log(p(tuple(new[max(0, i - order + 1) : i + 1]))) for i in range(len(new))]


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_is_the_formula(order: int) -> None:
    found = NGrams(TEXT.astype(np.uint16), SIZE, order).nats(NEW)
    assert np.allclose(found, by_hand(TEXT.tolist(), order, NEW.tolist()), atol=1e-12)


def test_probabilities_of_what_may_follow_add_up_to_one() -> None:
    model = NGrams(TEXT, SIZE, 4)
    for history in ([0, 1, 0], [3, 3, 3], [5, 5, 5], [0]):
        whole = sum(math.exp(-model.nats(np.array([*history, token]))[-1]) for token in range(SIZE))
        assert whole == pytest.approx(1.0)


def test_a_large_vocabulary_or_a_short_text_shortens_the_ngrams() -> None:
    assert NGrams(TEXT, 30_000, 5).order == 4
    assert NGrams(TEXT[:2], SIZE, 5).order == 2
    assert np.isfinite(NGrams(TEXT[:1], SIZE).nats(NEW)).all()
    assert NGrams(TEXT, SIZE, 5).nats(NEW[:2]).shape == (2,)


def test_longer_ngrams_foretell_a_text_with_structure_better() -> None:
    text = np.tile([0, 1, 2, 0, 1, 3, 0, 2, 2, 4], 60)
    nats = [NGrams(text[:500], SIZE, order).nats(text[500:]).mean() for order in (1, 2, 4)]
    assert nats[0] > nats[1] > nats[2] and nats[2] < 0.1
