"""RV216: parameters that take no part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class UnusedParameter:
    """Parameters belong to the network, and no output depends on them."""

    code: ClassVar[str] = "RV216"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Look for parameters without gradient whose layer was not called."""
        if program.failed or not program.loss_learns:
            return
        idle = [p.name for p in program.parameters if p.learns and p.gradient == "none" and not p.used]
        if idle:
            yield Finding(
                UnusedParameter.code,
                UnusedParameter.severity,
                "parameter " + ", ".join(map(repr, idle[:4])),
                "The forward pass does not use what it belongs to, and so it never changes."
                if len(idle) == 1
                else "The forward pass does not use what they belong to, and so they never change.",
                "Call the layer in forward, or take it out.",
                {"parameters": idle},
            )
