"""How far a measure moves when the same network is trained again from another seed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypedDict

import numpy as np


class Spread(TypedDict):
    """A metric over several trainings.

    ``mean`` and ``deviation`` (the standard deviation of a sample, n - 1) are None where fewer than one or two
    trainings have a value; ``best`` and ``worst`` are their seeds, ``best_value`` and ``worst_value`` what they
    reached.
    """

    trainings: int
    mean: float | None
    deviation: float | None
    best: int | None
    best_value: float | None
    worst: int | None
    worst_value: float | None


def spread(values: Mapping[int, float | None], greater_is_better: bool) -> Spread:
    """Sum up a metric over trainings that differ in their seed alone.

    Args:
        values: of each seed; None where the metric is not defined.
        greater_is_better: whether a higher value is better.

    >>> found = spread({0: 0.8, 1: 0.9, 2: 0.7, 3: None}, greater_is_better=True)
    >>> found["trainings"], round(found["mean"], 3), round(found["deviation"], 3), found["best"], found["worst"]
    (3, 0.8, 0.1, 1, 2)
    """
    known = {seed: value for seed, value in values.items() if value is not None and math.isfinite(value)}
    if not known:
        return Spread(
            trainings=0, mean=None, deviation=None, best=None, best_value=None, worst=None, worst_value=None
        )
    numbers = np.array(list(known.values()))
    order = sorted(known, key=lambda seed: known[seed], reverse=greater_is_better)
    return Spread(
        trainings=len(known),
        mean=float(numbers.mean()),
        deviation=round(float(numbers.std(ddof=1)), 12) if len(known) > 1 else None,
        best=order[0],
        best_value=known[order[0]],
        worst=order[-1],
        worst_value=known[order[-1]],
    )
