"""RV118: a target with heavy tails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from ...finding import Finding, Severity
from .case import Case

ROWS = 0.01
"""The rows that are farthest out,"""

SHARE = 0.5
"""and of all squared deviations so much is theirs."""


class HeavyTails:
    """One row in a hundred makes up most of the target's variance, and so of the squared error."""

    code: ClassVar[str] = "RV118"
    severity: ClassVar[Severity] = "info"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Add up the squared deviations of the training rows' target."""
        if case.task.name != "regress" or len(case.split.train) < 200:
            return
        values = case.targets[case.split.train].astype(np.float64)
        if values.ndim != 1:
            return
        squares = np.sort((values - values.mean()) ** 2)
        few = max(1, int(ROWS * len(squares)))
        share = float(squares[-few:].sum() / squares.sum()) if squares[-1] > 0 else 0.0
        if share > SHARE:
            yield Finding(
                code=HeavyTails.code,
                severity=HeavyTails.severity,
                place=f"column {case.task.target!r}",
                cause=f"{few:,} of {len(values):,} training rows make up {share:.0%} of its variance.",
                remedy="Check that these values are right; the loss huber minds them less.",
                evidence={"share": round(share, 4), "rows": few, "train_rows": len(values)},
                settings={"training.loss": "huber"},
            )
