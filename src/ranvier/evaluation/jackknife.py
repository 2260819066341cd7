"""The jackknife: how much a metric moves when some of the rows are left out, and the interval that follows.

Legend: N rows, G blocks of rows, M distinct outcomes. Each row is in one block; a metric is evaluated G times, each
time without one block. Up to ``WHOLE`` rows a block is a row. What this covers is in benchmarks/RESULTS.md, what else
was tried in docs/log.md. References: Tukey, Bias and confidence in not-quite large samples (1958); Quenouille, Notes on
bias in estimation (1956); Busing, Meijer and van der Leeden, Delete-m jackknife for unequal m (1999); Hall, On the
removal of skewness by transformation (1992); Satterthwaite, An approximate distribution of estimates of variance
components (1946).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .inputs import Floats
from .metrics import Metric
from .resampling import CHUNK, LEVEL, Intp, distinct

WHOLE = 500
"""Up to so many rows are left out one at a time."""
BLOCKS = 200
"""So many blocks there are of more rows."""


@dataclass(frozen=True)
class Blocks:
    """Which rows are left out together.

    Args:
        of: (N,) the block of each row.
        sizes: (G,) the rows of each block.
    """

    of: Intp
    sizes: Intp

    @classmethod
    def draw(cls, rows: int, seed: int) -> Blocks:
        """Blocks of nearly the same size, drawn at random."""
        count = rows if rows <= WHOLE else BLOCKS
        of = np.random.default_rng([seed, 3]).permutation(rows) % count
        return cls(of, np.bincount(of, minlength=count))


def without_each(
    metrics: Sequence[Metric],
    target: NDArray[Any],
    prediction: Floats,
    blocks: Blocks,
    weight: Floats | None = None,
) -> dict[str, Floats]:
    """The values (G,) of each metric, by name, on the rows without each block; NaN where it is not defined.

    Args:
        metrics: what to measure.
        target: (N,) or (N, K), checked.
        prediction: (N, C) or (N, K), checked.
        blocks: of the rows.
        weight: (N,) row weights.
    """
    found: dict[str, list[Floats]] = {metric.name: [] for metric in metrics}
    by_label = [metric for metric in metrics if metric.needs == "labels" and target.ndim == 1]
    by_row = [metric for metric in metrics if metric not in by_label]
    count, rows = len(blocks.sizes), len(target)
    if by_label:
        predicted = by_label[0].read(prediction)
        first, code = distinct(target, [predicted])
        counted = np.bincount(blocks.of * len(first) + code, weight, count * len(first))
        cells = counted.astype(np.float64).reshape(count, len(first))
        left = np.clip(cells.sum(0) - cells, 0.0, None)
        for metric in by_label:
            found[metric.name].append(metric.compute(target[first], predicted[first], left))
    step = max(1, CHUNK // rows) if by_row else count
    for start in range(0, count if by_row else 0, step):
        several = np.arange(start, min(start + step, count))
        left = (blocks.of[None] != several[:, None]).astype(np.float64)
        if weight is not None:
            left *= weight
        for metric in by_row:
            found[metric.name].append(metric.compute(target, metric.read(prediction), left))
    return {name: np.concatenate(values) for name, values in found.items()}


@dataclass(frozen=True)
class Moments:
    """What the blocks say of a metric.

    Args:
        middle: the metric less its bias.
        deviation: its standard error.
        skewness: of what each block adds to it.
        kurtosis: likewise; 3 of the normal distribution.
    """

    middle: float
    deviation: float
    skewness: float
    kurtosis: float


def bounds(
    metric: Metric, value: float, without: Floats, blocks: Blocks, level: float = LEVEL
) -> tuple[float, float]:
    """The interval of a metric.

    Where it has two ends it is Student's t on the logit between them, about the metric less its bias; the log loss,
    whose rows are skewed but seldom far out, has it on the logarithm. Else what is measured is often a mean of numbers
    some of which are far out (squared errors): Hall's transformation takes the skewness out. As the standard error is
    itself poorly known where few rows hold most of the errors, t has no more degrees of freedom than Satterthwaite's
    2 G / (kurtosis - 1).

    Args:
        metric: what was measured.
        value: on all rows.
        without: (G,) on the rows without each block; none is NaN.
        blocks: those blocks, at least two.
        level: how often it is to hold the truth.

    Returns:
        (low, high); both are ``value`` where no block makes a difference.
    """
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    found = moments(value, without, blocks)
    count = len(without)
    if found.deviation <= abs(value) * 1e-12:
        return value, value
    freedom = min(count - 1, max(2.0, 2 * count / max(found.kurtosis - 1, 1e-9)))
    t = float(stdtrit(freedom, (1 + level) / 2))
    if metric.low < value < metric.high < np.inf and metric.low > -np.inf:
        centre = found.middle if metric.low < found.middle < metric.high else value
        below, above = centre - metric.low, metric.high - centre
        step = np.exp(t * found.deviation * (1 / below + 1 / above))
        odds, whole = below / above, metric.high - metric.low
        low, high = (metric.low + whole * end / (1 + end) for end in (odds / step, odds * step))
    elif metric.needs == "probabilities" and value > metric.low == 0:
        step = np.exp(t * found.deviation / value)
        low, high = value / step, value * step
    else:
        start, end = _without_skewness(found.skewness / count**0.5, t)
        low, high = value - end * found.deviation, value - start * found.deviation
    return max(min(float(low), value), metric.low), min(max(float(high), value), metric.high)


def moments(value: float, without: Floats, blocks: Blocks) -> Moments:
    """What the blocks say of a metric.

    Args:
        value: on all rows.
        without: (G,) on the rows without each block.
        blocks: those blocks.
    """
    times = blocks.sizes.sum() / blocks.sizes  # h_j, how many such blocks the rows would be
    each = times * value - (times - 1) * without
    middle = len(without) * value - ((1 - 1 / times) * without).sum()
    added = (each - middle) / np.sqrt(times - 1)
    variance = float((added**2).mean())
    if variance <= 0:
        return Moments(value, 0.0, 0.0, 3.0)
    skewness, kurtosis = (float((added**power).mean()) / variance ** (power / 2) for power in (3, 4))
    return Moments(float(middle), variance**0.5, skewness, kurtosis)


def _without_skewness(skew: float, t: float) -> tuple[float, float]:
    """Hall's ends of a studentised mean: (x - skew / 6 inverted) at -t and t; without skewness they are these."""
    b = skew / 6
    if abs(b) < 1e-9:
        return -t, t
    low, high = ((np.cbrt(1 + 6 * b * (x - b)) - 1) / (2 * b) for x in (-t, t))
    return float(low), float(high)
