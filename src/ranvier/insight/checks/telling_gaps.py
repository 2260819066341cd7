"""RV116: gaps that say something of the target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from ...finding import Finding, Severity
from .case import Case, named
from .parts_differ import numbers_differ, words_differ

EFFECT = 0.15
"""The least distance of the target where the value is missing and where it is not (as in RV110)."""

LEVEL = 0.001
"""Of all columns together (Bonferroni)."""

FEWEST = 30
"""Rows of either sort below which nothing is said."""


class TellingGaps:
    """Whether a value is missing says something of the target."""

    code: ClassVar[str] = "RV116"
    severity: ClassVar[Severity] = "info"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Compare the target of sampled training rows with and without a value, for each input column with gaps."""
        sample = case.sample
        target = case.targets[sample.positions]
        if target.ndim != 1:  # sets of labels are not compared
            return
        gaps = {name: np.isnan(values) for name, values in sample.numbers.items()}
        gaps |= {name: codes < 0 for name, codes in sample.words.items()}
        gaps = {name: gap for name, gap in gaps.items() if FEWEST <= gap.sum() <= len(gap) - FEWEST}
        compare = numbers_differ if case.classes is None else words_differ
        results = {name: compare(target[gap], target[~gap]) for name, gap in gaps.items()}
        found = {
            name: effect
            for name, (effect, chance) in results.items()
            if effect >= EFFECT and chance * len(gaps) < LEVEL
        }
        if not found:
            return
        columns = sorted(found, key=lambda name: -found[name])
        yield Finding(
            code=TellingGaps.code,
            severity=TellingGaps.severity,
            place=named(columns),
            cause=(
                f"Where {columns[0]!r} is missing the target is another than where it is not (distance "
                f"{found[columns[0]]:.2f}, where 0 is the same and 1 wholly apart)."
            ),
            remedy="Nothing to do if it will be missing for the same reason in new rows; else ignore it.",
            evidence={
                "distance": {name: round(found[name], 4) for name in columns},
                "missing": {name: int(gaps[name].sum()) for name in columns},
                "rows": len(sample),
            },
        )
