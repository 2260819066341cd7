"""RV252: training in evaluation mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording


class TrainedInEvaluation:
    """The network is in evaluation mode while the optimizer steps."""

    code: ClassVar[str] = "RV252"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Count the first steps in that mode, where it makes a difference."""
        if (
            recording.matters
            and recording.steps >= 4
            and recording.evaluation >= min(recording.steps, recording.first)
        ):
            yield Finding(
                TrainedInEvaluation.code,
                TrainedInEvaluation.severity,
                "network",
                "It is in evaluation mode while it trains: dropout drops nothing, batch norm keeps old statistics.",
                "Call network.train() before each epoch, after the validation.",
                {"steps": recording.evaluation},
            )
