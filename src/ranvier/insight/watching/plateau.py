"""RV256: a plateau."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

LONG = 20
"""So many epochs without progress are a plateau, if they are a third of all."""

PROGRESS = 0.005
"""Of what was gained before; less is none."""


class Plateau:
    """The training loss has not fallen for many epochs, at a rate that is not small."""

    code: ClassVar[str] = "RV256"
    severity: ClassVar[Severity] = "info"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Compare the lowest training loss of the last epochs with the lowest before."""
        epochs = recording.epochs
        long = max(LONG, len(epochs) // 3)
        if len(epochs) < long + 2:
            return
        before, after = (min(e.train for e in part) for part in (epochs[:-long], epochs[-long:]))
        gained = (recording.trivial if recording.trivial is not None else epochs[0].train) - before
        rates = [e.rate for e in epochs if e.rate is not None]
        cooled = bool(rates) and rates[-1] < 0.1 * max(rates)
        if gained > 0 and not cooled and before - after < PROGRESS * gained:
            yield Finding(
                Plateau.code,
                Plateau.severity,
                f"epoch {len(epochs) - long + 1}, step {epochs[-long].step}",
                f"Since then the training loss has stayed at {after:.3g}, for {long} epochs.",
                "Let the learning rate fall towards the end (a cosine schedule), or stop there.",
                {"before": before, "after": after, "epochs": long},
            )
