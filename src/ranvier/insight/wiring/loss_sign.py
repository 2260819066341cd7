"""RV233: a loss that is maximised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class LossSign:
    """The loss has the opposite sign of the function that computed it."""

    code: ClassVar[str] = "RV233"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Compare the loss with the function of torch that computed it."""
        call = program.loss_call
        if call and call.value is not None and program.loss is not None and program.loss < 0 < call.value:
            yield Finding(
                LossSign.code,
                LossSign.severity,
                "loss",
                f"It is {program.loss:.3g}, where {call.name} gave {call.value:.3g}: a smaller one is a worse one.",
                "Take the minus sign away.",
                {"loss": program.loss, "function": call.name, "value": call.value},
            )
