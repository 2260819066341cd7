"""RV229: inputs or targets that are no numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .program import Program


class NotFinite:
    """Inputs or targets hold values that are missing or infinite."""

    code: ClassVar[str] = "RV229"
    severity: ClassVar[Severity] = "error"

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Count what is not finite."""
        bad = {"inputs": sum(values.bad for values in program.inputs), "targets": program.target.bad}
        for place, count in bad.items():
            if count:
                yield Finding(
                    NotFinite.code,
                    NotFinite.severity,
                    place,
                    f"{count:,} values are missing or infinite there: one makes every weight so.",
                    "Fill them in or leave the rows out before training.",
                    {"values": count},
                )
