"""RV111: one class is far rarer than another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .case import Case
from .classes import train_counts

SHARE = 0.05
"""A class below this share of the training rows is rare,"""

RATIO = 10
"""where the most common class has so many times its rows."""


class Imbalance:
    """A class is rare beside another."""

    code: ClassVar[str] = "RV111"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Count the training rows of each class."""
        counts = {label: count for label, count in train_counts(case).items() if count}
        if len(counts) < 2:
            return
        rare, common = min(counts, key=lambda c: counts[c]), max(counts, key=lambda c: counts[c])
        share = counts[rare] / sum(counts.values())
        if share >= SHARE or counts[common] < RATIO * counts[rare]:
            return
        yield Finding(
            code=Imbalance.code,
            severity=Imbalance.severity,
            place=f"class {rare!r} of column {case.task.target!r}",
            cause=(
                f"It has {share:.1%} of the training rows, where {common!r} has {counts[common] / counts[rare]:,.0f} "
                "times as many: a network can be right nearly always without ever finding it."
            ),
            remedy="Judge by balanced_accuracy, roc_auc and the scores of each class, or balance the classes' weights.",
            evidence={"share": round(share, 6), "rows": counts},
            settings={"regularization.class_weights": "balanced"},
        )
