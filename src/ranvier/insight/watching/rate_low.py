"""RV242: a learning rate that is too low."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

LEAST = 1e-6
"""Updates of a smaller share of the weights do nothing in a training of usual length."""

ENOUGH = 5
"""So many samples must agree."""


class RateLow:
    """The steps hardly move the weights, from the start."""

    code: ClassVar[str] = "RV242"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Compare the updates of the first steps with the weights."""
        early = [sample for sample in recording.samples if sample.step <= 64]
        ratios = [max((w.update / w.size for w in s.weights if w.size > 0), default=1.0) for s in early]
        moving = all((w.gradient or 0.0) > 0 for s in early for w in s.weights[-1:])
        if len(early) >= ENOUGH and moving and max(ratios) < LEAST:
            sample = early[-1]
            yield Finding(
                RateLow.code,
                RateLow.severity,
                f"optimizer, step {sample.step}",
                f"No step moved any weights by more than {max(ratios):.1g} of their size: nothing is learnt so.",
                "Use a learning rate a hundred times larger; 0.001 is a good first one for Adam.",
                {"update_to_weight": ratios, "step": sample.step},
            )
