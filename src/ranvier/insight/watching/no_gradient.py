"""RV245: steps without a gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording


class NoGradient:
    """The optimizer steps, and there is no gradient."""

    code: ClassVar[str] = "RV245"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Count the first steps that had none."""
        if recording.steps >= 4 and recording.empty >= min(recording.steps, recording.first):
            yield Finding(
                NoGradient.code,
                NoGradient.severity,
                f"optimizer, step {recording.steps}",
                f"None of its first {recording.empty} steps had a gradient other than 0: the weights stay as they are.",
                "Call loss.backward() before optimizer.step(), and zero_grad() not between the two.",
                {"steps": recording.empty},
            )
