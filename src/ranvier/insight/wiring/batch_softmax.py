"""RV224: softmax over the rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class BatchSoftmax:
    """A softmax goes over the rows of the batch in place of the classes."""

    code: ClassVar[str] = "RV224"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Look at the axes of each softmax."""
        if program.batch_softmax:
            yield Finding(
                BatchSoftmax.code,
                BatchSoftmax.severity,
                f"after or in layer {program.batch_softmax[0]!r}",
                "Its softmax has dim=0: the probabilities of one class over the rows sum to 1, not those of one row.",
                "Use dim=-1, or dim=1 where the classes are the second dimension.",
                {"layers": list(program.batch_softmax), "rows": program.rows},
            )
