"""A finding: a sentence with proof, about the data, the network or its training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["info", "warning", "error"]

GRAVITY: dict[str, int] = {"error": 0, "warning": 1, "info": 2}
"""The place of each severity where findings stand in order."""


@dataclass(frozen=True)
class Finding:
    """Something that Ranvier noticed.

    Args:
        code: a stable code, ``RV`` and three digits; the hundreds say where it was found (1 data, 2 training).
        severity: ``info``, ``warning`` or ``error``.
        place: the column, layer, parameter or step.
        evidence: what was measured: names and JSON values.
        cause: one sentence.
        remedy: one sentence.
        settings: the remedy as settings (``{"training.learning_rate": 0.001}``), where it is one.
    """

    code: str
    severity: Severity
    place: str
    cause: str
    remedy: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """One line for a terminal.

        >>> print(Finding("RV101", "info", "column 'id'", "Each value occurs once.", "Nothing to do."))
        RV101 info, column 'id': Each value occurs once. Nothing to do.
        """
        return f"{self.code} {self.severity}, {self.place}: {self.cause} {self.remedy}"

    def as_dict(self) -> dict[str, Any]:
        """The finding as it stands in ``findings.json``."""
        return asdict(self)


def by_gravity(found: Iterable[Finding]) -> list[Finding]:
    """Errors first, then warnings, then what is only worth knowing; by code."""
    return sorted(found, key=lambda finding: (GRAVITY[finding.severity], finding.code))
