"""A table: rows as they were read, before anything is interpreted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..errors import InternalError


@dataclass(frozen=True)
class Table:
    """Columns of raw values.

    Args:
        frame: the values (N rows). From a text format every column is a string; None is a missing value.
        rows: (N,) int64, the number of each row in its source, from 0; findings and the ledger name rows by it.
        origin: what a person calls the source, such as ``titanic.csv``.
        fingerprint: SHA-256 of the content, in hex; a resumed run refuses data that has changed.
        declared: kinds that the source itself knows (an array of floats is numbers); they are not inferred.
        target: the target that the source itself knows (a sample's), used where the user names none.
        parts: (N,) of ``train``, ``validation`` and ``test`` where these were given apart, else None.
    """

    frame: pl.DataFrame
    rows: NDArray[np.int64]
    origin: str
    fingerprint: str
    declared: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    parts: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        return self.frame.height

    def take(self, positions: NDArray[np.int64] | NDArray[np.bool_]) -> Table:
        """The rows at ``positions`` (indices, or a mask of N booleans), in that order.

        Raises:
            InternalError: a mask has not N values.
        """
        if positions.dtype == np.bool_:
            if len(positions) != len(self):
                raise InternalError(f"a mask of {len(positions)} rows was laid on a table of {len(self)}")
            positions = np.flatnonzero(positions)
        parts = None if self.parts is None else self.parts[positions]
        return replace(self, frame=self.frame[positions], rows=self.rows[positions], parts=parts)
