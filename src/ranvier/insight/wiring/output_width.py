"""RV215: outputs against classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import CLASS_LOSSES, Program

ROWS_PER_OUTPUT = 20
"""With so many targets for each output, a class at either end that never occurs is no chance."""


class OutputWidth:
    """The network has another number of outputs than there are classes."""

    code: ClassVar[str] = "RV215"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Compare the width of the outputs with the classes of all targets."""
        call, target = program.loss_call, program.target
        if call is None or call.name not in CLASS_LOSSES or not target.whole or len(target.shape) != 1:
            return
        width, enough = program.width, target.shape[0] >= ROWS_PER_OUTPUT * program.width
        if width == 1:
            cause = "There is one, and the softmax of one output is always 1: the loss is 0 and nothing is learnt."
            remedy = "Give the network an output for each class, or use binary_cross_entropy_with_logits."
        elif enough and target.low > 0:
            cause = f"There are {width}, and the targets begin with {target.low:g}: no row has class 0."
            remedy = "Count the classes from 0."
        elif enough and width > target.high + 1 > 0:
            cause = f"There are {width}, and the targets end with {target.high:g}: the last outputs are never right."
            remedy = "Give the network an output for each class and no more."
        else:
            return
        yield Finding(
            OutputWidth.code,
            OutputWidth.severity,
            f"outputs of layer {program.last_place!r}",
            cause,
            remedy,
            {"outputs": width, "low": target.low, "high": target.high, "rows": target.shape[0]},
        )
