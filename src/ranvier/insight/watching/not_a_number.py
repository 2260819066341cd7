"""RV250: values that are no numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .recording import Recording


class NotANumber:
    """A layer gives out values that are not finite."""

    code: ClassVar[str] = "RV250"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Look for the first such layer of the first sample that has one."""
        bad = ((s, n) for s in recording.samples for n, x in enumerate(s.layers) if x.bad_outputs)
        if found := next(bad, None):
            sample, at = found
            layers = sample.layers
            layer = layers[at]
            between = f"between layers {layers[at - 1].name!r} and {layer.name!r}" if at else "inputs"
            place = between if layer.bad_inputs else f"layer {layer.name!r}"
            yield Finding(
                NotANumber.code,
                NotANumber.severity,
                f"{place}, step {sample.step}",
                "Values there are missing or infinite, though those before are not.",
                "Look there for a logarithm or root of 0, a division by 0, or a learning rate that is too high.",
                {"layer": layer.name, "inputs": layer.bad_inputs, "step": sample.step},
            )
