"""RV210: the network, the loss or the backward pass fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class CannotRun:
    """Torch refuses the rows, and no other check says why."""

    code: ClassVar[str] = "RV210"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Say where, and what torch said."""
        if not program.failed:
            return
        what = {
            "forward": "The network cannot take the rows",
            "loss": "The loss cannot take outputs and targets",
        }
        said = what.get(program.failed, "The gradient cannot be computed")
        yield Finding(
            CannotRun.code,
            CannotRun.severity,
            f"layer {program.failed_place!r}" if program.failed == "forward" else program.failed,
            f"{said}: {program.message.rstrip('.')}.",
            "Make the shapes and types of the rows, the layers and the targets fit each other.",
            {"stage": program.failed, "message": program.message},
        )
