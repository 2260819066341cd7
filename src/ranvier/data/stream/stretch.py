"""Rows read from a piece of a file, and what became of those that could not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True)
class Stretch:
    """Some consecutive rows.

    Args:
        frame: their values (N rows), raw.
        rows: (N,) int64, a number for each row: its place in the source, from 0. In files of text it is counted from
            the bytes before, so it rises with the rows and is no one else's, but is not their count.
        read: how many records stood there.
        dropped: how many of these could not be used, by reason.
    """

    frame: pl.DataFrame
    rows: NDArray[np.int64]
    read: int
    dropped: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def joined(cls, stretches: Sequence[Stretch]) -> Stretch:
        """Several as one."""
        dropped: Counter[str] = Counter()
        for one in stretches:
            dropped.update(one.dropped)
        return cls(
            pl.concat([one.frame for one in stretches]),
            np.concatenate([one.rows for one in stretches]),
            sum(one.read for one in stretches),
            dict(dropped),
        )
