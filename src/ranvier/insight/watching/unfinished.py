"""RV255: a training that ended too early."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

SHARE = 0.15
"""Of all that was gained so much came in the last fifth of the epochs."""


class Unfinished:
    """Training ended while the loss was still falling fast: the network underfits."""

    code: ClassVar[str] = "RV255"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Look at the last fifth of the epochs, once training has ended."""
        epochs = recording.epochs
        if not recording.ended or len(epochs) < 5:
            return
        watched = all(e.validation is not None for e in epochs)
        values = [e.validation if watched and e.validation is not None else e.train for e in epochs]
        last = max(1, len(values) // 5)
        gained = (recording.trivial if recording.trivial is not None else values[0]) - values[-1]
        late = values[-1 - last] - values[-1]
        trained = epochs[-1 - last].train - epochs[-1].train
        if gained > 0 and values[-1] == min(values) and trained > 0 and late > SHARE * gained:
            yield Finding(
                Unfinished.code,
                Unfinished.severity,
                f"epoch {len(epochs)}, step {epochs[-1].step}",
                f"Training ended there, and the last {last} of {len(epochs)} epochs had brought {late / gained:.0%} of "
                "all that was gained.",
                "Train for twice as many epochs.",
                {"late": late, "gained": gained, "epochs": len(epochs), "last": last},
            )
