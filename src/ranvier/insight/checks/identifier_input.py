"""RV106: a column that names single rows or their owners is an input."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...data.kinds.values import is_readable, read_numbers
from ...data.unfit import comparable
from ...finding import Finding, Severity
from .case import Case, ignoring, named

FEWEST = 50
"""Distinct values below which a column is no identifier, whatever its name."""

NEARLY = 0.98
"""The share of different whole numbers from which a column that goes up with the rows only counts them."""

NAME = re.compile(r"(^|[\W_])(id|ids|uuid|guid)$|[a-z]I[dD]$|编号$|序号$")


class IdentifierInput:
    """A column that names rows or their owners is an input."""

    code: ClassVar[str] = "RV106"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Look at names, and at whole numbers that go up from row to row."""
        if len(case.schema.inputs) < 2:
            return
        suspected = (name for name in case.schema.inputs if _is_named(name) or _goes_up(case, name))
        found = {name: why for name in suspected if (why := _why(case.training(name)))}
        if not found or len(found) == len(case.schema.inputs):
            return
        columns = list(found)
        yield Finding(
            code=IdentifierInput.code,
            severity=IdentifierInput.severity,
            place=named(columns),
            cause="It names rows, or what they belong to, and new rows have other names."
            if len(columns) == 1
            else "They name rows, or what these belong to, and new rows have other names.",
            remedy="Ignore it, or give it the role group, so that the rows of one name stay together in the split.",
            evidence={
                "reason": found,
                "distinct": {name: case.training(name).n_unique() for name in columns},
                "train_rows": len(case.split.train),
            },
            settings=ignoring(columns),
        )


def _why(values: pl.Series) -> str | None:
    if not is_readable(values):
        return None
    present = comparable(values)
    distinct = present.n_unique()
    if distinct < FEWEST:
        return None
    numbers, malformed = read_numbers(present)
    whole = not malformed.any() and bool(
        np.all(np.isfinite(numbers)) and np.all(numbers == np.round(numbers))
    )
    if _is_named(values.name):
        if whole or (values.dtype == pl.String and malformed.all()):
            return "the name is that of an identifier"
    elif whole and distinct >= NEARLY * len(values) and _is_monotone(numbers):
        return "whole numbers that follow the order of the rows"
    return None


def _is_named(column: str) -> bool:
    return NAME.search(column.strip()) is not None


def _goes_up(case: Case, column: str) -> bool:
    """Tell by the sampled rows whether a column of numbers may follow the order of the rows; most do not."""
    numbers = case.sample.numbers.get(column)
    return numbers is not None and _is_monotone(numbers[np.isfinite(numbers)])


def _is_monotone(numbers: NDArray[np.float64]) -> bool:
    steps = np.diff(numbers)
    return bool(np.all(steps >= 0) or np.all(steps <= 0))
