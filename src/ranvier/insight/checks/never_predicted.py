"""RV302: a class, or a tag, that is never predicted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...finding import Finding, Severity
from .case import Case

FEWEST = 10
"""Test rows of the class, or tokens of the tag, below which nothing is said."""


class NeverPredicted:
    """The network calls no test row by the name of a class that many of them have; or gives no token such a tag."""

    code: ClassVar[str] = "RV302"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Read the classes of the measure; nothing before there is one."""
        found = (case.metrics or {}).get("classes") or {}
        tags = case.task.forms[0] == "tags"
        for label, measured in found.items() if isinstance(found, dict) else []:
            if measured["support"] < FEWEST or measured["precision"]["value"] is not None:
                continue
            support = measured["support"]
            place = f"{'tag' if tags else 'class'} {label!r} of column {case.task.target!r}"
            code, severity, evidence = NeverPredicted.code, NeverPredicted.severity, {"support": support}
            if tags:  # whose losses know no weights of classes
                cause = f"No token of the test rows is given that tag, though {support:,} of them have it."
                remedy = "Train for longer, or give more rows in which it occurs."
                yield Finding(code, severity, place, cause, remedy, evidence)
                continue
            cause = f"No test row is called that, though {support:,} of them are."
            remedy = "Weigh the classes (regularization.class_weights=balanced), or train for longer."
            weights = {"regularization.class_weights": "balanced"}
            yield Finding(code, severity, place, cause, remedy, evidence, settings=weights)
