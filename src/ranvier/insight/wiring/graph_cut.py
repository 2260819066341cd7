"""RV218: the gradient does not come through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class GraphCut:
    """The way from the loss back to parameters is cut."""

    code: ClassVar[str] = "RV218"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Look for a loss or used parameters without gradient, and for changes in place."""
        if not any(p.learns for p in program.parameters):
            return
        if program.failed == "backward" and "inplace" in program.message:
            name, place = program.in_place or ("an operation", program.failed_place)
            yield Finding(
                GraphCut.code,
                GraphCut.severity,
                f"after layer {place!r}",
                f"{name} changes in place what the gradient needs.",
                "Use the version without the underscore (x = x + 1, not x += 1).",
                {"operation": name, "message": program.message},
            )
        elif not program.loss_learns:
            yield Finding(
                GraphCut.code,
                GraphCut.severity,
                f"outputs of layer {program.last_place!r}, or the loss",
                "The loss has no gradient: detach, .data, argmax, numpy or no_grad came between.",
                "Compute the loss from the outputs themselves, and choose classes only to predict.",
                {"layer": program.last_place},
            )
        elif not program.failed and (
            lost := [p.name for p in program.parameters if p.learns and p.used and p.gradient == "none"]
        ):
            yield Finding(
                GraphCut.code,
                GraphCut.severity,
                f"after parameter {lost[-1]!r}",
                "It is used, and no gradient reaches it: detach, .data, numpy or no_grad comes after it.",
                "Leave that out between the layers, or set requires_grad to False where it is meant to stay.",
                {"parameters": lost},
            )
