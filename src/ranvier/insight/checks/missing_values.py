"""RV114: columns that are mostly empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from ...finding import Finding, Severity
from .case import Case, ignoring, named

SHARE = 0.5


class MissingValues:
    """At least half of a column's values are missing."""

    code: ClassVar[str] = "RV114"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Count the missing values of each input column in sampled training rows."""
        sample = case.sample
        shares = {name: float(np.isnan(values).mean()) for name, values in sample.numbers.items()}
        shares |= {name: float((codes < 0).mean()) for name, codes in sample.words.items()}
        empty = {name: share for name, share in shares.items() if share >= SHARE}
        if not empty:
            return
        columns = sorted(empty, key=lambda name: -empty[name])
        yield Finding(
            code=MissingValues.code,
            severity=MissingValues.severity,
            place=named(columns),
            cause=(
                f"{empty[columns[0]]:.0%} of its values are missing in the training rows."
                if len(columns) == 1
                else f"At least {min(empty.values()):.0%} of their values are missing in the training rows."
            ),
            remedy="Check that it was read as it should be; ignore it, unless it matters whether it is there.",
            evidence={
                "share": {name: round(empty[name], 6) for name in columns},
                "rows": len(sample),
                "train_rows": len(case.split.train),
            },
            settings=ignoring(columns),
        )
