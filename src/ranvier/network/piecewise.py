"""Piecewise-linear embeddings of numbers (Y. Gorishniy, I. Rubachev, A. Babenko, arXiv 2203.05556).

A column's range is cut into bins at quantiles of its training rows. A number x becomes T values, one for each bin
from e_(t-1) to e_t: how far x has come through it,

    v_t = (x - e_(t-1)) / (e_t - e_(t-1)), not below 0 but in the first bin, not above 1 but in the last,

and from there a learnt vector: x w + c + sum_t v_t V_t. A network of few layers then sees steps and bends of a column
that it would hardly find in the bare number.
"""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn

from ..limits import Count

WIDTH = 256
"""The columns' vectors together are about so long at most, as long as each has one number."""

BINS = 0.4
"""How large the first vectors of bins are beside those of the bare numbers. (They start at zero in arXiv 2410.24210,
where training is long; a few hundred steps are too few to learn them from there.)"""

VALUES = 4096
"""So many values of bins a row has at most, as long as each column has two."""


class Piecewise(nn.Module):
    """A learnt vector for each number, linear within each bin; indicators of missing values stay as they are.

    It has n d (2 + T) parameters, T being the number of bins of the column that has most.

    Args:
        width: how many numbers there are: n columns, and indicators of missing values.
        edges: for each of the n columns the edges of its bins, rising; fewer than two mean no bins. Where there are
            more than ``VALUES`` bins, each column leaves out some of its edges, evenly.
        dimension: d, the length of each vector; None for 16, or fewer where they would be longer than ``WIDTH``
            together.

    Attributes:
        multiplications: of one row.
    """

    role: ClassVar[str] = "encoder"
    left: Tensor
    reciprocal: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, *, width: int, edges: list[list[float]], dimension: Count | None = None) -> None:
        super().__init__()
        self.columns = len(edges)
        self.dimension = dimension = dimension or max(1, min(16, WIDTH // max(1, self.columns)))
        edges = [_thinned(each, max(2, VALUES // self.columns)) for each in edges]
        bins = [max(0, len(each) - 1) for each in edges]
        most = max(bins, default=0)
        left, reciprocal = torch.zeros(self.columns, most), torch.zeros(self.columns, most)
        low, high = torch.zeros(self.columns, most), torch.ones(self.columns, most)
        for column, (each, count) in enumerate(zip(edges, bins)):
            for place, (start, end) in enumerate(pairwise(each)):
                left[column, place], reciprocal[column, place] = start, 1.0 / (end - start)
            if count:
                low[column, 0], high[column, count - 1] = -torch.inf, torch.inf
        for name, value in {"left": left, "reciprocal": reciprocal, "low": low, "high": high}.items():
            self.register_buffer(name, value, persistent=False)
        self.weight = nn.Parameter(torch.zeros(self.columns, dimension))
        self.bias = nn.Parameter(torch.zeros(self.columns, dimension))
        self.bins = nn.Parameter(torch.zeros(self.columns, most, dimension)) if most else None
        self.outputs = self.columns * dimension + width - self.columns
        starts = [column * dimension for column in range(self.columns)]
        self.spans = [(start, start + dimension) for start in starts]
        self.spans += [(at, at + 1) for at in range(self.columns * dimension, self.outputs)]
        self.multiplications = self.columns * dimension * (most + 1)
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw w and c uniformly from -1/sqrt(d) to 1/sqrt(d), V from ``BINS`` of that; ``generator`` alone is used."""
        bound = self.dimension**-0.5
        with torch.no_grad():
            for parameter in (self.weight, self.bias):
                parameter.uniform_(-bound, bound, generator=generator)
            if self.bins is not None:
                self.bins.uniform_(-BINS * bound, BINS * bound, generator=generator)

    def encode(self, numbers: Tensor) -> Tensor:
        """Numbers (B, n) to how far they are through each bin: (B, n, T), 0 where a column has fewer than T bins."""
        through = (numbers[:, :, None] - self.left) * self.reciprocal
        return torch.minimum(torch.maximum(through, self.low), self.high)

    def forward(self, block: Tensor) -> Tensor:
        """(B, width) float to (B, n d + indicators): the columns' vectors, then the indicators."""
        numbers, indicators = block[:, : self.columns], block[:, self.columns :]
        vectors = torch.addcmul(self.bias, numbers[:, :, None], self.weight)  # (B, n, d)
        if self.bins is not None:
            through = self.encode(numbers).transpose(0, 1)  # (n, B, T)
            vectors = vectors + torch.bmm(through, self.bins).transpose(0, 1)
        return torch.cat([vectors.flatten(1), indicators], dim=1)


def _thinned(edges: list[float], bins: int) -> list[float]:
    """At most ``bins`` + 1 of the edges, evenly spaced, the first and the last among them.

    >>> _thinned([0.0, 1.0, 2.0, 3.0, 4.0], 2)
    [0.0, 2.0, 4.0]
    """
    if len(edges) <= bins + 1:
        return edges
    return [edges[round(place * (len(edges) - 1) / bins)] for place in range(bins + 1)]
