"""Kinds of columns, one file each; the contract that they all keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from typing_extensions import Self

from ..ledger import Ledger


@dataclass(frozen=True)
class Guess:
    """How well a column fits a kind: a confidence from 0 to 1, and the reason as a clause."""

    confidence: float
    reason: str


class Kind(Protocol):
    """A kind, fitted to the training rows of the columns that have it.

    The columns of one kind are one *block*: they are fitted, transformed and encoded together, so that a thousand
    numbers are one tensor. An unseen, missing or malformed value has a defined outcome, stated in each kind's file,
    and is counted in the ledger.
    """

    name: ClassVar[str]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        ...

    @classmethod
    def infer(cls, values: pl.Series) -> Guess:
        """Say how well raw ``values`` (strings, numbers or booleans; None is missing) fit this kind."""
        ...

    @classmethod
    def fit(cls, frame: pl.DataFrame) -> Self:
        """Fit to the training rows of the columns of this kind (raw values)."""
        ...

    def transform(
        self, frame: pl.DataFrame, ledger: Ledger | None = None, rows: NDArray[np.int64] | None = None
    ) -> torch.Tensor:
        """Turn raw values into a tensor (N, W); what had to be repaired goes into ``ledger``.

        ``rows`` (N,) are the row numbers in the source, from 0, which the ledger shows as examples.
        """
        ...

    def invert(self, tensor: torch.Tensor) -> pl.DataFrame:
        """Turn a tensor (N, number of columns) back into values (the columns' own part, without indicators)."""
        ...

    def features(self) -> dict[str, Any]:
        """Plain numbers that this kind's encoder is built from, as its keyword arguments."""
        ...

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """Synthetic raw rows like those seen, drawn column by column: nobody's data."""
        ...

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values."""
        ...

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The kind that ``state`` described."""
        ...
