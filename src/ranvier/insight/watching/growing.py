"""RV261: weights that grow without end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

MOST = 30.0
"""So many times their first size no healthy weights have."""


class Growing:
    """The weights are more than thirty times as large as they were."""

    code: ClassVar[str] = "RV261"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Compare the last sample with the first."""
        if len(recording.samples) < 2:
            return
        first, last = recording.samples[0], recording.samples[-1]
        before = {w.name: w.size for w in first.weights if w.size > 0}
        times = {w.name: w.size / before[w.name] for w in last.weights if w.name in before}
        whole = sum(w.size for w in last.weights) / (sum(before.values()) or 1.0)
        if times and before and whole > MOST:
            name = max(times, key=times.__getitem__)
            yield Finding(
                Growing.code,
                Growing.severity,
                f"parameter {name!r}, step {last.step}",
                f"The weights are {whole:.3g} times as large as at first, these {times[name]:.3g} times.",
                "Use a smaller learning rate, weight decay, or clip the gradient.",
                {"times": whole, "step": last.step},
            )
