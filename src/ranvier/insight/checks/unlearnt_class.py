"""RV101: classes of which no row was left for training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...data.kinds.values import read_text
from ...finding import Finding, Severity
from .case import Case
from .classes import train_counts


class UnlearntClass:
    """A class has no training row."""

    code: ClassVar[str] = "RV101"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Count the training rows of each class."""
        for label in (label for label, count in train_counts(case).items() if not count):
            rows = read_text(case.table.frame[case.task.target]) == label
            yield Finding(
                code=UnlearntClass.code,
                severity=UnlearntClass.severity,
                place=f"class {label!r} of column {case.task.target!r}",
                cause="No training row has this class, so that the network cannot learn it.",
                remedy="Collect more rows of it, or leave its rows out.",
                evidence={"train_rows": 0, "rows": int(rows.sum() or 0)},
            )
