"""RV217: weights that the network does not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class Unregistered:
    """The loss depends on parameters that are not among those of the network."""

    code: ClassVar[str] = "RV217"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Compare what the gradient reaches with the parameters of the network."""
        if program.unregistered:
            shapes = [list(shape) for shape in program.unregistered]
            yield Finding(
                Unregistered.code,
                Unregistered.severity,
                "network, hidden weights of shape " + ", ".join(map(str, program.unregistered[:4])),
                "The outputs depend on weights that network.parameters() does not have: none trains or saves them.",
                "Hold layers in nn.ModuleList or as attributes, made once in __init__.",
                {"shapes": shapes},
            )
