"""RV254: overfitting, and when it began."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

RISE = 0.1
"""By this share of what was gained the loss of the validation rows has risen,"""

CLEARLY = 0.02
"""and of itself,"""

LAST = 3
"""in each of so many epochs."""


class Overfitting:
    """The validation loss rises while the training loss falls on."""

    code: ClassVar[str] = "RV254"
    severity: ClassVar[Severity] = "info"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Look for the lowest validation loss, and whether the last ones lie far above it."""
        epochs = recording.epochs
        values = [e.validation for e in epochs if e.validation is not None]
        if len(values) < len(epochs) or len(values) < 2 * LAST:
            return
        best = min(range(len(values)), key=values.__getitem__)
        gained = (recording.trivial if recording.trivial is not None else max(values[: best + 1])) - values[
            best
        ]
        last = values[-LAST:]
        falls = epochs[-1].train < epochs[best].train
        if (
            best < len(values) - LAST
            and gained > 0
            and falls
            and min(last) > max(values[best] + RISE * gained, (1 + CLEARLY) * values[best])
        ):
            yield Finding(
                Overfitting.code,
                Overfitting.severity,
                f"epoch {best + 1}, step {epochs[best].step}",
                f"From there the validation loss rose from {values[best]:.3g} to {values[-1]:.3g}, while the training "
                f"loss fell from {epochs[best].train:.3g} to {epochs[-1].train:.3g}: rows are learnt by heart.",
                "Keep the weights of that epoch; more rows, dropout, weight decay or a smaller network go further.",
                {
                    "onset": best + 1,
                    "validation": [values[best], values[-1]],
                    "train": [epochs[best].train, epochs[-1].train],
                },
            )
