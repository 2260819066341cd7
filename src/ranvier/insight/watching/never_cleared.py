"""RV243: gradients that are never cleared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording


class NeverCleared:
    """Each step adds to the gradient of the step before."""

    code: ClassVar[str] = "RV243"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Count the first steps whose gradient was added to the last one."""
        if recording.added >= 3 and recording.added == min(recording.steps, recording.first) - 1:
            yield Finding(
                NeverCleared.code,
                NeverCleared.severity,
                f"optimizer, step {recording.steps}",
                "The gradient of a step is the sum of all since the start: nothing clears it.",
                "Call optimizer.zero_grad() in each step, before the backward pass.",
                {"steps": recording.steps, "added": recording.added},
            )
