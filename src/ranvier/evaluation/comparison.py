"""Which of two predictions of the same rows is better, or that these rows cannot tell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .inputs import check_probabilities, checked, checked_weight
from .metrics import Metric
from .resampling import Z, percentile_bounds, resampled

PHRASES = {
    "linear": "the linear model",
    "trees": "the trees",
    "lexicon": "each token's usual tag",
    "nearest": "the nearest question's answer",
    "copy": "the text itself",
    "sentence": "the sentence that shares most words",
    "word_table": "the word table",
}
"""What a sentence calls the baselines."""


@dataclass(frozen=True)
class Comparison:
    """Prediction a against prediction b on the same rows.

    Args:
        difference: the metric of a less that of b; None where one of them is not defined.
        low: lower end of the 95% interval of the difference; None where the rows or the metric do not allow one.
        high: upper end of it.
        better: ``a`` or ``b`` where the interval excludes 0, else ``neither``.
    """

    difference: float | None
    low: float | None
    high: float | None
    better: Literal["a", "b", "neither"]


def compare(
    target: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    metric: Metric,
    resamples: int = 1000,
    seed: int = 0,
    *,
    weight: ArrayLike | None = None,
) -> Comparison:
    """Compare two predictions on the same test rows.

    The rows are resampled once for both, so that what makes a row hard for both cancels (a paired bootstrap). A share
    of right rows has the interval of Bonett and Price (2012) instead, which holds for few rows, where the bootstrap is
    too sure. With f the rows that only a has right, g those that only b has right, of n:

        p = (f + 1) / (n + 2),  q = (g + 1) / (n + 2),  p - q -+ z sqrt((p + q - (p - q)^2) / (n + 2))

    Args:
        target: (N,) class indices 0..C-1, or (N,) or (N, K) values, or (N, L) 0 and 1.
        a: a prediction: (N, C) probabilities or scores, or values of the target's shape, or (N, L) probabilities.
        b: another one.
        metric: what decides.
        resamples: R, at least 100; fewer are used for many rows, as in ``measure``.
        seed: of the resamples.
        weight: (N,) row weights; with them every interval is the bootstrap's.

    Raises:
        DataError: the arrays do not fit together, are not finite, or are not the probabilities that are needed.
        SpecError: fewer than 100 resamples are asked for.
    """
    truth, of_a = checked(target, a, metric.form)
    _, of_b = checked(target, b, metric.form)
    if metric.needs == "probabilities":
        check_probabilities(of_a, metric.form)
        check_probabilities(of_b, metric.form)
    row_weight = checked_weight(weight, len(truth))
    once = np.ones((1, len(truth))) if row_weight is None else row_weight[None]
    first, second = (float(metric.compute(truth, metric.read(p), once)[0]) for p in (of_a, of_b))
    difference = first - second
    if math.isnan(difference):
        return Comparison(None, None, None, "neither")
    bounds: tuple[float, float] | None
    if metric.interval is not None:  # a bootstrap does not hold for it, and its own is of one prediction
        return Comparison(difference, None, None, "neither")
    if metric.proportion and metric.needs == "labels" and row_weight is None:
        bounds = _paired_shares(truth, metric.read(of_a), metric.read(of_b))
    else:
        drawn = resampled([metric], truth, [of_a, of_b], resamples, seed, row_weight)[metric.name]
        bounds = percentile_bounds(drawn[0] - drawn[1], len(truth))
    if bounds is None:
        return Comparison(difference, None, None, "neither")
    better: Literal["a", "b", "neither"] = "neither"
    if bounds[0] > 0 or bounds[1] < 0:
        better = "a" if (bounds[0] > 0) == metric.greater_is_better else "b"
    return Comparison(difference, *bounds, better)


def verdict(
    metric: Metric,
    network_value: float | None,
    comparisons: Mapping[str, Comparison],
    trivial: str = "the trivial answer",
) -> str:
    """Say in words how a network compares with the baselines.

    Args:
        metric: what decides.
        network_value: the metric of the network; None where it is not defined.
        comparisons: the network (a) against each baseline (b), by the baseline's name in the catalogue.
        trivial: what the trivial baseline does: ``always answering 'no'``.

    >>> from ranvier.evaluation.metrics import accuracy
    >>> linear = Comparison(0.031, 0.012, 0.050, "a")
    >>> trees = Comparison(-0.004, -0.016, 0.008, "neither")
    >>> print(verdict(accuracy, 0.853, {"linear": linear, "trees": trees}))  # doctest: +NORMALIZE_WHITESPACE
    Better than the linear model (accuracy +0.031, 95% interval +0.012 to +0.050) and no better than the trees
    (-0.004, -0.016 to +0.008).
    """
    title = metric.name.replace("_", " ")
    if network_value is None or math.isnan(network_value):
        return f"The {title} of the network could not be measured on the test rows, as {metric.undefined}."
    told = dict(comparisons)
    nothing = told.pop("trivial", None)
    if nothing is not None and nothing.difference is not None and nothing.better != "a":
        clauses, _ = _clauses(metric, title, {trivial: nothing})
        return f"{_capital(clauses[0])}: this network has learnt nothing that the test rows can show."
    named = {PHRASES.get(name, f"the baseline {name!r}"): comparison for name, comparison in told.items()}
    if nothing is not None and (not told or nothing.difference is None):  # that it beats this is no news else
        named[trivial] = nothing
    clauses, unknown = _clauses(metric, title, named)
    return _sentences(clauses, unknown, title) or "There is no baseline to compare with."


def _clauses(metric: Metric, title: str, named: Mapping[str, Comparison]) -> tuple[list[str], list[str]]:
    """A clause for each outcome, and the names of what could not be compared."""
    words = {"a": "better than", "neither": "no better than", "b": "worse than"}
    clauses: list[str] = []
    direction = "" if metric.greater_is_better else "; lower is better"
    for outcome, word in words.items():
        phrases: list[str] = []
        for name, found in named.items():
            if found.better == outcome and found.difference is not None:
                first = not clauses and not phrases
                phrases.append(
                    f"{name} ({_numbers(metric, title, found, first)}{direction if first else ''})"
                )
        if phrases:
            clauses.append(f"{word} {_listed(phrases)}")
    return clauses, [name for name, found in named.items() if found.difference is None]


def _numbers(metric: Metric, title: str, found: Comparison, first: bool) -> str:
    numbers = [number for number in (found.difference, found.low, found.high) if number is not None]
    largest = max(abs(number) for number in numbers)
    digits = 3 if largest == 0 else 1 - math.floor(math.log10(largest))
    digits = max(digits, 3 if math.isfinite(metric.high) else 0)
    shown = [f"{number:+,.{digits}f}" for number in numbers]
    head = f"{title} {shown[0]}" if first else shown[0]
    if len(shown) == 1:
        return f"{head}, no interval"
    return f"{head}, {'95% interval ' if first else ''}{shown[1]} to {shown[2]}"


def _sentences(clauses: Sequence[str], unknown: Sequence[str], title: str) -> str:
    sentences = [f"{_capital(_listed(clauses))}."] if clauses else []
    if unknown:
        sentences.append(f"The {title} cannot be compared with that of {_listed(unknown)}.")
    return " ".join(sentences)


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _paired_shares(target: NDArray[Any], a: NDArray[Any], b: NDArray[Any]) -> tuple[float, float]:
    """The interval for what is predicted, each (N,) classes, or (N, L) marks that are right where all of them are."""
    rows_of = (len(target), -1)
    right_a, right_b = ((each == target).reshape(rows_of).all(1) for each in (a, b))
    rows = len(target) + 2
    p = (int((right_a & ~right_b).sum()) + 1) / rows
    q = (int((right_b & ~right_a).sum()) + 1) / rows
    half = Z * math.sqrt((p + q - (p - q) ** 2) / rows)
    return max(p - q - half, -1.0), min(p - q + half, 1.0)
