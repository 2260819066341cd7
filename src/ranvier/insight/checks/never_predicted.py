"""RV302: a class that is never predicted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .case import Case

FEWEST = 10
"""Test rows of the class below which nothing is said."""


class NeverPredicted:
    """The network calls no test row by the name of a class that many of them have."""

    code: ClassVar[str] = "RV302"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Read the classes of the measure; nothing before there is one."""
        found = (case.metrics or {}).get("classes") or {}
        for label, measured in found.items() if isinstance(found, dict) else []:
            if measured["support"] >= FEWEST and measured["precision"]["value"] is None:
                yield Finding(
                    code=NeverPredicted.code,
                    severity=NeverPredicted.severity,
                    place=f"class {label!r} of column {case.task.target!r}",
                    cause=f"No test row is called that, though {measured['support']:,} of them are.",
                    remedy="Weigh the classes (regularization.class_weights=balanced), or train for longer.",
                    evidence={"support": measured["support"]},
                    settings={"regularization.class_weights": "balanced"},
                )
