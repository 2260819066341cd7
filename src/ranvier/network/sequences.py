"""Encoders of sequences: from a block that was padded to features, of each position or of the whole.

Legend: B rows, T positions of the longest of them, C channels, D features of a position that a network reads, E those
that it gives, P features of a whole sequence.

A network of sequences maps (B, T, D) and a mask (B, T) to (B, T, E) and has ``outputs`` = E. Where the mean over the
positions that are there is not what stands for the whole, it has ``pool(y, mask) -> (B, P)`` and ``pooled`` = P. One
that reads the ids of tokens by itself has ``reads_ids`` and takes (B, T) instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from ..catalog import load
from .initializers import initialize

EMBEDDING = 128
"""The width of a token's vector, where the network does not say."""


def mask_of(block: Tensor) -> Tensor:
    """(B, T) where a padded block has something: tokens (B, T) other than 0, or real values (B, T, C) that are not NaN.

    Of tokens with their spelling (B, T, W) the first number is that of the token.

    >>> mask_of(torch.tensor([[3, 1, 0]])).tolist()
    [[True, True, False]]
    """
    if block.is_floating_point():
        return ~block.isnan().all(dim=2)
    return block[:, :, 0] != 0 if block.ndim == 3 else block != 0


def mean_pool(y: Tensor, mask: Tensor) -> Tensor:
    """The mean (B, E) of the positions that are there; 0 where there are none.

    Args:
        y: (B, T, E), finite throughout.
        mask: (B, T).
    """
    there = mask.to(y.dtype).unsqueeze(2)
    total: Tensor = (y * there).sum(dim=1)
    return total / there.sum(dim=1).clamp_min(1.0)


def chosen(network: str | Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The member of the catalogue of networks that is named, alone or in a mapping, and its options."""
    options = {"name": network} if isinstance(network, str) else dict(network)
    return load("networks", options.pop("name")), options


def built(network: str | Mapping[str, Any], inputs: int) -> Any:
    """The network of sequences of that name and options, for positions of so many features."""
    member, options = chosen(network)
    return member(inputs, **options)


class Padded(nn.Module):
    """A padded block as it is, for a module of the user's own; the arguments say what it holds."""

    role: ClassVar[str] = "encoder"

    def __init__(self, **made_of: object) -> None:
        super().__init__()
        self.outputs = 0
        self.spans: list[tuple[int, int]] = []

    def reset(self, generator: Generator) -> None:
        """There is nothing to draw."""

    def forward(self, block: Tensor) -> Tensor:
        """(B, T, ...) to the same."""
        return block


class SequenceEncoder(nn.Module):
    """The encoder of a block of sequences: what makes features of each position, and a network of sequences.

    Args:
        embedding: maps the padded block to features (B, T, D), finite throughout.
        network: the name of a network of sequences, or a mapping of ``name`` and options.
        inputs: D; where the network reads ids by itself, how many there are.
        length: how many positions a row has, for the count of multiplications.

    Attributes:
        outputs: P.
        width: E.
    """

    role: ClassVar[str] = "encoder"

    def __init__(
        self, embedding: nn.Module, network: str | Mapping[str, Any], inputs: int, length: float
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.network = built(network, inputs)
        self.width = int(self.network.outputs)
        self.outputs = int(getattr(self.network, "pooled", self.width))
        self.multiplications = round(length * multiplications_of(self.network))
        self.spans = [(0, self.outputs)]
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        initialize(self.embedding, generator, initializer="normal", gain=1.0)
        self.network.reset(generator)

    def positions(self, block: Tensor) -> Tensor:
        """The padded block to the features of each position (B, T, E)."""
        y: Tensor = self.network(self.embedding(block), mask_of(block))
        return y

    def forward(self, block: Tensor) -> Tensor:
        """The padded block to the features of the whole (B, P)."""
        return pool(self.network, self.positions(block), mask_of(block))


def pool(network: nn.Module, y: Tensor, mask: Tensor) -> Tensor:
    """What stands for the whole (B, P): by the network's own ``pool``, or the mean over the mask."""
    own: Any = getattr(network, "pool", mean_pool)
    pooled: Tensor = own(y, mask)
    return pooled


def multiplications_of(network: nn.Module) -> int:
    """How many multiplications a network of sequences takes for one position."""
    own = getattr(network, "multiplications", None)
    return own if isinstance(own, int) else sum(parameter.numel() for parameter in network.parameters())
