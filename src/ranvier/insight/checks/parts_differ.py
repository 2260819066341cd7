"""RV110: the test rows are unlike the training rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...finding import Finding, Severity
from .case import Case, named
from .sample import draw, read_columns

EFFECT = 0.25
"""The least distance: of Kolmogorov and Smirnov for numbers, total variation for words (0 same, 1 apart)."""

LEVEL = 0.001
"""Of all columns together (Bonferroni)."""

FEWEST = 30
"""Test rows below which nothing is said."""

COMMON = 20
"""So many words are told apart; the rest is one."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class PartsDiffer:
    """Test rows that were given apart, or are the latest, are unlike the training rows."""

    code: ClassVar[str] = "RV110"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Compare each input column and the target between the two parts."""
        inputs = len(case.schema.inputs)
        if case.drawn not in ("given", "time") or len(case.split.test) < FEWEST:
            return
        train = draw(case.split.train, inputs, case.seed)
        test = draw(case.split.test, inputs, case.seed)
        both = np.concatenate([train, test])
        columns = read_columns(case.table.frame, case.schema, both)
        known = len(train)
        results = {
            name: numbers_differ(values[:known], values[known:]) for name, values in columns.numbers.items()
        }
        results |= {name: words_differ(codes[:known], codes[known:]) for name, codes in columns.words.items()}
        target = case.targets[both]
        compare = numbers_differ if case.classes is None else words_differ
        if target.ndim == 1:  # sets of labels are not compared
            results[case.task.target] = compare(target[:known], target[known:])
        limit = LEVEL / len(results)
        effects = {
            name: effect for name, (effect, chance) in results.items() if effect >= EFFECT and chance < limit
        }
        if not effects:
            return
        ordered = sorted(effects, key=lambda name: -effects[name])
        how = "The rows that were given for testing" if case.drawn == "given" else "The latest rows"
        yield Finding(
            code=PartsDiffer.code,
            severity=PartsDiffer.severity,
            place=named(ordered),
            cause=(
                f"{how} are unlike the training rows (distance {effects[ordered[0]]:.2f} in {ordered[0]!r}, where "
                "0 is the same and 1 wholly apart)."
            ),
            remedy="Train on rows that are like those that will come, or read the measure as one of other rows.",
            evidence={
                "distance": {name: round(effects[name], 4) for name in ordered},
                "columns_compared": len(results),
                "train_rows": len(train),
                "test_rows": len(test),
            },
        )


def numbers_differ(first: Floats, second: Floats) -> tuple[float, float]:
    """Kolmogorov and Smirnov's distance of two samples of numbers (NaN is missing), and its asymptotic p value.

    Where the share of missing values differs by more, that is the distance.

    >>> effect, chance = numbers_differ(np.arange(100.0), np.arange(50.0, 150.0))
    >>> round(effect, 2), chance < 1e-6
    (0.5, True)
    """
    gaps = words_differ(np.isnan(first).astype(np.int64), np.isnan(second).astype(np.int64))
    one, other = np.sort(first[~np.isnan(first)]), np.sort(second[~np.isnan(second)])
    if not len(one) or not len(other):
        return gaps
    every = np.concatenate([one, other])
    below = np.searchsorted(one, every, side="right") / len(one)
    distance = float(np.abs(below - np.searchsorted(other, every, side="right") / len(other)).max())
    size = len(one) * len(other) / (len(one) + len(other))
    return max((distance, min(1.0, 2 * math.exp(-2 * size * distance**2))), gaps)


def words_differ(first: Ints, second: Ints) -> tuple[float, float]:
    """The total variation of two samples of codes, and the p value of the chi-squared test of their table.

    The rarest codes count as one.

    >>> words_differ(np.array([0, 1] * 50), np.array([0, 1] * 50))[0]
    0.0
    """
    from scipy.special import chdtrc  # type: ignore[import-untyped]

    _, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    codes = codes.reshape(-1)
    counts = np.stack(
        [np.bincount(part, minlength=codes.max() + 1) for part in np.split(codes, [len(first)])]
    )
    order = np.argsort(-counts.sum(0), kind="stable")
    table = np.column_stack([counts[:, order[:COMMON]], counts[:, order[COMMON:]].sum(1)]).astype(np.float64)
    table = table[:, table.sum(0) > 0]
    if table.shape[1] < 2 or not len(first) or not len(second):
        return 0.0, 1.0
    expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
    free = table.shape[1] - 1
    statistic = float(((table - expected) ** 2 / expected).sum())
    shares = table / table.sum(1, keepdims=True)
    return float(np.abs(shares[0] - shares[1]).sum() / 2), float(chdtrc(free, statistic))
