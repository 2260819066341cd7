"""RV241: a learning rate that is too high."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

MOST = 0.3
"""An update of this share of the weights, in two samples one after the other, is too large."""


class RateHigh:
    """The steps are as large as the weights themselves."""

    code: ClassVar[str] = "RV241"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Compare the updates with the weights, after the first step; those that began at zero have no size yet."""
        began = {w.name for sample in recording.samples[:1] for w in sample.weights if w.size == 0}
        later = [sample for sample in recording.samples if sample.step > 1]
        ratios = [
            statistics.median(
                [w.update / w.size for w in sample.weights if w.size > 0 and w.name not in began] or [0.0]
            )
            for sample in later
        ]
        at = next((n for n in range(1, len(ratios)) if min(ratios[n - 1 : n + 1]) > MOST), None)
        if at is not None:
            sample = later[at]
            yield Finding(
                RateHigh.code,
                RateHigh.severity,
                f"optimizer, step {sample.step}",
                f"The step moved the weights by {ratios[at]:.1g} of their size: what was learnt before is overwritten.",
                "Use a learning rate ten times smaller.",
                {"update_to_weight": ratios[at - 1 : at + 1], "step": sample.step},
            )
