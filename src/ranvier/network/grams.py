"""Vectors of n-grams: what the last few tokens are, told to a network at each place besides the token itself.

Each n-gram has a row of a table, which its hash names, so that a table is as large as is wished, and n-grams that
share a row are told apart by those of other lengths (Weinberger et al. 2009; for language models Huang et al. 2025,
"Over-tokenized Transformer"). What follows from the last few tokens alone need not be worked out by attention then.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from .layers import embedding, linear

PRIME = 2**31 - 1
WIDTH = 32
"""Of the vector of an n-gram."""


class Grams(nn.Module):
    """The n-grams that end at each place, for n from 2 to ``longest``, to one vector.

    Args:
        width: E.
        longest: the most tokens of an n-gram.
        rows: of the table of each length.
        hidden: the share of the n-grams that a place is not told in training, so that those of a text are not learnt by
            heart and shorter ones and attention say what they can (after Xie et al. 2017, "Data noising as smoothing").

    Attributes:
        multiplications: for one place.
    """

    def __init__(self, width: int, *, longest: int, rows: int, hidden: float = 0.0) -> None:
        super().__init__()
        self.longest, self.rows, self.hidden = longest, rows, hidden
        lengths = longest - 1
        self.embedding = embedding(rows * lengths, WIDTH)
        self.joined = linear(WIDTH * lengths, width, bias=False)
        self.multiplications = WIDTH * lengths * width

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        nn.init.normal_(self.embedding.weight, 0.0, 0.02, generator=generator)
        nn.init.normal_(self.joined.weight, 0.0, 1 / math.sqrt(self.joined.in_features), generator=generator)

    def places(self, ids: Tensor) -> Tensor:
        """Tokens (B, T) to the row of each n-gram that ends there (B, T, longest - 1); before the first one stand 0."""
        found, number = [], ids
        for n in range(2, self.longest + 1):
            before = F.pad(ids, (n - 1, 0))[:, : ids.shape[1]]
            number = (number * 1_000_003 + before * 7_919 + n) % PRIME
            found.append(number % self.rows + (n - 2) * self.rows)
        return torch.stack(found, dim=-1)

    def forward(self, ids: Tensor) -> Tensor:
        """Tokens (B, T) to (B, T, E)."""
        told = self.embedding(self.places(ids))
        if self.training and self.hidden:
            told = told * F.dropout(torch.ones_like(told[..., :1]), self.hidden)
        y: Tensor = self.joined(told.flatten(2))
        return y
