"""RV248: gradients that vanish."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

LEAST = 1e-5
"""A smaller share of the last layer's gradient moves nothing."""


class Vanishing:
    """The gradient of the first weights is next to nothing beside that of the last."""

    code: ClassVar[str] = "RV248"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Compare the gradients of the first and the last weights in the last two samples."""
        ratios = [
            (s.weights[0].gradient or 0.0) / s.weights[-1].gradient
            for s in recording.samples[-2:]
            if len(s.weights) > 1 and s.weights[-1].gradient
        ]
        if len(ratios) > 1 and 0 < max(ratios) < LEAST:
            sample = recording.samples[-1]
            yield Finding(
                Vanishing.code,
                Vanishing.severity,
                f"parameter {sample.weights[0].name!r}, step {sample.step}",
                f"Its gradient is {ratios[-1]:.1g} of that of the last layer: nothing comes through to it.",
                "Use ReLU or GELU between the layers, a norm, or connections around them.",
                {"first_to_last": ratios, "step": sample.step},
            )
