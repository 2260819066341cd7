"""What a check can look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...data.batches import Batch
from ...data.kinds.values import read_text
from ...data.schema import Schema
from ...data.split import Split
from ...data.table import Table
from ...tasks import Task, classes_of
from .sample import Columns, draw, read_columns


@dataclass(frozen=True)
class Case:
    """A table on its way to a network, and the measure where there is one already.

    Args:
        table: the rows that take part (N), raw.
        schema: kind and role of each column.
        split: the positions of the parts.
        task: fitted to the target.
        parts: ``train``, ``validation`` and ``test`` as tensors.
        metrics: what stands in ``metrics.json``; None before the network is measured.
        seed: of the run; samples are drawn from it.
    """

    table: Table
    schema: Schema
    split: Split
    task: Task
    parts: Mapping[str, Batch]
    metrics: Mapping[str, Any] | None = None
    seed: int = 0

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The classes of the target, or None where it is no class."""
        return classes_of(self.task) or None

    @property
    def drawn(self) -> Literal["given", "group", "time", "random"]:
        """How the test rows were chosen: a resumed run answers as its first sitting did."""
        if "test" in self._given:
            return "given"
        if self.schema.named("group"):
            return "group"
        return "time" if self.schema.named("time") else "random"

    @property
    def _given(self) -> set[str]:
        if self.table.parts is not None:
            return set(self.table.parts.tolist())
        names = self.schema.named("part")
        return set(read_text(self.table.frame[names[0]]).str.to_lowercase()) if names else set()

    @cached_property
    def targets(self) -> NDArray[Any]:
        """(N,) the target of each row: class indices (int64), or values in the target's own unit (float64).

        Texts and rows of tags are numbered in the order of the alphabet.
        """
        values = self.table.frame[self.task.target]
        truth = self.task.truth(self.task.encode(values))
        if truth.dtype.kind == "O":
            truth = self.task.shown(truth).to_numpy()
        return np.unique(truth, return_inverse=True)[1] if truth.dtype.kind in "UO" else truth

    @cached_property
    def sample(self) -> Columns:
        """Some of the training rows, or all, with their input columns read."""
        positions = draw(self.split.train, len(self.schema.inputs), self.seed)
        return read_columns(self.table.frame, self.schema, positions)

    def training(self, column: str) -> pl.Series:
        """The raw values of a column in the training rows."""
        return self.table.frame[column][self.split.train]

    def row_numbers(self, positions: NDArray[np.int64]) -> list[int]:
        """The numbers of rows as a person counts them, from 1."""
        return [int(row) + 1 for row in self.table.rows[positions]]


def named(columns: list[str] | tuple[str, ...], most: int = 5) -> str:
    """The place of a finding about columns.

    >>> named(["age"]), named(["a", "b", "c"], most=2)
    ("column 'age'", "columns 'a', 'b' and 1 more")
    """
    shown = ", ".join(map(repr, columns[:most]))
    more = f" and {len(columns) - most} more" if len(columns) > most else ""
    return f"column{'' if len(columns) == 1 else 's'} {shown}{more}"


def ignoring(columns: list[str] | tuple[str, ...]) -> dict[str, Any]:
    """The settings that set columns aside."""
    return {"columns": dict.fromkeys(columns, "ignored")}
