"""RV253: stuck at the trivial answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

BETTER = 0.01
"""A loss that is lower by this share is progress."""

EPOCHS, STEPS = 5, 200
"""So long one waits for it."""


class Stuck:
    """The loss is no lower than that of an answer that does not look at the row, and does not fall any more."""

    code: ClassVar[str] = "RV253"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Compare all losses so far with the trivial one, or with the first where that is not known."""
        epochs = recording.epochs
        if len(epochs) < EPOCHS or epochs[-1].step < STEPS:
            return
        trivial = recording.trivial if recording.trivial is not None else epochs[0].train
        told = epochs if recording.trivial is not None else epochs[1:]
        lowest = min(value for e in told for value in (e.train, e.validation) if value is not None)
        falls = epochs[-1].train < (1 - BETTER) * epochs[-EPOCHS].train
        if trivial > 0 and lowest > (1 - BETTER) * trivial and not falls:
            yield Finding(
                Stuck.code,
                Stuck.severity,
                f"loss, step {epochs[-1].step}",
                f"After {len(epochs)} epochs it is {epochs[-1].train:.3g}, and {trivial:.3g} takes no look at the row.",
                "Try a learning rate ten times larger or smaller; look whether the inputs say anything of the target.",
                {"loss": epochs[-1].train, "lowest": lowest, "trivial": trivial, "step": epochs[-1].step},
            )
