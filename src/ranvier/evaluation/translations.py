"""How good written texts are beside reference texts: BLEU, chrF and ROUGE.

What is counted of each text comes from the package sacrebleu (``pip install 'ranvier[text]'``), with its standard
settings: BLEU (Papineni et al. 2002) of words as its tokenizer 13a splits them, chrF (Popović 2015) of up to six
characters. The counts of all rows are added up, each by its weight, before the measure is taken, so that any number of
resamples costs little. ROUGE (Lin 2004) is the mean over rows of an F1: ROUGE-1 of single words, ROUGE-2 of two words
in a row, ROUGE-L of the longest common subsequence of words. Words are what stands between white space, as written.
"""

from __future__ import annotations

from collections import Counter
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import Mistake, SpecError
from .inputs import Floats
from .metrics import Metric

Texts = NDArray[Any]
ORDERS = 4
"""BLEU counts up to so many words in a row."""


def missing_library() -> Mistake | None:
    """What to say where sacrebleu is not installed; None where it is."""
    from importlib.util import find_spec

    if find_spec("sacrebleu"):
        return None
    return Mistake(
        "translations are measured with the package sacrebleu, which is not installed",
        remedy="pip install 'ranvier[text]'",
    )


@cache
def _scorer(name: str) -> Any:
    """sacrebleu's BLEU or CHRF.

    Raises:
        SpecError: it is not installed.
    """
    if mistake := missing_library():
        raise SpecError(mistake)
    from sacrebleu import metrics

    return getattr(metrics, name)()


@lru_cache(maxsize=65_536)
def _counted(name: str, truth: str, said: str) -> tuple[int, ...]:
    """What sacrebleu counts of one text.

    Of BLEU the two lengths, then matches and totals by order; of chrF, by order, how many runs of characters there are
    in what was said, in the truth, and in both.
    """
    (counts,) = _scorer(name)._extract_corpus_statistics([said], [[truth]])
    return tuple(int(count) for count in counts)


def _sums(name: str, target: Texts, said: Texts, weights: Floats) -> Floats:
    pairs = zip(target.tolist(), said.tolist())
    counts = np.array([_counted(name, *pair) for pair in pairs], dtype=np.float64)
    sums: Floats = weights @ counts
    return sums


def bleu_of(target: Texts, said: Texts, weights: Floats) -> Floats:
    """BLEU, from 0 to 100: (N,), (N,), (R, N) -> (R,).

    BLEU = 100 min(1, exp(1 - r / l)) (p_1 p_2 p_3 p_4)^(1/4): l words were said and r are in the references; p_n is the
    share of right ones among n words in a row. Where none is right, the share is half of what one would be, or a
    quarter at the second such n, and so on (sacrebleu's ``exp``).
    """
    sums = _sums("BLEU", target, said, weights)
    length, reference = sums[:, 0], sums[:, 1]
    right, total = sums[:, 2 : 2 + ORDERS], sums[:, 2 + ORDERS :]
    none = right == 0
    halves = 2.0 ** none.cumsum(axis=1)
    logs = np.log(np.where(none, 1 / halves, right) / total)  # nan and inf where there is nothing to count
    short = np.minimum(0.0, 1 - reference / length)
    found = 100 * np.exp(logs.mean(axis=1) + short)
    countless = (total == 0).any(axis=1) | (right.sum(axis=1) == 0)
    return np.where(countless, 0.0, found)


def chrf_of(target: Texts, said: Texts, weights: Floats) -> Floats:
    """chrF, from 0 to 100: (N,), (N,), (R, N) -> (R,).

    F = (1 + 4) P R / (4 P + R), P and R being the means over one to six characters in a row of the share of right ones
    among those said, and among those of the references.
    """
    sums = _sums("CHRF", target, said, weights)
    said_of, reference, right = sums[:, 0::3], sums[:, 1::3], sums[:, 2::3]
    there = (said_of > 0) & (reference > 0)
    orders = np.maximum(there.sum(axis=1), 1)
    precision = np.where(there, right / said_of, 0.0).sum(axis=1) / orders
    recall = np.where(there, right / reference, 0.0).sum(axis=1) / orders
    found = 100 * 5 * precision * recall / (4 * precision + recall)
    return np.where(precision + recall > 0, found, 0.0)


@lru_cache(maxsize=65_536)
def _common(truth: str, said: str) -> float:
    """F1 of the longest common subsequence of words; 1 where neither has any."""
    a, b = truth.split(), said.split()
    if not a and not b:
        return 1.0
    before = [0] * (len(b) + 1)
    for word in a:
        now = [0]
        for place, other in enumerate(b):
            now.append(before[place] + 1 if word == other else max(before[place + 1], now[-1]))
        before = now
    return 2 * before[-1] / (len(a) + len(b))


def rouge_l_of(target: Texts, said: Texts, weights: Floats) -> Floats:
    """The mean of ROUGE-L's F1: (N,), (N,), (R, N) -> (R,)."""
    values = np.array([_common(*pair) for pair in zip(target.tolist(), said.tolist())])
    mean: Floats = (weights @ values) / weights.sum(axis=1)
    return mean


@lru_cache(maxsize=65_536)
def _shared(order: int, truth: str, said: str) -> float:
    """F1 of so many words in a row, each counted as often as both texts have it; where neither text has so many words,
    1 if they have the same ones and else 0."""
    a, b = truth.split(), said.split()
    grams = [Counter(zip(*(words[first:] for first in range(order)))) for words in (a, b)]
    total = sum(count.total() for count in grams)
    return 2 * (grams[0] & grams[1]).total() / total if total else float(a == b)


def _rouge_of(order: int, target: Texts, said: Texts, weights: Floats) -> Floats:
    values = np.array([_shared(order, *pair) for pair in zip(target.tolist(), said.tolist())])
    mean: Floats = (weights @ values) / weights.sum(axis=1)
    return mean


def rouge_1_of(target: Texts, said: Texts, weights: Floats) -> Floats:
    """The mean of ROUGE-1's F1: (N,), (N,), (R, N) -> (R,)."""
    return _rouge_of(1, target, said, weights)


def rouge_2_of(target: Texts, said: Texts, weights: Floats) -> Floats:
    """The mean of ROUGE-2's F1: (N,), (N,), (R, N) -> (R,)."""
    return _rouge_of(2, target, said, weights)


bleu = Metric("bleu", "translations", True, "values", bleu_of, high=100.0)
chrf = Metric("chrf", "translations", True, "values", chrf_of, high=100.0)
rouge_1 = Metric("rouge_1", "translations", True, "values", rouge_1_of, high=1.0)
rouge_2 = Metric("rouge_2", "translations", True, "values", rouge_2_of, high=1.0)
rouge_l = Metric("rouge_l", "translations", True, "values", rouge_l_of, high=1.0)
