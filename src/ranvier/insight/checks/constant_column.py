"""RV108: columns with one value throughout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...data.kinds.values import is_readable, read_text
from ...finding import Finding, Severity
from .case import Case, named

REASONS = ("the same value in every row", "it has no values")
"""How the schema's reasons begin where a column was set aside because it says nothing."""


class ConstantColumn:
    """Columns have one value in all rows, or in all training rows."""

    code: ClassVar[str] = "RV108"
    severity: ClassVar[Severity] = "info"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Read the reasons of the schema, and look at the training rows of the inputs."""
        found = {
            column.name: column.reason
            for column in case.schema.columns
            if column.role == "ignored" and column.reason.startswith(REASONS)
        }
        sampled: dict[str, NDArray[np.float64] | NDArray[np.int64]] = {
            **case.sample.numbers,
            **case.sample.words,
        }
        for name, values in sampled.items():
            if len(np.unique(values)) == 1 and _is_constant(case, name):
                found[name] = "the same value in every training row, so that nothing is learnt from it"
        if found:
            yield Finding(
                code=ConstantColumn.code,
                severity=ConstantColumn.severity,
                place=named(list(found)),
                cause="It says nothing: the value is the same throughout."
                if len(found) == 1
                else "They say nothing: the value is the same throughout.",
                remedy="Nothing to do, unless it should vary.",
                evidence={"reason": found},
            )


def _is_constant(case: Case, name: str) -> bool:
    values = case.training(name)
    return is_readable(values) and read_text(values).n_unique() == 1
