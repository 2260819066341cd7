"""The encoder of a passage and what is asked of it: one sequence, of which the passage's places are given.

Legend: B rows, T places of all columns and of the separators between them, P places of the longest passage, D features
of a place that a network reads, E those that it gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from ..catalog import load
from .initializers import initialize
from .layers import embedding
from .sequences import EMBEDDING, built, mask_of, multiplications_of

KNOWN = 2
"""The first id of a token that was seen in training; unknown ones are alike in nothing but that."""


class PassageEncoder(nn.Module):
    """Vectors of tokens, and a network of sequences that reads the passage and the question together.

    To the vector of a token another one is added, which says whether it stands in the passage, and whether the other
    side has the same token (the exact match of D. Chen et al., Reading Wikipedia to answer open-domain questions, ACL
    2017, section 3.2).

    Args:
        size: how many ids there are; 0 pads, 1 is unknown, and where there are several columns the last separates them.
        length: how many tokens a row has on average.
        network: the name of a network for texts that reads vectors, or a mapping of ``name`` and options.
        passage: the place of the passage among the columns.
        columns: how many there are.

    Attributes:
        outputs: E.
        width: E.
    """

    role: ClassVar[str] = "encoder"

    def __init__(
        self, size: int, length: float, network: str | Mapping[str, Any], passage: int, columns: int
    ) -> None:
        super().__init__()
        member = load("networks", network if isinstance(network, str) else network["name"])
        width = int(getattr(member, "embedding", EMBEDDING))
        self.passage, self.separator = passage, size - 1 if columns > 1 else size
        self.embedding = embedding(size, width)
        self.marks = embedding(4, width)
        self.network = built(network, width)
        self.outputs = self.width = int(self.network.outputs)
        self.multiplications = round(length * multiplications_of(self.network))
        self.spans = [(0, self.outputs)]
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        for table in (self.embedding, self.marks):
            initialize(table, generator, initializer="normal", gain=1.0)
        self.network.reset(generator)

    def inside(self, block: Tensor) -> Tensor:
        """(B, T) which places are tokens of the passage."""
        between = block == self.separator
        column = between.long().cumsum(dim=1)
        return (column == self.passage) & mask_of(block) & ~between

    def there(self, block: Tensor) -> Tensor:
        """(B, P) which of the places are there that ``positions`` gives."""
        count = self.inside(block).sum(dim=1)
        return torch.arange(max(1, int(count.max())), device=block.device) < count[:, None]

    def positions(self, block: Tensor) -> Tensor:
        """Ids (B, T) to the features of each token of the passage (B, P, E)."""
        inside = self.inside(block)
        marks = self.marks(2 * inside.long() + _matched(block, inside).long())
        y = self.network(self.embedding(block) + marks, mask_of(block))
        order = (~inside).long().argsort(dim=1, stable=True)  # the passage's places first, in their order
        order = order[:, : max(1, int(inside.sum(dim=1).max()))]
        passage: Tensor = y.gather(1, order.unsqueeze(2).expand(-1, -1, y.shape[2]))
        return passage

    def forward(self, block: Tensor) -> Tensor:
        """As ``positions``."""
        return self.positions(block)


def _matched(block: Tensor, inside: Tensor) -> Tensor:
    """(B, T) which places hold a known token that the other side has too."""
    same = (block.unsqueeze(2) == block.unsqueeze(1)) & (inside.unsqueeze(2) != inside.unsqueeze(1))
    return same.any(dim=2) & (block >= KNOWN)
