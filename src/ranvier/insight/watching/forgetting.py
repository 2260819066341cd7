"""RV263: a group of rows that was learnt and is forgotten."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Epoch, Recording

LEARNT = 0.5
"""A group was learnt where its loss has come below this share of its first one, or of that of the others. Its loss
is the median of three epochs: of two classes each may lose for an epoch what the other gains."""

LAST = 3
"""In each of so many epochs its loss"""

UNDONE = 1.0
"""lies above its lowest by more than this share of what it had gained: all of it, for the loss of a class of few rows
swings by half of that in a healthy training;"""

CLEARLY = 0.25
"""and it lies above by more than this share of itself."""

AS_WELL = 2.0
"""The loss of the others is at most so many times that of the training rows: where it is more, rows are learnt by
heart, and the loss of the hardest group rises for that."""


class Forgetting:
    """The loss of the other groups falls, and that of one, such as a class, has risen again."""

    code: ClassVar[str] = "RV263"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Follow the loss of each group over the epochs, beside that of the others; the worst one is told."""
        epochs = [epoch for epoch in recording.epochs if epoch.groups]
        if len(epochs) < LAST + 2:
            return
        (share, best), name = max((_undone(epochs, name), name) for name in epochs[0].groups)
        first, last = epochs[best], epochs[-1]
        if share > UNDONE and _others(last, name) <= AS_WELL * last.train:
            yield Finding(
                Forgetting.code,
                Forgetting.severity,
                f"group {name!r}, from step {first.step}",
                f"Its loss rose from {first.groups[name]:.3g} to {last.groups[name]:.3g}, while that of the others "
                f"fell from {_others(first, name):.3g} to {_others(last, name):.3g}: it is forgotten.",
                "Mix its rows into the batches to the end, weigh them, or take a smaller learning rate.",
                {"group": name, "lowest": first.groups[name], "last": last.groups[name], "undone": share},
            )


def _undone(epochs: list[Epoch], name: str) -> tuple[float, int]:
    """The share of what a group had gained that it has lost since, and the place of its best epoch."""
    values = [epoch.groups.get(name, math.nan) for epoch in epochs]
    if any(math.isnan(value) for value in values) or len(epochs[0].groups) < 2:
        return 0.0, 0
    smooth = [statistics.median(values[max(0, place - 1) : place + 2]) for place in range(len(values))]
    best = min(range(len(values)), key=smooth.__getitem__)
    lowest, now = smooth[best], min(values[-LAST:])
    start = max(values[0], _others(epochs[best], name))
    learnt = best < len(values) - LAST and 0 <= lowest < LEARNT * start
    if not learnt or _others(epochs[-1], name) >= _others(epochs[best], name):
        return 0.0, best
    return ((now - lowest) / (start - lowest) if now > (1 + CLEARLY) * lowest else 0.0), best


def _others(epoch: Epoch, name: str) -> float:
    """The mean loss of all groups but one."""
    return statistics.fmean(value for other, value in epoch.groups.items() if other != name)
