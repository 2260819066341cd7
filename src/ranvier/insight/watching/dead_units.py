"""RV246: dead units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

MOST = 0.9
"""Up to this share a network lives on."""


class DeadUnits:
    """Nearly all units of a ReLU layer are 0 for every row."""

    code: ClassVar[str] = "RV246"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Look at the last two samples."""
        sample = recording.samples[-1] if recording.samples else None
        before = {s.name: s.dead for s in recording.samples[-2].layers} if len(recording.samples) > 1 else {}
        dead = [s for s in sample.layers if min(s.dead, before.get(s.name, 0.0)) > MOST] if sample else []
        if sample and dead:
            layer = dead[0]
            yield Finding(
                DeadUnits.code,
                DeadUnits.severity,
                f"layer {layer.name!r}, step {sample.step}",
                f"{layer.dead:.0%} of its units are 0 for all rows of two batches: they have no gradient, and stay so.",
                "Use a smaller learning rate, first weights by he, biases of 0, or a leaky ReLU.",
                {"share": layer.dead, "step": sample.step, "layers": [s.name for s in dead]},
            )
