"""RV115: numbers with a long tail, or a few that lie far out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from ...finding import Finding, Severity
from .case import Case, named

SKEWNESS = 3.0
"""The third standardised moment; 2 is an exponential distribution's, 0 that of any symmetric one."""

FAR = 4.0
"""Standard deviations from the mean from which a value lies far out."""

FEWEST = 50
DISTINCT = 10
"""Distinct values up to which a column is rather a mark than a measurement."""


class SkewedNumbers:
    """Numbers have a long tail."""

    code: ClassVar[str] = "RV115"
    severity: ClassVar[Severity] = "info"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Take the skewness and the share of far values of each column of numbers in sampled training rows."""
        skewness: dict[str, float] = {}
        far: dict[str, float] = {}
        for name, values in case.sample.numbers.items():
            finite = values[np.isfinite(values)]
            deviation = float(finite.std()) if len(finite) >= FEWEST else 0.0
            if deviation == 0 or not np.isfinite(deviation) or len(np.unique(finite)) <= DISTINCT:
                continue
            standard = (finite - finite.mean()) / deviation
            if abs(skew := float(np.mean(standard**3))) >= SKEWNESS:
                skewness[name] = round(skew, 3)
                far[name] = round(float(np.mean(np.abs(standard) > FAR)), 6)
        if not skewness:
            return
        columns = sorted(skewness, key=lambda name: -abs(skewness[name]))
        yield Finding(
            code=SkewedNumbers.code,
            severity=SkewedNumbers.severity,
            place=named(columns),
            cause=(
                f"{'Its' if len(columns) == 1 else 'Their'} numbers have a long tail (skewness "
                f"{skewness[columns[0]]:.1f}); the preparation scales them so that none lies too far out."
            ),
            remedy="Nothing to do; a logarithm or a square root taken beforehand may help a little.",
            evidence={
                "skewness": {name: skewness[name] for name in columns},
                "share_far_out": {name: far[name] for name in columns},
                "rows": len(case.sample),
                "train_rows": len(case.split.train),
            },
        )
