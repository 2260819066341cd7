"""RV117: rows whose class their neighbours deny."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...finding import Finding, Severity
from .case import Case
from .sample import Columns

ROWS = 2_000
"""So many rows are compared with each other."""

NEIGHBOURS = 10

AGREED = 0.9
"""Where the neighbours' most common class is less often that of the row, the classes overlap, and nothing is said."""

SHARE = 0.02
"""Of the rows, and at least ``FEWEST``."""

FEWEST = 10

COMMON = 20
"""So many words of a column are told apart."""


class LabelNoise:
    """Some rows lie among rows of one other class, though the classes are well apart: their labels may be wrong."""

    code: ClassVar[str] = "RV117"
    severity: ClassVar[Severity] = "info"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Ask each of some training rows' ten nearest neighbours."""
        sample = case.sample
        if case.classes is None or len(sample) < 20 * NEIGHBOURS:
            return
        some = np.linspace(0, len(sample) - 1, min(ROWS, len(sample))).astype(np.int64)
        points, target = _points(sample)[some], case.targets[sample.positions[some]]
        if not points.shape[1] or target.ndim != 1:
            return
        square = (points**2).sum(1)
        distance = square[:, None] + square - 2 * points @ points.T
        np.fill_diagonal(distance, np.inf)
        near = np.argpartition(distance, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
        votes = np.stack([(target[near] == label).sum(1) for label in range(len(case.classes))], axis=1)
        denied = (votes.argmax(1) != target) & (votes.max(1) == NEIGHBOURS)
        agreed = float((votes.argmax(1) == target).mean())
        if agreed < AGREED or denied.sum() < max(FEWEST, SHARE * len(some)):
            return
        rows = case.row_numbers(sample.positions[some[denied]])
        yield Finding(
            code=LabelNoise.code,
            severity=LabelNoise.severity,
            place=f"column {case.task.target!r}, rows {', '.join(map(str, rows[:5]))}"
            + (", ..." if len(rows) > 5 else ""),
            cause=(
                f"All {NEIGHBOURS} nearest neighbours of {len(rows):,} of {len(some):,} rows are of one other class, "
                f"though neighbours agree with {agreed:.0%} of the rows."
            ),
            remedy="Look at the labels of these rows; label smoothing lets wrong ones do less harm.",
            evidence={
                "rows": rows[:50],
                "row_count": len(rows),
                "compared": len(some),
                "agreed": round(agreed, 4),
            },
        )


def _points(sample: Columns) -> NDArray[np.float64]:
    """(N, D) standardised numbers, with the mean for what is missing, and a mark for each common word."""
    parts = []
    for values in sample.numbers.values():
        there = values[~np.isnan(values)]
        spread = there.std() if len(there) else 0.0
        if spread > 0:
            parts.append(np.nan_to_num((values - there.mean()) / spread).clip(-5, 5)[:, None])
    for codes in sample.words.values():
        labels, counts = np.unique(codes[codes >= 0], return_counts=True)
        if 1 < len(labels) <= COMMON:
            parts.append((codes[:, None] == labels[np.argsort(-counts)]).astype(np.float64))
    return np.concatenate(parts, axis=1) if parts else np.empty((len(sample), 0))
