"""The interval of what is counted by class: the jackknife, with a few rows added where a class may have too few.

Legend: N rows, C classes, G blocks of rows. Of eleven rows of a class hardly one may be wrong, and then leaving rows
out shows nothing of how often one is. As Agresti and Coull do for a share (Approximate is better than "exact", 1998),
and Price and Bonett for a mean of shares (An improved confidence interval for a linear function of binomial
proportions, 2004), rows that are as often right as wrong are added: ``ROWS`` in all, the same number for each class.
They draw the middle of the interval away from its ends, and count in its width as drawn rows do; the metric itself
stays what it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .classification import Labels
from .inputs import Floats
from .jackknife import Blocks, moments, without_each
from .metrics import Metric
from .resampling import LEVEL

ROWS = 3.0
"""So many rows are added in all. Price and Bonett add 4; the jackknife is a little wider than their formula."""


def takes(metric: Metric, target: NDArray[Any]) -> bool:
    """Whether a metric is counted from true and predicted classes, of which rows hold at least two."""
    return metric.form == "classes" and metric.needs == "labels" and bool((target != target[0]).any())


def bounds_with_rows(
    metrics: list[Metric],
    target: Labels,
    prediction: Floats,
    blocks: Blocks,
    weight: Floats | None = None,
    level: float = LEVEL,
) -> dict[str, tuple[float, float]]:
    """The interval of each metric, by name.

    The added rows of a class are predicted as itself and as the next class that occurs. Rows and added rows are left
    out as the jackknife does; an added row of weight a among n in all moves the metric by d, and adds (n - a) / (n a)
    d^2 to its variance.

    Args:
        metrics: such as ``takes`` says yes to.
        target: (N,) checked.
        prediction: (N, C) checked.
        blocks: of the rows, at least two.
        weight: (N,) row weights.
        level: how often it is to hold the truth.
    """
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    if not metrics:
        return {}
    rows, classes = len(target), np.unique(target)
    each = np.ones(rows) if weight is None else weight / weight.mean()
    added = ROWS / (2 * len(classes))
    guessed = np.concatenate([classes, np.roll(classes, -1)])
    target = np.concatenate([target, classes, classes])
    prediction = np.concatenate([prediction, np.eye(prediction.shape[1])[guessed]])
    every = np.concatenate([each, np.full(len(guessed), added)])
    known = len(blocks.sizes)
    wider = Blocks(
        np.concatenate([blocks.of, known + np.arange(len(guessed))]),
        np.concatenate([blocks.sizes, np.ones(len(guessed), dtype=np.int64)]),
    )
    without = without_each(metrics, target, prediction, wider, every)
    part = (every.sum() - added) / (every.sum() * added)
    t = float(stdtrit(rows - 1, (1 + level) / 2))
    found = {}
    for metric in metrics:
        value = float(metric.compute(target, metric.read(prediction), every[None])[0])
        of_rows = moments(value, without[metric.name][:known], blocks).deviation ** 2
        of_added = part * float(((without[metric.name][known:] - value) ** 2).sum())
        half = t * float(of_rows + of_added) ** 0.5
        found[metric.name] = (max(value - half, metric.low), min(value + half, metric.high))
    return found
