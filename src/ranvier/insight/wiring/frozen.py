"""RV230: parameters that are frozen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class Frozen:
    """Parameters do not learn: all of them, or some that the optimizer holds."""

    code: ClassVar[str] = "RV230"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Look for parameters that require no gradient."""
        still = [p.name for p in program.parameters if not p.learns]
        every = bool(still) and len(still) == len(program.parameters)
        held = still if every else [p.name for p in program.parameters if not p.learns and p.optimized]
        if held:
            yield Finding(
                Frozen.code,
                Frozen.severity,
                "network" if every else "parameter " + ", ".join(map(repr, held[:4])),
                "No parameter requires a gradient: nothing can be learnt."
                if every
                else "The optimizer holds it, and it requires no gradient: it stays as it is."
                if len(held) == 1
                else "The optimizer holds them, and they require no gradient: they stay as they are.",
                "Call requires_grad_(True) on it, or leave it out of the optimizer if it is meant to stay.",
                {"parameters": held},
            )
