"""Room for prepared rows, used again and again: memory that is asked for anew in other sizes each time crumbles."""

from __future__ import annotations

from torch import Tensor

from ..batches import Batch

SLACK = 1.125
"""So many times what is needed is asked for, since the next rows may be a few more."""


class Room:
    """Rows that are put in one batch after another, and given as one; memory is asked for where it does not suffice.

    Args:
        like: rows with the same blocks, on any device.
    """

    def __init__(self, like: Batch) -> None:
        self.held = like.take(slice(0, 0)).to("cpu")
        self.filled = 0

    def clear(self) -> None:
        """Take the rows out; the room stays."""
        self.filled = 0

    def add(self, batch: Batch, expected: int = 1) -> None:
        """Put in a copy of these rows.

        Args:
            batch: on the CPU.
            expected: about so many such batches will come in all.
        """
        rows = self.filled + len(batch)
        if rows > len(self.held):
            self._extend(round(SLACK * max(rows, expected * len(batch))))
        for own, new in zip(_tensors(self.held), _tensors(batch)):
            own[self.filled : rows].copy_(new)
        self.filled = rows

    def rows(self) -> Batch:
        """All rows that were put in: views, which the next rows overwrite."""
        return self.held.take(slice(0, self.filled))

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
