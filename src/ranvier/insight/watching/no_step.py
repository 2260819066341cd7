"""RV244: no step is taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording


class NoStep:
    """There are gradients, and the optimizer never steps."""

    code: ClassVar[str] = "RV244"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Count passes and steps."""
        if recording.steps == 0 and recording.passes >= 50:
            yield Finding(
                NoStep.code,
                NoStep.severity,
                "optimizer",
                f"After {recording.passes} passes with a gradient it has taken no step: the weights are as they were.",
                "Call optimizer.step() after the backward pass, of the optimizer that is watched.",
                {"passes": recording.passes},
            )
