"""RV264: attention that does not choose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import AttentionSample, Recording

EARLIEST = 64
"""Steps after which it is looked for."""

ALL = 0.99
"""The share of one key, in each head, from which on the others count for nothing."""

EVEN = 1e-5
"""Nats by which the weights of any head may differ from even ones."""


class AttentionCollapse:
    """In every head of a layer one key gets all, or in every head of the network all keys get the same."""

    code: ClassVar[str] = "RV264"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Look at the last two samples."""
        late = [s for s in recording.samples if s.step >= EARLIEST and s.attention][-2:]
        if len(late) < 2:
            return
        each = [{a.name: a for a in sample.attention} for sample in late]
        single = [n for n in each[1] if all(n in one and one[n].top > ALL for one in each)]
        even = all(a.uneven < EVEN for one in each for a in one.values())
        if not single and not even:
            return
        name = single[0] if single else next(iter(each[1]))
        found: AttentionSample = each[1][name]
        yield Finding(
            AttentionCollapse.code,
            AttentionCollapse.severity,
            f"attention of layer {name!r}, step {late[1].step}",
            f"In every head one key gets {found.top:.1%} of the attention of all queries."
            if single
            else "In every head all keys get the same attention: the places of a row are not told apart.",
            "Take a smaller learning rate with a warmup, and put a layer norm before the attention."
            if single
            else "See that queries and keys get a gradient and differ from place to place; add positions and a norm.",
            {"top": found.top, "uneven": found.uneven, "step": late[1].step},
        )
