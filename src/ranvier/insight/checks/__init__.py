"""Checks, one file a finding code; the contract that they all keep.

A check looks at a ``Case`` and yields a ``Finding`` for each thing it noticed, or none. It changes nothing, draws what
it samples from the run's seed alone, and takes at most five seconds: ``sample.py`` says how many rows and columns are
looked at, and the evidence of a finding that rests on a sample says how many rows it had. Each code has a page in
``docs/findings``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import ClassVar, Protocol

from ...catalog import CHECKS, TRAINING_CHECKS, WIRING_CHECKS, load
from ...errors import Mistake, did_you_mean
from ...finding import Finding, Severity, by_gravity
from .case import Case as Case


class Check(Protocol):
    """Something that can be noticed; its code and severity never change from one run to the next."""

    code: ClassVar[str]
    severity: ClassVar[Severity]

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Yield what is noticed; nothing where all is well."""
        ...


def examine(case: Case, without: Collection[str] = ()) -> list[Finding]:
    """Run every check of the catalogue.

    Args:
        case: what is looked at.
        without: codes that are left out, such as ``("RV102",)``.

    Returns:
        The findings, warnings before what is only worth knowing, then by code.
    """
    found: list[Finding] = []
    for name in CHECKS:
        check: Check = load("checks", name)
        if check.code not in without:
            found += check.run(case)
    return by_gravity(found)


def unknown_codes(codes: Collection[str]) -> list[Mistake]:
    """A mistake for each of ``codes`` that no check has, of the data, the wiring or the training.

    >>> [str(mistake) for mistake in unknown_codes(["RV110", "RV1010"])]
    ["There is no finding with the code 'RV1010'. Did you mean 'RV110'?"]
    """
    kinds = {"checks": CHECKS, "wiring_checks": WIRING_CHECKS, "training_checks": TRAINING_CHECKS}
    known = [load(kind, name).code for kind, names in kinds.items() for name in names] if codes else []
    return [
        Mistake(f"there is no finding with the code {code!r}", remedy=did_you_mean(code, known))
        for code in codes
        if code not in known
    ]
