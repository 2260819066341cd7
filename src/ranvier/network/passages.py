"""The encoder of a passage and what is asked of it: one sequence, of which the passage's places are given.

Legend: B rows, T places of all columns and of the separators between them, P places of the longest passage, D features
of a place that a network reads, E those that it gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from .initializers import initialize
from .layers import embedding
from .sequences import EMBEDDING, built, chosen, mask_of, multiplications_of

UNKNOWN = 1
"""The id of a token that was not seen in training, where nothing tells such tokens apart."""


def inside(block: Tensor, passage: int, separator: int) -> Tensor:
    """(B, T) which places of ids (B, T) are tokens of the column ``passage``.

    >>> inside(torch.tensor([[2, 3, 9, 4, 0]]), passage=1, separator=9).tolist()
    [[False, False, False, True, False]]
    """
    between = block == separator
    return (between.long().cumsum(dim=1) == passage) & mask_of(block) & ~between


def front(values: Tensor, which: Tensor) -> Tensor:
    """The places that are meant, in their order, at the front; as many as the row with most of them has, and one.

    Args:
        values: (B, T), or (B, T, E); what is left behind them is 0.
        which: (B, T).

    >>> front(torch.tensor([[2, 3, 4], [5, 6, 7]]), torch.tensor([[False, True, True], [True, False, False]])).tolist()
    [[3, 4], [5, 0]]
    """
    order = (~which).long().argsort(dim=1, stable=True)[:, : max(1, int(which.sum(dim=1).max()))]
    kept = which.gather(1, order)
    if values.ndim == 3:
        order, kept = order.unsqueeze(2).expand(-1, -1, values.shape[2]), kept.unsqueeze(2)
    return torch.where(kept, values.gather(1, order), 0)


class OfPassage(nn.Module):
    """What encoders of a passage and of what is asked of it have in common: which places and ids are which.

    Args:
        size: how many ids there are; 0 pads, 1 is unknown, and where there are several columns the last separates them.
            Ids from ``size`` + 1 on are tokens that are unknown, too, but alike where they have the same id.
        passage: the place of the passage among the columns.
        columns: how many there are.
    """

    def __init__(self, size: int, passage: int, columns: int) -> None:
        super().__init__()
        self.size, self.passage, self.separator = size, passage, size - 1 if columns > 1 else size

    def inside(self, block: Tensor) -> Tensor:
        """(B, T) which places are tokens of the passage."""
        return inside(block, self.passage, self.separator)

    def there(self, block: Tensor) -> Tensor:
        """(B, P) which of the places are there that ``positions`` gives."""
        return mask_of(front(block, self.inside(block)))

    def known(self, ids: Tensor) -> Tensor:
        """The same ids, of which all tokens that are unknown are one."""
        return torch.where(ids < self.size, ids, UNKNOWN)


class PassageEncoder(OfPassage):
    """Vectors of tokens, and a network of sequences that reads the passage and the question together.

    To the vector of a token another one is added, which says whether it stands in the passage, and whether the other
    side has the same token (the exact match of D. Chen et al., Reading Wikipedia to answer open-domain questions, ACL
    2017, section 3.2).

    Args:
        size, passage, columns: as ``OfPassage`` takes them.
        length: how many tokens a row has on average.
        network: the name of a network for texts that reads vectors, or a mapping of ``name`` and options.

    Attributes:
        outputs: E.
        width: E.
    """

    role: ClassVar[str] = "encoder"

    def __init__(
        self, size: int, length: float, network: str | Mapping[str, Any], passage: int, columns: int
    ) -> None:
        super().__init__(size, passage, columns)
        width = int(getattr(chosen(network)[0], "embedding", EMBEDDING))
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

    def positions(self, block: Tensor) -> Tensor:
        """Ids (B, T) to the features of each token of the passage (B, P, E)."""
        of_passage = self.inside(block)
        marks = self.marks(2 * of_passage.long() + _matched(block, of_passage).long())
        vectors = self.embedding(self.known(block)) + marks
        return front(self.network(vectors, mask_of(block)), of_passage)

    def forward(self, block: Tensor) -> Tensor:
        """As ``positions``."""
        return self.positions(block)


def _matched(block: Tensor, inside: Tensor) -> Tensor:
    """(B, T) which places hold a token that the other side has too."""
    same = (block.unsqueeze(2) == block.unsqueeze(1)) & (inside.unsqueeze(2) != inside.unsqueeze(1))
    return same.any(dim=2) & (block > UNKNOWN)
