"""Batches: prepared rows as tensors, drawn in an order that depends on the seed and the epoch alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from .ragged import Ragged
from .unread import Unread, ahead

STRETCH = 50
"""Within the rows of so many batches those of like length come together: less is padded, and the order stays random."""


@dataclass(frozen=True)
class Batch:
    """Prepared rows (B of them); a whole part of the split is one too.

    Args:
        inputs: the tensor of each block, by the name of its kind; first dimension B. Of a part, pictures may be an
            ``Unread`` and sequences are a ``Ragged`` instead, which give tensors where rows are taken.
        target: (B,) class indices (int64) or (B, K) values (float32); of a part it may be a ``Ragged``, too.
        weight: (B,) float32 row weights, or None where all weigh the same.
        rows: (B,) int64, the row numbers in the source.
    """

    inputs: dict[str, Tensor]
    target: Tensor
    rows: Tensor
    weight: Tensor | None = None

    def __len__(self) -> int:
        return self.rows.shape[0]  # len() of a tensor takes ten times as long, at each step

    def take(self, index: Tensor | slice) -> Batch:
        """The rows at ``index``."""
        inputs = {name: block[index] for name, block in self.inputs.items()}
        weight = None if self.weight is None else self.weight[index]
        return Batch(inputs, self.target[index], self.rows[index], weight)

    def only(self, index: Tensor) -> Batch:
        """The rows at ``index``; pictures that are on disk stay there, and sequences are not padded."""

        def part(block: Any) -> Any:
            return block[index] if isinstance(block, Tensor) else block.only(index)

        inputs = {name: part(block) for name, block in self.inputs.items()}
        weight = None if self.weight is None else self.weight[index]
        return Batch(inputs, part(self.target), self.rows[index], weight)

    @property
    def on_disk(self) -> bool:
        """Whether a block is decoded only where its rows are taken."""
        return any(isinstance(block, Unread) for block in self.blocks)

    @property
    def ready(self) -> bool:
        """Whether a network can read it as it is: nothing is left to be decoded or padded."""
        return all(isinstance(block, Tensor) for block in self.blocks)

    @property
    def blocks(self) -> list[Any]:
        """The inputs and the target."""
        return [*self.inputs.values(), self.target]

    @property
    def lengths(self) -> Tensor | None:
        """(B,) how long the sequences of each row are together; None where there are none."""
        ragged = [block.lengths for block in self.blocks if isinstance(block, Ragged)]
        return torch.stack(ragged).sum(dim=0) if ragged else None

    @property
    def frames(self) -> Tensor | None:
        """(B,) how long the sequences among the inputs of each row are; None where there are none."""
        ragged = [block.lengths for block in self.blocks[:-1] if isinstance(block, Ragged)]
        return torch.stack(ragged).sum(dim=0) if ragged else None

    def take_into(self, index: Tensor, into: Batch) -> Batch:
        """The rows at ``index``, written into a batch of as many rows, which is returned."""
        for name, block in self.inputs.items():
            torch.index_select(block, 0, index, out=into.inputs[name])
        torch.index_select(self.target, 0, index, out=into.target)
        torch.index_select(self.rows, 0, index, out=into.rows)
        if self.weight is not None and into.weight is not None:
            torch.index_select(self.weight, 0, index, out=into.weight)
        return into

    def to(self, device: torch.device | str) -> Batch:
        """The same rows on another device."""
        inputs = {name: block.to(device) for name, block in self.inputs.items()}
        weight = None if self.weight is None else self.weight.to(device)
        return Batch(inputs, self.target.to(device), self.rows.to(device), weight)


class Epochs(Protocol):
    """What gives the batches of each epoch: ``Batches`` of rows in memory, ``StreamBatches`` of a table on disk,
    ``Windows`` of a text."""

    size: int

    @property
    def alike(self) -> bool:
        """Whether the batches of ``size`` rows all have the same shapes."""
        ...

    def __len__(self) -> int:
        """The batches of an epoch."""
        ...

    def sample(self) -> Batch:
        """As many rows as most batches have."""
        ...

    def epoch(
        self, number: int, first: int = 0, into: Callable[[int], Batch | None] = lambda rows: None
    ) -> Iterator[Batch]:
        """The batches of epoch ``number`` (from 0), starting with batch ``first``; ``into`` as ``Batches`` says."""
        ...


class Batches:
    """The batches of an epoch, as slices of one permutation.

    Where rows are sequences, the permutation is sorted by length within stretches of 50 batches, and the batches are
    shuffled.

    No row is left out: a last batch of a single row is joined to the one before it, since batch normalisation
    cannot learn from one row.

    Args:
        data: all training rows.
        size: rows in a batch; at most ``len(data)``.
        seed: of the run; epoch e of the same seed has the same order in any process.
    """

    def __init__(self, data: Batch, size: int, seed: int) -> None:
        self.data = data
        self.size = min(size, len(data))
        self.seed = seed
        starts = list(range(0, len(data), self.size))
        if len(starts) > 1 and self.size > 1 and len(data) - starts[-1] == 1:
            starts.pop()
        self.bounds = [*starts, len(data)]

    @property
    def alike(self) -> bool:
        """Whether no row is a sequence, which its batch pads to the longest."""
        return self.data.lengths is None

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def sample(self) -> Batch:
        """As many rows as most batches have, the first ones of the data."""
        return self.data.take(slice(0, self.size))

    def epoch(
        self, number: int, first: int = 0, into: Callable[[int], Batch | None] = lambda rows: None
    ) -> Iterator[Batch]:
        """The batches of epoch ``number`` (from 0), starting with batch ``first``.

        Args:
            number: of the epoch.
            first: the batch to start with.
            into: gives memory for a batch of so many rows, which the next one overwrites; None for memory of its own.
        """
        if len(self) == 1:  # the whole set: its order changes nothing
            if first == 0:
                yield self.data if self.data.ready else self.data.take(slice(0, len(self.data)))
            return
        places = self.places(number, first)
        if self.data.on_disk:
            yield from ahead(self.data.take, places)
            return
        for index in places:
            buffers = into(index.shape[0])
            yield self.data.take(index) if buffers is None else self.data.take_into(index, buffers)

    def places(self, number: int, first: int = 0) -> Iterator[Tensor]:
        """Of each batch of epoch ``number``, from batch ``first`` on, the places of its rows in the data (B,)."""
        generator = torch.Generator().manual_seed(_order_seed(self.seed, number))
        order = torch.randperm(len(self.data), generator=generator)
        places = list(zip(self.bounds, self.bounds[1:]))
        if (lengths := self.data.lengths) is not None:
            order = by_length(order, lengths.cpu(), STRETCH * self.size)
            places = [places[at] for at in torch.randperm(len(places), generator=generator).tolist()]
        for start, end in places[first:]:
            yield order[start:end]


def by_length(order: Tensor, lengths: Tensor, stretch: int) -> Tensor:
    """An order of rows (N,) of which each stretch of so many rows is sorted by length (N,)."""
    return torch.cat([part[lengths[part].argsort(stable=True)] for part in torch.split(order, stretch)])


def _order_seed(seed: int, epoch: int) -> int:
    """A seed for the order of an epoch that shares nothing with its neighbours'."""
    return (seed * 0x9E3779B97F4A7C15 + epoch * 0xBF58476D1CE4E5B9 + 1) % 2**63
