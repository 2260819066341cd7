"""RV257: a loss that goes up and down."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator, Sequence
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

LAST = 10
"""So many epochs are looked at."""

SWING = 0.2
"""Of what was gained: the median step from one epoch to the next, so that one jump is no swing;"""

OF_ITSELF = 0.25
"""and of the lowest of these losses."""

TURNS = 5
"""So often its direction changes."""


class Oscillation:
    """The training loss of the epochs swings and gets nowhere, and that of the validation rows with it."""

    code: ClassVar[str] = "RV257"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Count the turns of the last epochs."""
        if len(recording.epochs) < LAST:
            return
        epochs = recording.epochs[-LAST:]
        start = recording.trivial if recording.trivial is not None else recording.epochs[0].train
        losses = [e.train for e in epochs]
        told = [e.validation for e in epochs if e.validation is not None]
        found = _swing(losses, start)
        if found and (len(told) < LAST or _swing(told, start)):
            turns, swing = found
            yield Finding(
                Oscillation.code,
                Oscillation.severity,
                f"loss, step {recording.epochs[-1].step}",
                f"It went up and down {turns} times in {LAST} epochs, mostly by {swing:.2g} or more: "
                "the steps overshoot.",
                "Use a learning rate five times smaller, or larger batches.",
                {"swing": swing, "turns": turns, "losses": losses},
            )


def _swing(losses: Sequence[float], start: float) -> tuple[int, float] | None:
    """How often losses turn, and their median step, where they do so often and far."""
    steps = [b - a for a, b in itertools.pairwise(losses)]
    turns = sum(a * b < 0 for a, b in itertools.pairwise(steps))
    swing = statistics.median(map(abs, steps))
    gained = max(start - min(losses), 0.0)
    far = swing > SWING * gained and swing > OF_ITSELF * min(losses)
    return (turns, swing) if turns >= TURNS and far else None
