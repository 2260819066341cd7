"""RV220: batch norm with one row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class OneRowNorm:
    """Batch normalisation was given one row to train with."""

    code: ClassVar[str] = "RV220"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Read what torch said."""
        if program.failed == "forward" and "more than 1 value per channel" in program.message:
            yield Finding(
                OneRowNorm.code,
                OneRowNorm.severity,
                f"layer {program.failed_place!r}",
                f"It normalises by the other rows of the batch, and there is {program.rows} row.",
                "Use larger batches (drop_last=True where the last one has one row), or nn.LayerNorm.",
                {"rows": program.rows},
            )
