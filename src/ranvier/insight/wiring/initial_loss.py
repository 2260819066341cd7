"""RV225: a first loss far from the trivial one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program

TIMES_CLASSES = 4.0
"""So many times the loss of guessing is far for classes,"""

TIMES_VALUES = 100.0
"""and so many times the variance for values: their scale is often left as it is."""


class InitialLoss:
    """Before training, the loss is far higher than that of the simplest answer."""

    code: ClassVar[str] = "RV225"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Compare the loss with that of guessing, or of the mean."""
        call, target = program.loss_call, program.target
        if call is None or call.value is None or program.failed:
            return
        if call.name == "cross_entropy" and program.width > 1:
            trivial, most = math.log(program.width), TIMES_CLASSES
        elif call.name == "binary_cross_entropy_with_logits":
            trivial, most = math.log(2), TIMES_CLASSES
        elif call.name == "mse_loss" and target.spread > 0:
            trivial, most = target.spread**2, TIMES_VALUES
        else:
            return
        if call.value > most * trivial:
            remedy = (
                "Standardise the targets: (y - y.mean()) / y.std()."
                if call.name == "mse_loss"
                else "Make the first weights smaller, or scale the inputs."
            )
            yield Finding(
                InitialLoss.code,
                InitialLoss.severity,
                "loss before training",
                f"It is {call.value:.3g}, {call.value / trivial:.0f} times the {trivial:.3g} of a blind answer.",
                remedy,
                {"loss": call.value, "trivial": trivial, "targets": [target.low, target.high]},
            )
