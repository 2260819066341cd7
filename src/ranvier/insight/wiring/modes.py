"""RV223: layers in the wrong mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class Modes:
    """Dropout or batch normalisation is in evaluation mode before training."""

    code: ClassVar[str] = "RV223"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Look at the layers whose mode matters."""
        if program.evaluation:
            names = ", ".join(map(repr, program.evaluation[:4]))
            yield Finding(
                Modes.code,
                Modes.severity,
                f"network (layer {names})" if program.all_evaluation else f"layer {names}",
                "It is in evaluation mode: dropout drops nothing, and batch norm does not renew its statistics.",
                "Call network.train() before each epoch, after the validation.",
                {"layers": list(program.evaluation), "all": program.all_evaluation},
            )
