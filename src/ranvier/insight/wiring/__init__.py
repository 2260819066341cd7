"""Checks of a program before it trains: one file a check, each pure over the measured ``Program``."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar, Protocol

from ...catalog import WIRING_CHECKS, load
from ...finding import Finding, Severity, by_gravity
from .program import Program as Program

LEAST_SAID = "RV210"
"""What torch refused; nothing is said of it where another error explains it."""


class WiringCheck(Protocol):
    """Something that can be noticed of a program; its code and severity never change from one run to the next."""

    code: ClassVar[str]
    severity: ClassVar[Severity]

    @staticmethod
    def run(program: Program) -> Iterator[Finding]:
        """Yield what is noticed; nothing where all is well."""
        ...


def examine(program: Program, without: Collection[str] = ()) -> list[Finding]:
    """Run every wiring check on what was measured.

    Args:
        program: the measurements.
        without: codes that are left out.

    Returns:
        The findings, errors first, then by code.
    """
    found: list[Finding] = []
    for name in WIRING_CHECKS:
        check: WiringCheck = load("wiring_checks", name)
        if check.code not in without:
            found += check.run(program)
    if any(finding.severity == "error" and finding.code != LEAST_SAID for finding in found):
        found = [finding for finding in found if finding.code != LEAST_SAID]
    return by_gravity(found)
