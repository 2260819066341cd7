"""RV226: layers that cannot learn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class StillLayer:
    """Weights have a gradient of exactly 0, or all units of a layer are the same."""

    code: ClassVar[str] = "RV226"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Look at the first gradient; what has none because later weights begin at 0 and learn has one after a step."""
        learning = [p for p in program.parameters if p.learns]
        begins = [p.empty and p.gradient == "some" and not p.alike for p in learning]
        zero = [
            p.name
            for i, p in enumerate(learning)
            if p.gradient == "zero" and "weight" in p.name and not any(begins[i:])
        ]
        alike = [p.name for p in program.parameters if p.learns and p.gradient == "some" and p.alike]
        if not program.failed and (zero or alike):
            silent = [layer.name for layer in program.layers if layer.silent]
            where = f"layer {silent[0]!r}" if zero and silent else f"parameter {(zero or alike)[-1]!r}"
            yield Finding(
                StillLayer.code,
                StillLayer.severity,
                where,
                "Its gradient is exactly 0 for all rows: the units after it are dead, or all weights after it are 0."
                if zero
                else "All its units have the same weights and the same gradient, and so they stay the same.",
                "Start from random weights (he for ReLU, xavier for tanh) and biases of 0.",
                {"zero": zero, "alike": alike},
            )
