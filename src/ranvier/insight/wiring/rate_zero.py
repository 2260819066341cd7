"""RV232: a learning rate of 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class RateZero:
    """The optimizer's learning rate is 0 or negative."""

    code: ClassVar[str] = "RV232"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Look at the rates."""
        if program.rates and min(program.rates) <= 0:
            yield Finding(
                RateZero.code,
                RateZero.severity,
                "optimizer",
                f"A learning rate is {min(program.rates):g}: its parameters do not learn, or move uphill.",
                "Set a rate above 0; 0.001 is a good first one for Adam. A warm-up should begin above 0.",
                {"rates": list(program.rates)},
            )
