"""RV219: parameters that the optimizer does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class NotOptimized:
    """Parameters learn, and the optimizer does not hold them."""

    code: ClassVar[str] = "RV219"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Compare the network's parameters with the optimizer's."""
        missing = [p.name for p in program.parameters if p.learns and p.optimized is False]
        if not missing:
            return
        every = len(missing) == sum(p.learns for p in program.parameters)
        place = "optimizer" if every else "parameter " + ", ".join(map(repr, missing[:4]))
        yield Finding(
            NotOptimized.code,
            NotOptimized.severity,
            place,
            "It holds no parameter of this network: nothing will be learnt."
            if every
            else "The optimizer does not hold it: it stays as it was made."
            if len(missing) == 1
            else "The optimizer does not hold them: they stay as they were made.",
            "Make the optimizer from network.parameters() once it is complete, unless another optimizer has them.",
            {"parameters": missing, "foreign": program.foreign},
        )
