"""RV227: a gradient that is not the derivative."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program

MOST = 0.1
"""How far from 1 the measured slope may be."""


class WrongDerivative:
    """The loss does not change along the gradient as the gradient says."""

    code: ClassVar[str] = "RV227"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Compare differences of the loss with the gradient."""
        wrong = {
            p.name: p.slope for p in program.parameters if p.slope is not None and abs(p.slope - 1) > MOST
        }
        if wrong:
            name = list(wrong)[-1]
            yield Finding(
                WrongDerivative.code,
                WrongDerivative.severity,
                f"parameter {name!r}, or what comes after it",
                f"Along its gradient the loss changes {wrong[name]:.2f} times as much as the gradient says.",
                "Check hand-written backward functions (is the factor f'(z) there?), and detach or .data after it.",
                {"slopes": wrong},
            )
