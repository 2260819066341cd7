"""RV107: identifiers were set aside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...data.unfit import COUNTS
from ...finding import Finding, Severity
from .case import Case, named

REASONS = ("each value occurs once", "nearly every value is different", COUNTS)
"""How the schema's reasons begin where a column was taken for an identifier."""


class IdentifierSetAside:
    """Columns that only name or count the rows were set aside."""

    code: ClassVar[str] = "RV107"
    severity: ClassVar[Severity] = "info"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Read the reasons of the schema."""
        found = {
            column.name: column.reason
            for column in case.schema.columns
            if column.role == "ignored" and column.reason.startswith(REASONS)
        }
        if found:
            yield Finding(
                code=IdentifierSetAside.code,
                severity=IdentifierSetAside.severity,
                place=named(list(found)),
                cause="Nearly each row has a value of its own there, and so it was set aside.",
                remedy="Nothing to do; give it the role input, if it says something after all.",
                evidence={"reason": found},
            )
