"""RV231: outputs that cannot reach the targets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import VALUE_LOSSES, Program

RANGES = {"relu": (0.0, float("inf")), "sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
"""What an activation keeps its outputs between."""


class OutputRange:
    """The last activation limits the outputs to less than what the targets need."""

    code: ClassVar[str] = "RV231"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Compare the last activation with the loss and the range of the targets."""
        call, target = program.loss_call, program.target
        if call is None or program.last not in RANGES:
            return
        low, high = RANGES[program.last]
        if call.name in ("cross_entropy", "binary_cross_entropy_with_logits") and program.last == "relu":
            cause = f"A relu makes them 0 or more, where {call.name} wants any number: a row of zeros has no gradient."
        elif call.name in VALUE_LOSSES and (target.low < low or target.high > high):
            cause = (
                f"A {program.last} keeps them between {low:g} and {high:g}, and the targets run from {target.low:.3g} "
                f"to {target.high:.3g}."
            )
        else:
            return
        yield Finding(
            OutputRange.code,
            OutputRange.severity,
            f"outputs of layer {program.last_place!r}",
            cause,
            "End the network with a linear layer, or scale the targets into the range.",
            {"last": program.last, "low": target.low, "high": target.high},
        )
