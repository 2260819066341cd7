"""RV262: batches of rows that are alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .ordering import alike
from .recording import Recording

TIMES = 4.0
"""So many times as much as by chance the batches differ."""


class SortedBatches:
    """Rows come in an order: those of a batch are alike, and each batch pulls another way."""

    code: ClassVar[str] = "RV262"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Compare the first batches with one another."""
        times = alike(recording.batches)
        if times is not None and times > TIMES:
            count = len(recording.batches)
            yield Finding(
                SortedBatches.code,
                SortedBatches.severity,
                f"inputs of the batches, steps 1 to {count}",
                f"They differ {times:.3g} times as much as batches drawn at random would: rows that are alike come "
                "together, and what one batch teaches the next undoes.",
                "Shuffle the rows before each epoch (DataLoader(..., shuffle=True)).",
                {"times": times, "batches": count},
            )
