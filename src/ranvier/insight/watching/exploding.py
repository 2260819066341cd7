"""RV249: gradients that explode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

TIMES = 10_000.0
"""So many times the weights a gradient has no business to be."""


class Exploding:
    """Gradients are ten thousand times as large as the weights."""

    code: ClassVar[str] = "RV249"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Compare gradients with weights in the last sample."""
        sample = recording.samples[-1] if recording.samples else None
        large = [w for w in sample.weights if (w.gradient or 0.0) > TIMES * w.size > 0] if sample else []
        if sample and large:
            weights = max(large, key=lambda w: (w.gradient or 0.0) / w.size)
            yield Finding(
                Exploding.code,
                Exploding.severity,
                f"parameter {weights.name!r}, step {sample.step}",
                f"Its gradient is {weights.gradient:.1g}, its weights {weights.size:.1g}: a step throws them away.",
                "Clip the gradient (clip_grad_norm_), scale inputs and targets, use smaller first weights.",
                {"gradient": weights.gradient, "weights": weights.size, "step": sample.step},
            )
