"""RV211: softmax or sigmoid before a loss that applies it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class ActivationTwice:
    """The outputs went through softmax or sigmoid, and the loss does that again."""

    code: ClassVar[str] = "RV211"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Compare the last operation with the loss."""
        call = program.loss_call
        if call is None or call.name not in ("cross_entropy", "binary_cross_entropy_with_logits"):
            return
        if program.last in ("softmax", "sigmoid"):
            yield Finding(
                ActivationTwice.code,
                ActivationTwice.severity,
                f"outputs of layer {program.last_place!r}",
                f"They are those of a {program.last}, and {call.name} applies its own to them: the gradient is flat.",
                f"Leave the {program.last} out of the network, and apply it only to predict.",
                {"last": program.last, "loss": call.name, "low": call.outputs.low, "high": call.outputs.high},
            )
