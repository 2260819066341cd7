"""Checks of a training while it runs: one file a check, each pure over the ``Recording``."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import ClassVar, Protocol

from ...catalog import TRAINING_CHECKS, load
from ...finding import Finding, Severity
from .recording import Recording as Recording


class TrainingCheck(Protocol):
    """Something that can be noticed of a training; its code and severity never change from one run to the next."""

    code: ClassVar[str]
    severity: ClassVar[Severity]

    @staticmethod
    def run(recording: Recording) -> Iterator[Finding]:
        """Yield what is noticed; nothing where all is well."""
        ...


def examine(recording: Recording, without: Collection[str] = ()) -> list[Finding]:
    """Run every training check on what was recorded so far, but for the codes ``without``."""
    found: list[Finding] = []
    for check in _checks():
        if check.code not in without:
            found += check.run(recording)
    return found


@cache
def _checks() -> tuple[TrainingCheck, ...]:
    """The members of the catalogue; a probe asks for them so often that looking them up would cost as much again."""
    return tuple(load("training_checks", name) for name in TRAINING_CHECKS)
