"""RV265: adversarial training that one side has won."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

LAST = 3
"""In each of so many stretches of steps"""

NOTHING = 0.02
"""the loss of one side is below this share of what it was,"""

WORSE = 1.5
"""and that of the other above so many times what it was."""


class OneSideWon:
    """One of two networks that learn against each other has nothing left to learn, and the other does not catch up."""

    code: ClassVar[str] = "RV265"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Compare the two losses of the last stretches with those of the first."""
        told = [(e.train, e.rival, e.step) for e in recording.epochs if e.rival is not None]
        if len(told) <= LAST:
            return
        own, rival = ([float(pair[side]) for pair in told] for side in (0, 1))
        for winner, loser, name in ((own, rival, "the watched network"), (rival, own, "its rival")):
            won = winner[0] > 0 and all(abs(value) < NOTHING * winner[0] for value in winner[-LAST:])
            if won and loser[0] > 0 and all(value > WORSE * loser[0] for value in loser[-LAST:]):
                yield Finding(
                    OneSideWon.code,
                    OneSideWon.severity,
                    f"losses, step {told[-1][2]}",
                    f"The loss of {name} fell from {winner[0]:.3g} to {winner[-1]:.2g}, the other's rose from "
                    f"{loser[0]:.3g} to {loser[-1]:.3g}: the one that won no longer teaches the other.",
                    "Slow the winner down (a lower rate, fewer steps, noise on its inputs), smooth its labels, or take "
                    "the Wasserstein loss with a gradient penalty.",
                    {"winner": name, "its_loss": winner[-1], "other_loss": loser[-1]},
                )
                return
