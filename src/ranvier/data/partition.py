"""Dividing units (rows that stay together) into parts of given sizes; pure functions of arrays.

Legend: N rows, U units, S strata, P parts of which the first is ``train``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

PARTS = ("train", "validation", "test")
"""The parts of a split, in the order of time."""

Ints = NDArray[np.int64]


def cut(units: Ints, parts: Sequence[str], held: Mapping[str, int]) -> NDArray[np.str_]:
    """Cut the units, in the order of their numbers, into consecutive parts.

    Each part gets at least one unit. A unit goes where the middle of its rows falls, so that no part is further from
    its size than a unit is large.

    Args:
        units: (N,) the unit of each row: 0 to U - 1, each of which occurs; U >= P.
        parts: the P parts in order; the first takes what the others leave.
        held: the number of rows wanted in each part but the first.

    Returns:
        (N,) the part of each row.
    """
    sizes = np.bincount(units)
    middle = np.cumsum(sizes) - sizes / 2
    wanted = [held[part] for part in parts[1:]]
    ends = np.cumsum([len(units) - sum(wanted), *wanted])[:-1]
    bounds: list[int] = []
    for place, end in enumerate(ends):
        low = bounds[-1] + 1 if bounds else 1
        high = len(sizes) - (len(ends) - place)
        bounds.append(int(np.clip(np.searchsorted(middle, end), low, high)))
    part_of_unit = np.searchsorted(bounds, np.arange(len(sizes)), side="right")
    return np.array(parts, dtype="<U10")[part_of_unit[units]]


def stratified(units: Ints, strata: Ints, parts: Sequence[str], held: Mapping[str, int]) -> NDArray[np.str_]:
    """Divide the units of each stratum, in the order of their numbers, by the same shares.

    Each held-out part has within one row of a stratum's share, where its units are single rows; what rounding leaves
    goes to the strata with the largest remainders. Each stratum keeps at least one unit in train, unless a part would
    be empty otherwise.

    Args:
        units: (N,) the unit of each row: 0 to U - 1 in random order, each of which occurs; U >= P.
        strata: (N,) the stratum of each row: 0 to S - 1, each of which occurs. A unit's stratum is that of its first
            row.
        parts: the P parts; the first takes what the others leave.
        held: the number of rows wanted in each part but the first.

    Returns:
        (N,) the part of each row.
    """
    _, first = np.unique(units, return_index=True)
    stratum, sizes = strata[first], np.bincount(units)
    order = np.argsort(stratum, kind="stable")  # by stratum, then by the unit's (random) number
    rows_of = np.bincount(stratum, weights=sizes).astype(np.int64)
    ends = np.cumsum(np.bincount(stratum))  # where each stratum ends in ``order``
    before = np.cumsum(sizes[order]) - sizes[order] / 2 - (np.cumsum(rows_of) - rows_of)[stratum[order]]
    free = rows_of - sizes[order][ends - 1]  # the last unit's middle lies beyond: it stays in train
    part_of_unit = np.zeros(len(sizes), dtype=np.int64)
    taken = np.zeros(len(rows_of), dtype=np.int64)
    for number, part in reversed(list(enumerate(parts))[1:]):
        share = apportion(rows_of, held[part], free - taken)
        low, high = taken[stratum[order]], (taken + share)[stratum[order]]
        part_of_unit[order[(low <= before) & (before < high)]] = number
        taken += share
    _fill_empty(part_of_unit, stratum, sizes, len(parts))
    return np.array(parts, dtype="<U10")[part_of_unit[units]]


def apportion(rows: Ints, total: int, most: Ints) -> Ints:
    """Share ``total`` out in proportion to ``rows`` (S,), none above ``most`` (S,), by the largest remainders.

    The shares add up to ``total``, unless ``most`` forbids that.

    >>> apportion(np.array([50, 30, 20]), 7, np.array([49, 29, 19])).tolist()
    [4, 2, 1]
    """
    ideal = rows * (total / rows.sum())
    share: Ints = np.minimum(np.floor(ideal).astype(np.int64), most)
    while (left := total - int(share.sum())) > 0 and (share < most).any():
        by_remainder = np.argsort(share - ideal, kind="stable")
        share[by_remainder[(share < most)[by_remainder]][:left]] += 1
    return share


def _fill_empty(part_of_unit: Ints, stratum: Ints, sizes: Ints, parts: int) -> None:
    """Give each empty part the smallest training unit of the stratum that has most of them (in place)."""
    for part in range(1, parts):
        if not (part_of_unit == part).any():
            training = np.flatnonzero(part_of_unit == 0)
            richness = np.bincount(stratum[training])[stratum[training]]
            part_of_unit[training[np.lexsort((sizes[training], -richness))[0]]] = part
