"""RV228: inputs without a scale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program

LARGEST = 30.0
"""The root of the mean square from which inputs are large,"""

SMALLEST = 1e-3
"""and below which they are small."""


class InputScale:
    """The first layer with weights gets very large or very small numbers."""

    code: ClassVar[str] = "RV228"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Look at what goes into the first layer with weights."""
        layers = [layer for layer in program.layers if layer.parameters]
        if not layers or layers[0].inputs is None or layers[0].inputs.whole or "Norm" in layers[0].kind:
            return
        first, values = layers[0], layers[0].inputs
        if values.size > LARGEST or 0 < values.size < SMALLEST:
            yield Finding(
                InputScale.code,
                InputScale.severity,
                f"inputs of layer {first.name!r}",
                f"They run from {values.low:.3g} to {values.high:.3g}, and first weights are made for numbers about 1.",
                "Standardise each column with the mean and deviation of the training rows, or begin with a batch norm.",
                {"mean": values.mean, "deviation": values.spread},
            )
