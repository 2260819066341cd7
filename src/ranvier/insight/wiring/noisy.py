"""RV222: predictions that differ from one time to the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class Noisy:
    """In evaluation mode, the same rows give different outputs."""

    code: ClassVar[str] = "RV222"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Look whether two passes agreed."""
        if program.noisy:
            yield Finding(
                Noisy.code,
                Noisy.severity,
                "outputs of the network in evaluation mode",
                "The same rows gave different outputs twice: something is drawn at random in each pass.",
                "Give F.dropout training=self.training, and make layers in __init__, not in forward.",
                {"rows": program.rows},
            )
