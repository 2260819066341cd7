"""RV260: rows that the network no longer tells apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording, Sample

LEAST = 0.01
"""Rows that differ by a smaller share of their size are one and the same to the layers above."""

VARIED = 0.05
"""By so much the rows differ where they come in."""


class Collapse:
    """What the last layer is given is nearly the same for all rows."""

    code: ClassVar[str] = "RV260"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Look at the last two samples, after the first steps."""
        late = [sample for sample in recording.samples if sample.step >= 8][-2:]
        ends = [_ends(sample) for sample in late]
        if len(late) == 2 and all(first > VARIED and last < LEAST for first, last, _ in ends):
            first, last, name = ends[1]
            yield Finding(
                Collapse.code,
                Collapse.severity,
                f"layer {name!r}, step {late[1].step}",
                f"The rows that it is given differ by {last:.1g} of their size, at first they do by {first:.2g}.",
                "Put a norm between the layers, use ReLU or GELU, a smaller learning rate or less weight decay.",
                {"first": first, "last": last, "step": late[1].step},
            )


def _ends(sample: Sample) -> tuple[float, float, str]:
    """How much the rows differ before the first and the last linear map, and the name of the last."""
    measured = [(s.varied, s.name) for s in sample.layers if s.varied is not None]
    if len(measured) < 2:
        return 0.0, 1.0, ""
    return measured[0][0], measured[-1][0], measured[-1][1]
