"""RV213: targets of a type, shape or range that the loss does not take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import BINARY_LOSSES, CLASS_LOSSES, Program


class TargetUnfit:
    """The targets have another type, shape or range than the loss wants."""

    code: ClassVar[str] = "RV213"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Compare the targets with the loss and the outputs."""
        call, target = program.loss_call, program.target
        if call is None:
            return
        outputs, cause, remedy = call.outputs.shape, "", ""
        if call.name in CLASS_LOSSES and len(outputs) > 1:
            if target.shape[1:] == outputs[1:]:
                return  # probabilities of the classes
            if len(target.shape) == len(outputs) and target.shape[1] == 1:
                cause = f"They have the shape {target.shape}, and {call.name} takes one class index a row."
                remedy = "Take the column out: y.squeeze(1)."
            elif not target.whole:
                cause = f"They are numbers with a fraction, and {call.name} takes class indices."
                remedy = "Make them whole numbers: y.long()."
            elif target.low < 0 or target.high >= program.width:
                cause = (
                    f"They run from {target.low:g} to {target.high:g}, and {program.width} outputs are for the "
                    f"classes 0 to {program.width - 1}."
                )
                remedy = "Count the classes from 0, and give the network an output for each."
        elif call.name in BINARY_LOSSES and not call.encoded and (target.low < 0 or target.high > 1):
            cause = (
                f"They run from {target.low:g} to {target.high:g}, and {call.name} takes values from 0 to 1."
            )
            remedy = "Make one class 0 and the other 1."
        if cause:
            yield Finding(
                TargetUnfit.code,
                TargetUnfit.severity,
                "targets",
                cause,
                remedy,
                {
                    "shape": list(target.shape),
                    "low": target.low,
                    "high": target.high,
                    "outputs": list(outputs),
                },
            )
