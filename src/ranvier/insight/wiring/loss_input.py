"""RV212: outputs that are not what the loss takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class LossInput:
    """The loss takes logarithms of probabilities or probabilities, and the outputs are others."""

    code: ClassVar[str] = "RV212"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Look at the outputs that reached the loss."""
        call = program.loss_call
        if call is None or call.outputs.bad:
            return
        if call.name == "nll_loss" and not call.log_probabilities:
            wanted, remedy = (
                "logarithms of probabilities",
                "Use cross_entropy, or end the network with log_softmax.",
            )
        elif call.name == "binary_cross_entropy" and (call.outputs.low < 0 or call.outputs.high > 1):
            wanted, remedy = (
                "probabilities",
                "Use binary_cross_entropy_with_logits, or end the network with a sigmoid.",
            )
        else:
            return
        yield Finding(
            LossInput.code,
            LossInput.severity,
            f"outputs of layer {program.last_place!r}",
            f"{call.name} takes {wanted}, and they run from {call.outputs.low:.3g} to {call.outputs.high:.3g}.",
            remedy,
            {"loss": call.name, "low": call.outputs.low, "high": call.outputs.high},
        )
