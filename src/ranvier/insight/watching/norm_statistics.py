"""RV259: batch normalisation whose statistics are not those of the batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

MOST = 1.5
"""By so many deviations, or powers of e, the kept statistics may be away from a batch's."""

SETTLED = 128
"""Before this step they are on their way."""


class NormStatistics:
    """In evaluation batch normalisation uses statistics that no batch has."""

    code: ClassVar[str] = "RV259"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Look at the last two samples."""
        late = [sample for sample in recording.samples if sample.step >= SETTLED][-2:]
        if len(late) < 2:
            return
        before = {s.name: s.shift for s in late[0].layers if s.shift is not None}
        away = [
            s for s in late[1].layers if s.shift is not None and min(s.shift, before.get(s.name, 0.0)) > MOST
        ]
        if away:
            layer = away[0]
            yield Finding(
                NormStatistics.code,
                NormStatistics.severity,
                f"layer {layer.name!r}, step {late[1].step}",
                f"The statistics that it keeps for evaluation are {layer.shift:.2g} deviations from those of a batch.",
                "Use a larger momentum (0.1) or larger batches, and batches that are drawn at random.",
                {"shift": layer.shift, "step": late[1].step, "layers": [s.name for s in away]},
            )
