"""RV102: one column tells the target nearly perfectly, and no other comes near."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from ...finding import Finding, Severity
from .case import Case, ignoring
from .single import scores

LEAST = {"classes": 0.97, "values": 0.99}
"""The score from which a column is suspected: ROC AUC of classes, R2 of the ranks of numbers."""

TIMES = 8
"""So many times further from perfect must the best of the other columns be."""

SHARE = 4
"""At most one column in so many can leak: where more tell the target, it is an easy one."""

FEWEST = 50
"""Rows below which nothing is said."""

PER_CLASS = 5
"""Sampled rows of a class below which they are left out."""


class LeakingColumn:
    """A single column tells the target nearly perfectly, where no other comes near."""

    code: ClassVar[str] = "RV102"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Score each input column alone on held-out rows, and compare it with the others."""
        sample, classes = case.sample, case.classes
        form = case.task.forms[0]
        if form not in LEAST:
            return
        target = case.targets[sample.positions]
        if classes is not None:
            common = np.bincount(target, minlength=len(classes))[target] >= PER_CLASS
            sample, target = sample.take(common), target[common]
        if len(sample) < FEWEST or len(np.unique(target)) < 2:
            return
        found = scores(sample, target, None if classes is None else len(classes), case.seed)
        suspected = [name for name, score in found.items() if score >= LEAST[form]]
        others = [score for name, score in found.items() if name not in suspected]
        if not suspected or not others or len(suspected) > max(1, len(found) // SHARE):
            return
        best = max(others)
        measure = "roc_auc" if classes else "r2_of_ranks"
        for name in suspected:
            if 1 - best < TIMES * (1 - found[name]):
                continue
            yield Finding(
                code=LeakingColumn.code,
                severity=LeakingColumn.severity,
                place=f"column {name!r}",
                cause=(
                    f"It alone tells the target nearly perfectly ({measure} {found[name]:.4f}), where the best of "
                    f"the other columns reaches {max(best, 0.0):.3f}."
                ),
                remedy="Ignore it, if it is known only once the target is.",
                evidence={
                    measure: round(found[name], 6),
                    "best_other": round(best, 6),
                    "rows": len(sample),
                    "train_rows": len(case.split.train),
                },
                settings=ignoring([name]),
            )
