"""RV251: weights that shrink to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

LEAST = 0.1
"""Below this share of their first size the weights of a network say nothing any more."""


class Shrinking:
    """The weights have less than a tenth of their first size."""

    code: ClassVar[str] = "RV251"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Compare the last sample with the first."""
        sizes = [sum(w.size for w in sample.weights) for sample in recording.samples]
        if len(sizes) > 1 and sizes[-1] < LEAST * sizes[0]:
            sample = recording.samples[-1]
            yield Finding(
                Shrinking.code,
                Shrinking.severity,
                f"optimizer, step {sample.step}",
                f"The weights are {sizes[-1] / sizes[0]:.1g} of what they were: weight decay takes too much.",
                "Use a smaller weight decay; with Adam use AdamW, whose usual decay is 0.01.",
                {"sizes": [sizes[0], sizes[-1]], "step": sample.step},
            )
