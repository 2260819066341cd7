"""RV105: the rows are sorted by the target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from ...finding import Finding, Severity
from .case import Case
from .order import sorted_by_target, stretch

FEWEST = 50


class SortedRows:
    """The rows of the table are sorted by the target."""

    code: ClassVar[str] = "RV105"
    severity: ClassVar[Severity] = "info"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Follow the target along all rows."""
        target = case.targets[stretch(case, len(case.table))]
        if len(target) < FEWEST or not sorted_by_target(target, case.classes is not None):
            return
        steps = np.diff(target.reshape(len(target), -1), axis=0).any(axis=1)
        yield Finding(
            code=SortedRows.code,
            severity=SortedRows.severity,
            place=f"the order of the rows, by the target {case.task.target!r}",
            cause="The rows are sorted by the target; the split and the batches are drawn without regard to the order."
            if case.drawn == "random"
            else "The rows are sorted by the target.",
            remedy="Nothing to do, unless the order stands for something, such as the place where a row was taken.",
            evidence={"runs": int(np.count_nonzero(steps)) + 1, "rows": len(target)},
        )
