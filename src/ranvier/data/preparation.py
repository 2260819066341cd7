"""The preparation: the fitted kinds of the input columns, from a frame to the tensors that a network reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ..catalog import KINDS, load
from ..errors import DataError, InternalError, Mistake, did_you_mean
from .kinds import Kind
from .ledger import Ledger
from .schema import Schema
from .tokens import Tokens

SHOWN = 20
"""So many missing columns are named one by one."""


@dataclass(frozen=True)
class Preparation:
    """The blocks of the input columns: one for each kind that occurs among them.

    Args:
        blocks: the fitted kind of each block, by the kind's name, in the order of the catalogue.
    """

    blocks: dict[str, Kind]

    @classmethod
    def fit(
        cls,
        frame: pl.DataFrame,
        schema: Schema,
        given: Mapping[str, Mapping[str, Any]] | None = None,
        wanted: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Self:
        """Fit to raw values.

        Args:
            frame: the training rows, and no others: what is learnt here must not know the test rows.
            schema: says which columns are inputs, and of which kind.
            given: states of kinds that were fitted before: that of the same columns is taken as it is, and a text is
                read by the same tokens, so that a trained network is given what it has learnt to read.
            wanted: by the name of a kind what else its ``fit`` is told.

        Raises:
            DataError: the frame lacks input columns, or a column holds no value of its kind.
            InternalError: an input column has no kind.
        """
        without = [name for name in schema.inputs if schema[name].kind not in KINDS]
        if without:
            raise InternalError(f"input columns without a kind: {', '.join(map(repr, without))}")
        _check_columns(frame, schema.inputs)
        blocks: dict[str, Kind] = {}
        for kind in KINDS:
            columns = [name for name in schema.inputs if schema[name].kind == kind]
            if columns:
                before = (given or {}).get(kind, {})
                if columns == list(before.get("columns", [])):
                    blocks[kind] = load("kinds", kind).from_state(before)
                    continue
                said = next((schema[name].size for name in columns if schema[name].size), None)
                options: dict[str, Any] = {} if said is None else {"size": said}
                options |= (wanted or {}).get(kind, {})
                if "tokens" in before:
                    options["tokens"] = Tokens.from_state(before["tokens"])
                blocks[kind] = load("kinds", kind).fit(frame.select(columns), **options)
        return cls(blocks)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the input columns, block by block; within a block in the order of the table."""
        return tuple(column for block in self.blocks.values() for column in block.columns)

    def missing_columns(self, frame: pl.DataFrame) -> tuple[str, ...]:
        """The input columns that ``frame`` does not have."""
        return tuple(column for column in self.columns if column not in frame.columns)

    def transform(
        self,
        frame: pl.DataFrame,
        ledger: Ledger | None = None,
        rows: NDArray[np.int64] | None = None,
        but: str = "",
    ) -> dict[str, Tensor]:
        """Turn raw values into the tensor of each block; columns that are no inputs are left alone.

        Args:
            frame: raw values (N rows).
            ledger: where repaired cells are counted.
            rows: (N,) the row numbers in the source, from 0, for the ledger's examples.
            but: the block that is left out.

        Returns:
            For each block a tensor (N, W), as its kind's ``transform`` documents.

        Raises:
            DataError: the frame lacks input columns; each is named.
        """
        _check_columns(frame, self.columns)
        return {
            name: block.transform(frame, ledger, rows) for name, block in self.blocks.items() if name != but
        }

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """``count`` synthetic raw rows, drawn column by column from what was fitted: nobody's data."""
        return pl.concat([block.draw(count, generator) for block in self.blocks.values()], how="horizontal")

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values: the state of each block, by the kind's name."""
        return {name: block.state() for name, block in self.blocks.items()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The preparation that ``state`` described.

        Raises:
            SpecError: a kind is not known.
            ModelFileError: a block does not agree with itself.
        """
        return cls({name: load("kinds", name).from_state(inner) for name, inner in state.items()})


def _check_columns(frame: pl.DataFrame, needed: tuple[str, ...]) -> None:
    present = set(frame.columns)
    missing = [name for name in needed if name not in present]
    if not missing:
        return
    spare = sorted(present - set(needed))
    mistakes = [
        Mistake(
            f"the data has no column {name!r}",
            remedy=did_you_mean(name, spare) if spare else "add it; its cells may be empty",
        )
        for name in missing[:SHOWN]
    ]
    if len(missing) > SHOWN:
        mistakes.append(Mistake(f"{len(missing) - SHOWN:,} more columns are missing"))
    raise DataError(*mistakes)
