"""RV109: test rows that have a near copy among the training rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...finding import Finding, Severity
from .case import Case
from .sample import draw, read_columns

GRID = 0.001
"""Numbers are the same where they fall into one cell of so many standard deviations."""

TRAIN, TEST = 20_000, 5_000
"""Rows that are looked at."""

PAIRED = 15
"""So many columns with the most different values are left out two at a time."""

SHARE, LEAST = 0.01, 3
"""The share of the test rows, and the number of them, from which it is said."""

EXAMPLES = 3

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]


class NearDuplicates:
    """Test rows have near copies among the training rows."""

    code: ClassVar[str] = "RV109"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Compare rows by all input columns, but for at most two columns of numbers.

        Rows of few or coarse columns are alike by chance. Two rows agree by chance with probability 2^-H, with H the
        sum over the columns of their collision entropies; columns depend on one another, so that half of it is counted,
        and nothing is compared unless chance would give no pair at all.
        """
        inputs, seed = len(case.schema.inputs), case.seed
        train = draw(case.split.train, inputs, seed, TRAIN)
        test = draw(case.split.test, inputs, seed, TEST)
        columns = read_columns(case.table.frame, case.schema, np.concatenate([train, test]))
        names = [*columns.numbers, *columns.words]
        if len(names) < 3 or not len(test) or not len(train):
            return
        numbers = len(columns.numbers)
        found: dict[int, tuple[int, tuple[int, ...]]] = {}  # test row -> its training row, columns left out
        for offset in (0.0, 0.5):
            cells = [_cells(values, offset) for values in columns.numbers.values()]
            _compare([*cells, *columns.words.values()], numbers, len(train), seed, found)
        if len(found) < max(LEAST, SHARE * len(test)):
            return
        shown = list(found.items())[:EXAMPLES]
        yield Finding(
            code=NearDuplicates.code,
            severity=NearDuplicates.severity,
            place="test rows",
            cause=(
                f"{len(found):,} of {len(test):,} test rows are the same as a training row but for rounding or at most "
                "two columns, so that the measure may be too good."
            ),
            remedy="Give the column that says where a row comes from the role group, or leave the copies out.",
            evidence={
                "test_rows_with_a_copy": len(found),
                "share": round(len(found) / len(test), 6),
                "test_rows": len(test),
                "train_rows": len(train),
                "examples": [
                    {
                        "test_row": case.row_numbers(test[[row]])[0],
                        "train_row": case.row_numbers(train[[twin]])[0],
                        "columns_that_differ": [names[place] for place in left_out],
                    }
                    for row, (twin, left_out) in shown
                ],
            },
        )


def _cells(values: NDArray[np.float64], offset: float) -> Ints:
    """(N,) the cell of each number on the grid; one of its own for those that are missing."""
    finite = np.isfinite(values)
    step = GRID * float(values[finite].std()) if finite.any() else 0.0
    if step == 0:
        return finite.astype(np.int64)
    cells = np.floor((np.where(finite, values, 0) - values[finite].min()) / step + offset)
    return np.where(finite, np.minimum(cells, 2**62), -1).astype(np.int64)


def _compare(
    codes: list[Ints], numbers: int, train: int, seed: int, found: dict[int, tuple[int, tuple[int, ...]]]
) -> None:
    """Put the test rows that have a copy into ``found``.

    Args:
        codes: (N,) of each column; the training rows come first.
        numbers: how many columns are numbers; these come first.
        train: how many training rows there are.
        seed: of the multipliers of the hash.
        found: test row to training row and columns left out.
    """
    rows = len(codes[0])
    chance = [_collision_bits(column) for column in codes]
    needed = 2 * math.log2(max(2, train * (rows - train)))
    multipliers = np.random.Generator(np.random.PCG64(seed)).integers(
        1, 2**63, len(codes), dtype=np.uint64
    ) * np.uint64(2) + np.uint64(1)
    parts: list[Hashes] = [
        _mixed(column.astype(np.uint64) * factor) * factor for column, factor in zip(codes, multipliers)
    ]
    whole: Hashes = np.sum(np.stack(parts), axis=0, dtype=np.uint64)
    finest = sorted(sorted(range(numbers), key=lambda place: -chance[place])[:PAIRED])
    left_out: list[tuple[int, ...]] = [
        (),
        *((place,) for place in range(numbers)),
        *combinations(finest, 2),
    ]
    total = sum(chance)
    for places in left_out:
        if total - sum(chance[place] for place in places) < needed or len(codes) - len(places) < 2:
            continue
        hashes = whole.copy()
        for place in places:
            hashes -= parts[place]
        known, first = np.unique(hashes[:train], return_index=True)
        place_of = np.minimum(np.searchsorted(known, hashes[train:]), len(known) - 1)
        for row in np.flatnonzero(known[place_of] == hashes[train:]).tolist():
            found.setdefault(row, (int(first[place_of[row]]), places))


def _collision_bits(codes: Ints) -> float:
    """-log2 of the chance that two rows have the same value (the collision entropy)."""
    _, counts = np.unique(codes, return_counts=True)
    pairs = float(np.sum(counts * (counts - 1.0)))
    total = len(codes) * (len(codes) - 1.0)
    return -math.log2(max(pairs, 1.0) / max(total, 2.0))


def _mixed(hashes: Hashes) -> Hashes:
    """Let the high bits reach the low ones (the finaliser of SplitMix64, in part)."""
    return np.asarray(hashes ^ (hashes >> np.uint64(29)), dtype=np.uint64)
