"""Where a network is worst: a metric for each group of rows, and the groups that are worse than all other rows.

Legend: N rows, G groups. A difference of two groups has the interval of Zou and Donner (Construction of confidence
limits about effect measures, 2008) from those of the two, l to u: d - sqrt((x - l_x)^2 + (u_y - y)^2) to
d + sqrt((u_x - x)^2 + (y - l_y)^2). For shares of right rows with Wilson's intervals that is Newcombe's (1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .inputs import Floats, checked_weight
from .intervals import Measured, measure
from .metrics import Metric
from .resampling import LEVEL

SMALLEST = 30
"""Groups of fewer rows are not looked at, nor those that leave fewer."""
CANDIDATES = 20
"""For so many groups, those furthest on the wrong side of the rest for their size, an interval is worked out."""
BINS = 5
"""Numbers are grouped by the quantiles that part them into so many bins."""
FEW = 10
"""Up to so many distinct numbers are a group each."""


@dataclass(frozen=True)
class Grouping:
    """The groups of one column.

    Args:
        column: its name.
        names: (G,) of its groups.
        codes: (N,) the group of each row.
    """

    column: str
    names: tuple[str, ...]
    codes: NDArray[np.int64]


@dataclass(frozen=True)
class Slice:
    """A group of rows beside all other rows.

    Args:
        column: that makes the group.
        group: its name.
        rows: how many it has.
        value: the metric of the group; None where it is not defined.
        low, high: its 95% interval; None where the rows do not allow one.
        rest: the metric of all other rows.
        difference: ``value`` less ``rest``.
        difference_low, difference_high: the interval of the difference.
    """

    column: str
    group: str
    rows: int
    value: float | None
    low: float | None
    high: float | None
    rest: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None


@dataclass(frozen=True)
class Found:
    """What a search for the worst groups found.

    Args:
        looked_at: the number of groups.
        worst: those that are worse than all other rows, the largest difference first. The intervals of the differences
            hold for all groups that were looked at together, 19 times in 20 (Bonferroni).
    """

    looked_at: int
    worst: list[Slice]


def search(
    target: NDArray[Any],
    prediction: NDArray[Any],
    metric: Metric,
    groupings: Sequence[Grouping],
    seed: int = 0,
    weight: ArrayLike | None = None,
) -> Found:
    """Look for the groups where a prediction is worse than in all other rows.

    Args:
        target: (N,) class indices, or (N,) or (N, K) values.
        prediction: (N, C) probabilities, or values of the target's shape.
        metric: what decides.
        groupings: of the columns to look at.
        seed: see ``measure``.
        weight: (N,) row weights.

    Raises:
        DataError: the arrays do not fit together, or are not finite.
    """
    row_weight = checked_weight(weight, len(target))
    candidates: list[tuple[float, Grouping, int]] = []
    looked_at = 0
    for grouping in groupings:
        gaps, sizes = _gaps(target, prediction, metric, grouping, row_weight)
        enough = (sizes >= SMALLEST) & (len(target) - sizes >= SMALLEST) & ~np.isnan(gaps)
        looked_at += int(enough.sum())
        wrong = np.flatnonzero(enough & (gaps > 0))
        candidates += [(float(gaps[g] * sizes[g] ** 0.5), grouping, int(g)) for g in wrong]
    candidates.sort(key=lambda each: -each[0])
    worst = []
    for _, grouping, g in candidates[:CANDIDATES]:
        inside = grouping.codes == g
        name = grouping.names[g]
        level = 1 - (1 - LEVEL) / looked_at
        found = beside_rest(
            target, prediction, metric, inside, (grouping.column, name), seed, row_weight, level
        )
        ends = (found.difference_low, found.difference_high)
        if ends[0] is not None and ends[1] is not None and (ends[0] > 0 or ends[1] < 0):
            worst.append(found)
    worst.sort(key=lambda each: -abs(each.difference or 0.0))
    return Found(looked_at, worst)


def beside_rest(
    target: NDArray[Any],
    prediction: NDArray[Any],
    metric: Metric,
    inside: NDArray[np.bool_],
    name: tuple[str, str],
    seed: int = 0,
    weight: Floats | None = None,
    level: float = LEVEL,
) -> Slice:
    """A group of rows beside all other rows.

    Args:
        target, prediction, metric, seed, weight: as in ``search``.
        inside: (N,) which rows are the group.
        name: the column and the group.
        level: of the interval of the difference; the group's own is of 95%.
    """

    def measured(rows: NDArray[np.bool_], level: float) -> Measured | None:
        if not rows.any() or (weight is not None and not weight[rows].any()):
            return None
        w = None if weight is None else weight[rows]
        return measure(target[rows], prediction[rows], [metric], seed, weight=w, level=level)[metric.name]

    own, mine, others = measured(inside, LEVEL), measured(inside, level), measured(~inside, level)
    difference, low, high = less(mine, others)
    return Slice(
        column=name[0],
        group=name[1],
        rows=int(inside.sum()),
        value=own["value"] if own else None,
        low=own["low"] if own else None,
        high=own["high"] if own else None,
        rest=others["value"] if others else None,
        difference=difference,
        difference_low=low,
        difference_high=high,
    )


def less(x: Measured | None, y: Measured | None) -> tuple[float | None, float | None, float | None]:
    """x less y, measured on different rows, and the interval of that; None for what is not known.

    >>> x = Measured(value=0.7, low=0.6, high=0.78, method="wilson", reason=None)
    >>> y = Measured(value=0.9, low=0.88, high=0.91, method="wilson", reason=None)
    >>> [round(end, 3) for end in less(x, y)]
    [-0.2, -0.3, -0.118]
    """
    if x is None or y is None or x["value"] is None or y["value"] is None:
        return None, None, None
    difference = x["value"] - y["value"]
    if x["low"] is None or x["high"] is None or y["low"] is None or y["high"] is None:
        return difference, None, None
    down = ((x["value"] - x["low"]) ** 2 + (y["high"] - y["value"]) ** 2) ** 0.5
    up = ((x["high"] - x["value"]) ** 2 + (y["value"] - y["low"]) ** 2) ** 0.5
    return difference, difference - down, difference + up


def by_number(column: str, values: Floats) -> Grouping:
    """Groups of numbers: each by itself where they are few, else bins between quantiles; missing ones are a group.

    >>> by_number("age", np.array([1.0, 2.0, np.nan, 2.0])).names
    ('1', '2', 'missing')
    """
    known = np.isfinite(values)
    distinct = np.unique(values[known])
    if len(distinct) <= FEW:
        names = [f"{value:.6g}" for value in distinct]
        codes = np.searchsorted(distinct, np.where(known, values, np.inf))
    else:
        edges = np.unique(np.quantile(values[known], np.linspace(0, 1, BINS + 1)[1:-1], method="higher"))
        edges = edges[edges > distinct[0]] if edges[-1] > distinct[0] else distinct[1:2]
        shown = [f"{edge:.6g}" for edge in edges]
        between = [f"{a} to {b}" for a, b in pairwise(shown)]
        names = [f"below {shown[0]}", *between, f"{shown[-1]} or more"]
        codes = np.searchsorted(edges, values, side="right")
    if not known.all():
        codes = np.where(known, codes, len(names))
        names = [*names, "missing"]
    return Grouping(column, tuple(names), codes.astype(np.int64))


def by_label(column: str, labels: Sequence[str | None]) -> Grouping:
    """Groups of labels: each that is frequent enough, all others together; missing ones are a group.

    >>> by_label("sex", ["m", "f", None, "m"]).names
    ('others (2)', 'missing')
    """
    text = np.array(["" if label is None else str(label) for label in labels], dtype=object)
    missing = np.array([label is None for label in labels], dtype=bool)
    distinct, codes, counts = np.unique(text[~missing].astype(str), return_inverse=True, return_counts=True)
    frequent = counts >= SMALLEST
    place = np.where(frequent, np.cumsum(frequent) - 1, frequent.sum())
    names = [str(name) for name in distinct[frequent]]
    if not frequent.all():
        names.append(f"others ({(~frequent).sum()})")
    group = np.full(len(text), len(names), dtype=np.int64)
    group[~missing] = place[codes]
    return Grouping(column, (*names, "missing") if missing.any() else tuple(names), group)


def _gaps(
    target: NDArray[Any], prediction: NDArray[Any], metric: Metric, grouping: Grouping, weight: Floats | None
) -> tuple[Floats, NDArray[np.int64]]:
    """By how much each group (G,) is worse than the rest; NaN where that is not defined. And its rows."""
    count = len(grouping.names)
    inside = (grouping.codes[None] == np.arange(count)[:, None]).astype(np.float64)
    sizes = inside.sum(1).astype(np.int64)
    both = np.concatenate([inside, 1.0 - inside])
    values = metric(target, prediction, both if weight is None else both * weight)
    gap = values[count:] - values[:count]
    return gap if metric.greater_is_better else -gap, sizes
