"""RV214: (N,) against (N, 1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class BroadcastTarget:
    """Outputs and targets of different shapes are paired each with each."""

    code: ClassVar[str] = "RV214"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Look at the shapes that met in the loss."""
        if program.broadcast is None:
            return
        one, two = program.broadcast
        yield Finding(
            BroadcastTarget.code,
            BroadcastTarget.severity,
            "outputs and targets",
            f"Shapes {one} and {two} meet in the loss: each output is compared with the targets of all rows.",
            "Give both the same shape: y.unsqueeze(1), or outputs.squeeze(1).",
            {"shapes": [list(one), list(two)]},
        )
