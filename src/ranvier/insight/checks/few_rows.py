"""RV113: fewer than two rows for each column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .case import Case

ROWS_PER_COLUMN = 2


class FewRows:
    """There are too few training rows for the number of columns."""

    code: ClassVar[str] = "RV113"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Count training rows and input columns."""
        rows, columns = len(case.split.train), len(case.schema.inputs)
        if columns < 2 or rows >= ROWS_PER_COLUMN * columns:
            return
        yield Finding(
            code=FewRows.code,
            severity=FewRows.severity,
            place="training rows",
            cause=f"There are {rows:,} of them for {columns:,} columns: some column fits the target by chance.",
            remedy="Collect more rows, leave columns out, or hold the weights small (regularization.l2).",
            evidence={"train_rows": rows, "columns": columns},
        )
