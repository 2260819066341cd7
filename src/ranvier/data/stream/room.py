"""Room for prepared rows, used again and again: memory that is asked for anew in other sizes each time crumbles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from ..batches import Batch
from ..ragged import Ragged

SLACK = 1.125
"""So many times what is needed is asked for, since the next rows may be a few more."""


class Room:
    """Rows that are put in one batch after another, and given as one; memory is asked for where it does not suffice.

    Sequences are kept as they come, and joined where all rows are asked for.

    Args:
        like: rows with the same blocks, on any device.
    """

    def __init__(self, like: Batch) -> None:
        self.held = like.take(slice(0, 0)).to("cpu")
        self.names = list(like.inputs)
        self.sequences: dict[str, list[Ragged]] = {}
        self.filled = 0

    def clear(self) -> None:
        """Take the rows out; the room stays."""
        self.filled = 0
        self.sequences = {}

    def add(self, batch: Batch, expected: int = 1) -> None:
        """Put in a copy of these rows.

        Args:
            batch: on the CPU.
            expected: about so many such batches will come in all.
        """
        for name, block in batch.inputs.items():
            if isinstance(block, Ragged):
                self.sequences.setdefault(name, []).append(block)
        batch, self.held = self._tensors(batch), self._tensors(self.held)
        rows = self.filled + len(batch)
        if rows > len(self.held):
            self._extend(round(SLACK * max(rows, expected * len(batch))))
        for own, new in zip(_tensors(self.held), _tensors(batch)):
            own[self.filled : rows].copy_(new)
        self.filled = rows

    def rows(self) -> Batch:
        """All rows that were put in: views, which the next rows overwrite."""
        held = self.held.take(slice(0, self.filled))
        inputs: dict[str, Any] = dict(held.inputs)
        inputs |= {name: Ragged.joined(blocks) for name, blocks in self.sequences.items()}
        return replace(held, inputs={name: inputs[name] for name in self.names})

    def _tensors(self, batch: Batch) -> Batch:
        """The batch without its sequences."""
        inputs = {name: block for name, block in batch.inputs.items() if name not in self.sequences}
        return batch if len(inputs) == len(batch.inputs) else replace(batch, inputs=inputs)

    def _extend(self, rows: int) -> None:
        def larger(tensor: Tensor) -> Tensor:
            made = tensor.new_empty((rows, *tensor.shape[1:]))
            made[: self.filled].copy_(tensor[: self.filled])
            return made

        held = self.held
        inputs = {name: larger(block) for name, block in held.inputs.items()}
        weight = None if held.weight is None else larger(held.weight)
        self.held = Batch(inputs, larger(held.target), larger(held.rows), weight)


def _tensors(batch: Batch) -> list[Tensor]:
    weight = [] if batch.weight is None else [batch.weight]
    return [*batch.inputs.values(), batch.target, batch.rows, *weight]
