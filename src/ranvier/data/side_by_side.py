"""Work on many columns at once, on the cores that there are; the results do not depend on how many these are."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

WORTH = 5_000_000
"""So many cells must be read before a second thread is worth its start."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(work: Callable[[Item], Result], items: Sequence[Item], cells: int) -> list[Result]:
    """What ``work`` gives for each of ``items``, in their order.

    Args:
        work: it must depend on its item alone, and change nothing that another item reads. It should spend its time in
            polars or NumPy, which let other threads go on.
        items: columns, or pieces of them.
        cells: how many are read in all.

    >>> side_by_side(len, ["a", "bcd"], cells=4)
    [1, 3]
    """
    threads = min(len(items), _cores())
    if threads < 2 or cells < WORTH:
        return [work(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))


def _cores() -> int:
    """The cores that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
