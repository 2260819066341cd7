"""Rows of different length as one block: texts, series and sounds, padded where rows are taken and not before.

Legend: N rows, L places of all rows together, B rows taken, T places of the longest of these.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

PAD = {True: math.nan, False: 0}
"""What fills up a row, by whether its values are real: no measured value, and no token."""


class Ragged:
    """The block of sequences (N, up to T, ...), each as long as it is.

    ``block[index]`` is a plain tensor (B, T, ...): tokens are int64 and padded with 0, real values are padded with NaN.
    T is at least 1. No row is copied before it is taken.

    Args:
        values: (L, ...) of all rows, one row after another; whole numbers of any width, or floats.
        starts: (N + 1,) where each row begins, and the last one ends.
        pad: what fills up a row; None takes 0 for whole numbers and NaN for floats. Targets take -1.

    Attributes:
        lengths: (N,) int64.

    >>> block = Ragged(torch.tensor([5, 6, 7]), torch.tensor([0, 2, 2, 3]))
    >>> block[torch.tensor([2, 0])].tolist(), block.lengths.tolist(), len(block)
    ([[7, 0], [5, 6]], [2, 0, 1], 3)
    """

    def __init__(self, values: Tensor, starts: Tensor, pad: float | None = None) -> None:
        self.values = values
        self.first, self.lengths = starts[:-1].long(), starts.diff().long()
        self.pad = PAD[values.is_floating_point()] if pad is None else pad

    @classmethod
    def of(cls, rows: Iterable[Tensor], pad: float | None = None) -> Ragged:
        """The block of rows (T_i, ...) of one type; there is at least one."""
        given = list(rows)
        return cls(torch.cat(given), _starts(torch.tensor([len(row) for row in given])), pad)

    @property
    def shape(self) -> torch.Size:
        """(N, T, ...) as the padded tensor of all rows would have."""
        return torch.Size((len(self), _longest(self.lengths), *self.values.shape[1:]))

    def __len__(self) -> int:
        return self.lengths.shape[0]

    def __getitem__(self, index: Tensor | slice) -> Tensor:
        """The rows at ``index`` (B), padded to the longest of them: (B, T, ...)."""
        first, lengths = self.first[index], self.lengths[index]
        values = self.values
        steps = torch.arange(_longest(lengths), device=values.device)
        there = steps < lengths[:, None]  # (B, T)
        kind = values.dtype if values.is_floating_point() else torch.int64
        taken = torch.full((*there.shape, *values.shape[1:]), self.pad, dtype=kind, device=values.device)
        taken[there] = values[(first[:, None] + steps)[there]].to(kind)
        return taken

    @classmethod
    def joined(cls, blocks: Iterable[Ragged]) -> Ragged:
        """The rows of several blocks, one block after another; there is at least one."""
        given = list(blocks)
        lengths = torch.cat([block.lengths for block in given])
        return cls(torch.cat([block.flat()[0] for block in given]), _starts(lengths), given[0].pad)

    def flat(self) -> tuple[Tensor, Tensor]:
        """The values (L, ...) of these rows alone, one row after another, and where each begins (N + 1,)."""
        starts = _starts(self.lengths)
        shift = torch.repeat_interleave(self.first - starts[:-1], self.lengths)
        return self.values[shift + torch.arange(len(shift), device=shift.device)], starts

    def only(self, index: Tensor | slice) -> Ragged:
        """The rows at ``index``, still ragged; the values are shared."""
        return self._with(self.values, self.first[index], self.lengths[index])

    def to(self, device: torch.device | str) -> Ragged:
        """The same rows on another device."""
        return self._with(self.values.to(device), self.first.to(device), self.lengths.to(device))

    def _with(self, values: Tensor, first: Tensor, lengths: Tensor) -> Ragged:
        block = Ragged.__new__(Ragged)
        block.values, block.first, block.lengths, block.pad = values, first, lengths, self.pad
        return block


def _longest(lengths: Tensor) -> int:
    return max(1, int(lengths.max())) if len(lengths) else 1


def _starts(lengths: Tensor) -> Tensor:
    return torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])


def padded(block: Any) -> Tensor:
    """All rows of a block as a tensor, padded where they are ragged."""
    found: Tensor = block if isinstance(block, Tensor) else block[:]
    return found
