"""How new rows differ from the training rows, column by column, from counts in the same bins.

Two questions are asked of each column. *Is it more than chance?* The chi-squared test of the two samples' counts, with
Holm's care for the number of columns (A simple sequentially rejective multiple test procedure, 1979): all columns that
are called different at the level 1% hold together. *Is it much?* The population stability index, the sum over the bins
of (q - p) ln(q / p), p and q being the shares in training and in the new rows; by custom 0.1 is noticeable and 0.25
large. With many rows anything is more than chance, with few rows the index is large by chance: a column differs where
both say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

LEVEL = 0.01
NOTICEABLE, LARGE = 0.1, 0.25
ENOUGH = 30
"""New rows below which nothing is claimed."""
EXPECTED = 5.0
"""Bins with fewer expected rows are taken together before the test."""

Size = Literal["large", "noticeable", "none"]


@dataclass(frozen=True)
class Shift:
    """How one column differs.

    Args:
        column: its name.
        index: the population stability index.
        chance: the p value, corrected for the number of columns.
        size: ``large`` or ``noticeable`` where it is more than chance, else ``none``.
    """

    column: str
    index: float
    chance: float
    size: Size

    def as_dict(self) -> dict[str, Any]:
        """The shift as JSON values."""
        return asdict(self)


def shifts(counts: Mapping[str, tuple[Sequence[int], Sequence[int]]]) -> list[Shift]:
    """Compare columns of training with those of new rows; the largest shift first.

    Args:
        counts: of each column, the rows in each bin in training and in the new rows.

    >>> found = shifts({"same": ([50, 50], [49, 51]), "other": ([90, 10], [10, 90])})
    >>> [(shift.column, round(shift.index, 1), shift.size) for shift in found]
    [('other', 3.4, 'large'), ('same', 0.0, 'none')]
    """
    chances = holm([chance_of(*both) for both in counts.values()])
    found = []
    for (name, (training, new)), chance in zip(counts.items(), chances):
        index = stability_index(training, new)
        real = chance < LEVEL and min(sum(training), sum(new)) >= ENOUGH and index >= NOTICEABLE
        size: Size = "none" if not real else "large" if index >= LARGE else "noticeable"
        found.append(Shift(name, index, chance, size))
    order = {"large": 0, "noticeable": 1, "none": 2}
    return sorted(found, key=lambda shift: (order[shift.size], -shift.index))


def stability_index(training: ArrayLike, new: ArrayLike) -> float:
    """The population stability index of two samples' counts in the same bins; half a row is added to each bin.

    >>> round(stability_index([70, 30], [30, 70]), 2)
    0.66
    """
    both = np.stack([np.asarray(training, dtype=np.float64), np.asarray(new, dtype=np.float64)]) + 0.5
    p, q = both / both.sum(1, keepdims=True)
    return float(((q - p) * np.log(q / p)).sum())


def chance_of(training: ArrayLike, new: ArrayLike) -> float:
    """The p value of the chi-squared test that two samples of counts have the same shares."""
    from scipy.special import chdtrc  # type: ignore[import-untyped]

    table = np.stack([np.asarray(training, dtype=np.float64), np.asarray(new, dtype=np.float64)])
    if not table.sum(1).all():
        return 1.0
    least = table.sum(0) * table.sum(1).min() / table.sum()
    small = least < EXPECTED
    table = np.column_stack([table[:, ~small], table[:, small].sum(1)])
    table = table[:, table.sum(0) > 0]
    if table.shape[1] < 2:
        return 1.0
    expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
    return float(chdtrc(table.shape[1] - 1, ((table - expected) ** 2 / expected).sum()))


def holm(chances: Sequence[float]) -> list[float]:
    """P values corrected for their number, so that those below a level hold together at that level.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(chances, kind="stable")
    corrected, largest = [0.0] * len(chances), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(chances) - rank) * chances[place]))
        corrected[place] = largest
    return corrected
