"""RV258: a batch that is too small or too large for the noise of its gradient."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording

ALIKE = 0.98
"""Gradients of two batches that agree so far say the same: fewer rows would have said it."""

LARGE = 128
"""Rows below which no batch is called too large,"""

SMALL = 8
"""and above which none is called too small."""

UNLIKE = 0.02
"""Gradients that agree no more than this are nearly all noise."""

ENOUGH = 5
"""So many samples, of the first 64 steps."""


class BatchNoise:
    """Two batches after each other have nearly the same gradient, or nothing in common."""

    code: ClassVar[str] = "RV258"
    severity: ClassVar[Severity] = "info"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Look at the agreement of gradients early in training (the noise scale of McCandlish et al. 2018)."""
        early = [s for s in recording.samples if s.step <= 64 and s.agreement is not None]
        if len(early) < ENOUGH or recording.rows is None:
            return
        agreement = statistics.median(s.agreement for s in early if s.agreement is not None)
        rows = recording.rows
        noise = rows * (1 - agreement) / max(agreement, 1e-3)
        if agreement > ALIKE and rows >= LARGE:
            cause = f"two batches of {rows} rows give the same gradient but for {1 - agreement:.1%}"
            remedy = f"Smaller batches learn as much from fewer rows: try {rows // 4}."
        elif agreement < UNLIKE and rows <= SMALL:
            cause = f"the gradients of two batches of {rows} rows have {max(agreement, 0.0):.1%} in common"
            remedy = f"Larger batches waste less of each step: try {rows * 8}."
        else:
            return
        yield Finding(
            BatchNoise.code,
            BatchNoise.severity,
            f"batch, step {early[-1].step}",
            f"Early in training {cause}.",
            remedy,
            {"agreement": agreement, "rows": rows, "noise_scale": noise},
        )
