"""RV112: classes with a handful of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .case import Case
from .classes import train_counts

FEW = 10
"""Training rows below which a class is hardly learnt."""

ENOUGH = 50
"""Training rows of all classes below which the whole table is small, and nothing is said of single classes."""


class SmallClass:
    """Classes have so few training rows that they are hardly learnt, and hardly measured."""

    code: ClassVar[str] = "RV112"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Count the training rows of each class; a class without any is RV101's."""
        counts = train_counts(case)
        few = {label: count for label, count in counts.items() if 0 < count < FEW}
        if not few or sum(counts.values()) < ENOUGH:
            return
        labels = sorted(few, key=lambda label: few[label])
        shown = ", ".join(map(repr, labels[:5])) + (f" and {len(labels) - 5} more" if len(labels) > 5 else "")
        yield Finding(
            code=SmallClass.code,
            severity=SmallClass.severity,
            place=f"class{'' if len(labels) == 1 else 'es'} {shown} of column {case.task.target!r}",
            cause=f"Fewer than {FEW} training rows have such a class (the rarest {few[labels[0]]}).",
            remedy="Collect more rows of it, join it with a like class, or leave its rows out.",
            evidence={"train_rows": {label: few[label] for label in labels}},
        )
