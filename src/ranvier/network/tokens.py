"""The encoder of tokens: a vector for each token, of itself and of how it is written, and a network of sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from ..data.kinds.spelling import BUCKETS, PARTS
from ..data.kinds.tokens import UNKNOWN, WIDTH
from .initializers import initialize
from .layers import embedding
from .sequences import built, mask_of, multiplications_of, pool

TOKEN_NETWORK = "lstm"
"""What reads the tokens of a table where no network for them is named."""

TOKEN, SPELLING = 96, 16
"""The width of the vector of a token, and of each part of its spelling."""

HIDDEN = 0.1
"""So many tokens are taken as unknown in training, so that their spelling and what is around them must do."""

DROPOUT = 0.25
"""The share of the numbers of all vectors that is set to zero in training."""


class Tokens(nn.Module):
    """Vectors of tokens and of their spelling side by side, column by column, and a network of sequences.

    Args:
        sizes: of each column, how many ids there are; 0 pads and 1 is unknown.
        length: how many tokens a row has on average, for the count of multiplications.
        network: the name of a network of sequences, or a mapping of ``name`` and options.

    Attributes:
        outputs: P.
        width: E.
    """

    role: ClassVar[str] = "encoder"

    def __init__(
        self, *, sizes: Sequence[int], length: float = 1.0, network: str | Mapping[str, Any] = TOKEN_NETWORK
    ) -> None:
        super().__init__()
        self.tokens = nn.ModuleList(embedding(size, TOKEN) for size in sizes)
        self.spelling = nn.ModuleList(embedding(BUCKETS, SPELLING) for _ in sizes)
        self.dropout = nn.Dropout(DROPOUT)
        self.network = built(network, len(sizes) * (TOKEN + PARTS * SPELLING))
        self.width = int(self.network.outputs)
        self.outputs = int(getattr(self.network, "pooled", self.width))
        self.multiplications = round(length * multiplications_of(self.network))
        self.spans = [(0, self.outputs)]
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        for part in (*self.tokens, *self.spelling):
            initialize(part, generator, initializer="normal", gain=1.0)
        self.network.reset(generator)

    def positions(self, block: Tensor) -> Tensor:
        """Numbers of tokens (B, T, D W) to the features of each token (B, T, E)."""
        found = []
        for place, (tokens, spelling) in enumerate(zip(self.tokens, self.spelling)):
            own = block[:, :, place * WIDTH : (place + 1) * WIDTH]
            ids = own[:, :, 0]
            if self.training:
                hidden = (torch.rand(ids.shape, device=ids.device) < HIDDEN) & (ids != 0)
                ids = torch.where(hidden, UNKNOWN, ids)
            found += [tokens(ids), spelling(own[:, :, 1:]).flatten(2)]
        y: Tensor = self.network(self.dropout(torch.cat(found, dim=2)), mask_of(block))
        return y

    def forward(self, block: Tensor) -> Tensor:
        """Numbers of tokens (B, T, D W) to the features of the whole (B, P)."""
        return pool(self.network, self.positions(block), mask_of(block))
