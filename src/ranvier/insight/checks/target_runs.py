"""RV104: neighbouring rows have like targets, and a random split puts them on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...finding import Finding, Severity
from .case import Case
from .order import sorted_by_target, stretch
from .sample import COLUMNS, read_columns
from .single import bins, held_out_means, spread

LEAST = 0.5
"""The correlation of a row's target with the next row's."""

UNEXPLAINED = 0.3
"""What must be left of it once each column's share is taken off."""

FEWEST = 100
MOST_ROWS = 10_000
CELLS = 300_000

Floats = NDArray[np.float64]


class TargetRuns:
    """Neighbouring rows have like targets that the columns do not explain, and the split is drawn at random."""

    code: ClassVar[str] = "RV104"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Correlate each row's target with the next row's, before and after each column's share is taken off."""
        if case.drawn != "random":
            return
        width = max(1, min(len(case.schema.inputs), COLUMNS))
        positions = stretch(case, min(MOST_ROWS, max(FEWEST * 10, CELLS // width)))
        target, classes = case.targets[positions], case.classes
        if len(target) < FEWEST or sorted_by_target(target, classes is not None):
            return
        aims = spread(target, None if classes is None else len(classes))
        left = aims - aims.mean(0)
        before = _neighbours(left)
        if before < LEAST:
            return
        columns = read_columns(case.table.frame, case.schema, positions)
        every: list[Floats | NDArray[np.int64]] = [*columns.numbers.values(), *columns.words.values()]
        for values in every:
            left = left - held_out_means(bins(values), left, case.seed)
        after = _neighbours(left)
        if after < UNEXPLAINED:
            return
        yield Finding(
            code=TargetRuns.code,
            severity=TargetRuns.severity,
            place=f"the order of the rows, by the target {case.task.target!r}",
            cause=(
                f"The target of a row is like that of the next (correlation {before:.2f}), and the split is drawn at "
                "random, so that test rows have neighbours among the training rows and the measure may be too good."
            ),
            remedy=(
                "Name the column that says when or from whom a row is, with the role time or group, or give the "
                "test rows apart."
            ),
            evidence={
                "correlation_of_neighbours": round(before, 4),
                "after_the_columns": round(after, 4),
                "rows": len(target),
                "table_rows": len(case.table),
            },
        )


def _neighbours(values: Floats) -> float:
    """The correlation of rows (N, K) of mean 0 with the rows after them, over all columns together."""
    centred = values - values.mean(0)
    return float(np.sum(centred[1:] * centred[:-1]) / max(float(np.sum(centred**2)), 1e-12))
