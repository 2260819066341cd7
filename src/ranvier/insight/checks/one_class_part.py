"""RV119: a part of one class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from ...finding import Finding, Severity
from .case import Case

FEWEST = 10
"""Rows below which nothing is said of a part."""


class OneClassPart:
    """All rows of the validation or test part are of one class, and the training rows are not."""

    code: ClassVar[str] = "RV119"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Count the classes of each part."""
        if case.classes is None or case.targets.ndim != 1:
            return
        if len(np.unique(case.targets[case.split.train])) < 2:
            return
        for part in ("validation", "test"):
            positions = getattr(case.split, part)
            found = np.unique(case.targets[positions])
            if len(positions) >= FEWEST and len(found) == 1:
                label = case.classes[int(found[0])]
                yield Finding(
                    code=OneClassPart.code,
                    severity=OneClassPart.severity,
                    place=f"{part} rows, column {case.task.target!r}",
                    cause=f"All {len(positions):,} of them are of class {label!r}: a measure on them says nothing.",
                    remedy="Draw the parts at random, or choose other groups, times or files for them.",
                    evidence={"part": part, "class": label, "rows": len(positions), "drawn": case.drawn},
                )
