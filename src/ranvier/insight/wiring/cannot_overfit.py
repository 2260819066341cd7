"""RV234: one small batch that cannot be overfitted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program

HARDLY = 0.97
"""A loss above this share of the first one or the trivial one has hardly fallen."""


class CannotOverfit:
    """A few rows alone, over and over, are not learnt."""

    code: ClassVar[str] = "RV234"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Compare the lowest loss of the attempts with the first, and with that of a blind answer."""
        found = program.overfit
        if found is None or found.lowest <= HARDLY * min(found.first, found.trivial):
            return
        yield Finding(
            CannotOverfit.code,
            CannotOverfit.severity,
            f"outputs of layer {found.merged!r}" if found.merged else f"loss of {found.rows} rows",
            f"After {found.steps} steps on {found.rows} rows alone the loss is {found.lowest:.3g} at its lowest, and "
            f"{found.trivial:.3g} takes no look at the row"
            + (": that layer gives the same for all of them." if found.merged else "."),
            "Follow a row from the inputs to the loss: something between them loses what tells the rows apart.",
            {"first": found.first, "lowest": found.lowest, "trivial": found.trivial, "steps": found.steps},
        )
