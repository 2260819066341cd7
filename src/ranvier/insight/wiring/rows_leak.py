"""RV221: rows that leak into each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class RowsLeak:
    """The prediction for a row depends on the other rows of its batch."""

    code: ClassVar[str] = "RV221"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Look whether the outputs of rows changed when other rows were replaced."""
        if not program.leaks or program.batch_softmax:
            return
        first = next((layer.name for layer in program.layers if layer.leaks), "")
        yield Finding(
            RowsLeak.code,
            RowsLeak.severity,
            f"layer {first!r}" if first else "outputs",
            "In evaluation a row's outputs change with the other rows of the batch.",
            "Look for the wrong axis: batch_first, a reshape, mean(0) or a transpose; a row must not meet another.",
            {"layer": first, "rows": program.rows},
        )
