"""The bootstrap: what a metric would have been on other test rows of the same kind.

Legend: N rows, M distinct outcomes, R resamples. Each resample draws N rows with replacement (Efron, Bootstrap methods,
1979). A resample is its multiplicities, so that a metric is evaluated for many at once as products with (R, N). What
reads labels alone is drawn from the M distinct outcomes (target, predicted class): multinomial, at a cost that does not
depend on N.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import Mistake, SpecError
from .inputs import Floats
from .metrics import Metric

LEVEL = 0.95
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)

FEWEST = 100
"""Fewer resamples than this say nothing of the ends of an interval."""
DRAWS = 100_000_000
"""So many numbers are drawn for one metric, about a second or two; more rows have fewer resamples, but at least 200."""
CHUNK = 1_000_000
"""So many multiplicities (8 MB) are held at once; a metric needs about four times that."""
BINOMIAL_COST = 20
"""A multinomial draw costs, for each distinct outcome, about what so many drawn rows cost."""

Intp = NDArray[np.int64]


def resampled(
    metrics: Sequence[Metric],
    target: NDArray[Any],
    predictions: Sequence[Floats],
    resamples: int,
    seed: int,
    weight: Floats | None = None,
) -> dict[str, list[Floats]]:
    """The values of each metric on each resample, for several predictions of the same rows.

    Every prediction sees the same resamples, so that differences are paired. What one metric gets does not depend on
    which others are asked for.

    Args:
        metrics: what to measure.
        target: (N,) or (N, K), checked.
        predictions: checked; (N, C) or (N, K) each.
        resamples: how many; fewer are used where N is large (see ``DRAWS``).
        seed: of the resamples.
        weight: (N,) row weights.

    Returns:
        For each metric, by name, (R,) values for each prediction; NaN where a resample leaves it undefined.

    Raises:
        SpecError: fewer than 100 resamples are asked for.
    """
    if resamples < FEWEST:
        raise SpecError(Mistake(f"{resamples} resamples are asked for", f"at least {FEWEST}"))
    found: dict[str, list[list[Floats]]] = {metric.name: [[] for _ in predictions] for metric in metrics}
    by_label = [metric for metric in metrics if metric.needs == "labels" and target.ndim == 1]
    by_row = [metric for metric in metrics if metric not in by_label]
    if by_label:
        read = [by_label[0].read(prediction) for prediction in predictions]
        first, code = distinct(target, read)
        for weights in _outcome_weights(code, len(first), resamples, seed, weight):
            for metric in by_label:
                for values, predicted in zip(found[metric.name], read):
                    values.append(metric.compute(target[first], predicted[first], weights))
    if by_row:
        count = _affordable(resamples, max(prediction.size for prediction in predictions))
        for weights in _row_weights(len(target), count, seed, weight):
            for metric in by_row:
                for values, prediction in zip(found[metric.name], predictions):
                    values.append(metric.compute(target, metric.read(prediction), weights))
    return {name: [np.concatenate(values) for values in each] for name, each in found.items()}


def percentile_bounds(values: Floats, rows: int) -> tuple[float, float] | None:
    """The 95% interval between percentiles of (R,) resampled values.

    The percentiles are Hesterberg's *expanded* ones: the plain percentile interval is too narrow by the factor
    sqrt((n - 1) / n) and by the difference of Student's t from the normal distribution, which matters for few rows
    (What teachers should know about the bootstrap, The American Statistician, 2015).

    Args:
        values: resampled values; NaN where one is undefined.
        rows: n, the number of rows that were resampled.

    Returns:
        (low, high), or None where there is one row only or half of the resamples are undefined.
    """
    finite = values[~np.isnan(values)]
    if rows < 2 or 2 * len(finite) < len(values):
        return None
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    t = float(stdtrit(rows - 1, (1 + LEVEL) / 2))
    tail = NormalDist().cdf(-t * (rows / (rows - 1)) ** 0.5)
    low, high = np.quantile(finite, [tail, 1 - tail])
    return float(low), float(high)


def wilson(share: float, rows: float, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's interval of a share: of ``rows`` independent ones, ``share`` were right.

        (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)

    Wilson, Probable inference, the law of succession, and statistical inference (1927). It never leaves 0 to 1, and it
    has a width where all rows are right.

    >>> [round(bound, 4) for bound in wilson(0.9, 50)]
    [0.7864, 0.9565]
    """
    z = Z if level == LEVEL else NormalDist().inv_cdf((1 + level) / 2)
    centre = (share + z**2 / (2 * rows)) / (1 + z**2 / rows)
    half = z * (share * (1 - share) / rows + z**2 / (4 * rows**2)) ** 0.5 / (1 + z**2 / rows)
    return min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share)


def _affordable(resamples: int, work: int) -> int:
    return min(resamples, max(2 * FEWEST, DRAWS // work))


def distinct(target: Intp, predicted: Sequence[Intp]) -> tuple[Intp, Intp]:
    """The first row of each distinct outcome (M,), and the outcome of each row (N,)."""
    code = target
    for labels in predicted:  # numbered anew at each step, so that no product overflows
        _, code = np.unique(code * (int(labels.max()) + 1) + labels, return_inverse=True)
    _, first = np.unique(code, return_index=True)
    return first.astype(np.int64), code.astype(np.int64)


def _outcome_weights(
    code: Intp, outcomes: int, resamples: int, seed: int, weight: Floats | None
) -> Iterator[Floats]:
    """Weights (r, M) of the distinct outcomes, in chunks of the resamples."""
    rows = len(code)
    generator = np.random.default_rng([seed, 1])
    if weight is None and outcomes * BINOMIAL_COST <= rows:
        share = np.bincount(code, minlength=outcomes) / rows
        for size in _chunks(_affordable(resamples, outcomes * BINOMIAL_COST), outcomes):
            yield generator.multinomial(rows, share, size=size).astype(np.float64)
        return
    for size in _chunks(_affordable(resamples, rows), rows):
        drawn = generator.integers(0, rows, size=(size, rows))
        yield _totals(code[drawn], outcomes, None if weight is None else weight[drawn])


def _row_weights(rows: int, resamples: int, seed: int, weight: Floats | None) -> Iterator[Floats]:
    """Weights (r, N) of the rows, in chunks of the resamples."""
    generator = np.random.default_rng([seed, 0])
    for size in _chunks(resamples, rows):
        multiplicity = _totals(generator.integers(0, rows, size=(size, rows)), rows, None)
        yield multiplicity if weight is None else multiplicity * weight


def _totals(group: Intp, groups: int, weight: Floats | None) -> Floats:
    """How often (or with which weight) each of ``groups`` stands in each row of (r, N): (r, groups)."""
    totals = np.empty((len(group), groups))
    for resample, drawn in enumerate(group):  # one at a time stays in the processor's cache
        totals[resample] = np.bincount(drawn, None if weight is None else weight[resample], groups)
    return totals


def _chunks(resamples: int, width: int) -> Iterator[int]:
    size = max(1, CHUNK // width)
    for start in range(0, resamples, size):
        yield min(size, resamples - start)
