"""RV247: saturated units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

MOST = 0.8
"""Up to this share a layer still learns."""


class Saturated:
    """Nearly all values of a sigmoid or tanh inside of the network are at its ends."""

    code: ClassVar[str] = "RV247"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Look at the last two samples, but not at the layer of the outputs."""
        sample = recording.samples[-1] if recording.samples else None
        before = (
            {s.name: s.saturated for s in recording.samples[-2].layers} if len(recording.samples) > 1 else {}
        )
        inner = sample.layers[:-1] if sample else ()
        full = [s for s in inner if min(s.saturated, before.get(s.name, 0.0)) > MOST]
        if sample and full:
            layer = full[0]
            yield Finding(
                Saturated.code,
                Saturated.severity,
                f"layer {layer.name!r}, step {sample.step}",
                f"{layer.saturated:.0%} of its values are within 0.01 of an end, where the gradient is nearly 0.",
                "Scale the inputs, make the first weights smaller (xavier), or put a norm before it.",
                {"share": layer.saturated, "step": sample.step},
            )
