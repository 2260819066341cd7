"""RV257: a loss that goes up and down."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator
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
    """The training loss of the epochs swings, and gets nowhere."""

    code: ClassVar[str] = "RV257"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Count the turns of the last epochs."""
        losses = [e.train for e in recording.epochs[-LAST:]]
        if len(losses) < LAST:
            return
        steps = [b - a for a, b in itertools.pairwise(losses)]
        turns = sum(a * b < 0 for a, b in itertools.pairwise(steps))
        swing = statistics.median(map(abs, steps))
        gained = (recording.trivial if recording.trivial is not None else recording.epochs[0].train) - min(
            losses
        )
        if turns >= TURNS and swing > SWING * max(gained, 0.0) and swing > OF_ITSELF * min(losses):
            yield Finding(
                Oscillation.code,
                Oscillation.severity,
                f"loss, step {recording.epochs[-1].step}",
                f"It went up and down {turns} times in {LAST} epochs, mostly by {swing:.2g} or more: "
                "the steps overshoot.",
                "Use a learning rate five times smaller, or larger batches.",
                {"swing": swing, "turns": turns, "losses": losses},
            )
