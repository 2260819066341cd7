"""Encoders: from the prepared block of one kind to features (B, D).

Each has ``outputs``, the width D that it gives, and ``spans``, which of these features belong to which column.
"""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn

from ..limits import Count
from .initializers import initialize
from .layers import embedding

ONE_HOT_UP_TO = 10
ALWAYS = 2**31
"""For ``one_hot_up_to``: no column is embedded. A learnt vector before a linear map would make it bilinear."""


class Numbers(nn.Module):
    """Numbers as they are: they were standardised when they were prepared.

    Args:
        width: how many there are (columns, and indicators of missing values).
    """

    role: ClassVar[str] = "encoder"

    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.outputs = width
        self.spans = [(index, index + 1) for index in range(width)]

    def reset(self, generator: Generator) -> None:
        """There is nothing to draw."""

    def forward(self, block: Tensor) -> Tensor:
        """(B, width) float to the same."""
        return block


class OneHot(nn.Module):
    """For each category of each column a number that is 1 where the row has it, and else 0.

    Index 0 (missing or unseen) has no number of its own: the row has 0 for all categories of that column, and so a
    category that was never seen in training adds nothing. There are no parameters.

    Args:
        cardinalities: for each of C columns the number of indices n, that is its categories and index 0.
    """

    role: ClassVar[str] = "encoder"
    column: Tensor
    code: Tensor

    def __init__(self, *, cardinalities: list[Count]) -> None:
        super().__init__()
        pairs = [(c, code) for c, n in enumerate(cardinalities) for code in range(1, n)]
        self.register_buffer(
            "column", torch.tensor([c for c, _ in pairs], dtype=torch.int64), persistent=False
        )
        self.register_buffer(
            "code", torch.tensor([code for _, code in pairs], dtype=torch.int64), persistent=False
        )
        self.outputs = len(pairs)
        self.spans = _spans([n - 1 for n in cardinalities])

    def reset(self, generator: Generator) -> None:
        """There is nothing to draw."""

    def forward(self, block: Tensor) -> Tensor:
        """(B, C) int64 to (B, sum of n - 1) float."""
        return (block[:, self.column] == self.code).to(torch.get_default_dtype())


class Embeddings(nn.Module):
    """A learnt vector for each category; columns of few categories are one-hot instead.

    A column with n indices (its categories, and 0 for missing or unseen) has vectors of
    min(600, round(1.6 n^0.56)) numbers, the rule of fastai (Howard & Gugger 2020), or is one-hot where n is at most
    ``one_hot_up_to``. A category that was not seen in training adds nothing: index 0 is all zeros in a one-hot column
    and a vector that starts at zero in an embedded one (it is learnt if training rows have missing values).

    Args:
        cardinalities: for each of C columns the number of indices n.
        one_hot_up_to: the largest n of a one-hot column; 0 embeds all columns.
    """

    role: ClassVar[str] = "encoder"

    def __init__(self, *, cardinalities: list[Count], one_hot_up_to: int = ONE_HOT_UP_TO) -> None:
        super().__init__()
        few = [n <= one_hot_up_to for n in cardinalities]
        self.embedded = [column for column, is_few in enumerate(few) if not is_few]
        # a column with index 0 alone has no one-hot features, so that this takes the whole block in one step
        self.one_hot = OneHot(cardinalities=[n if is_few else 1 for n, is_few in zip(cardinalities, few)])
        self.tables = nn.ModuleList(
            embedding(n, dimension(n)) for n in map(cardinalities.__getitem__, self.embedded)
        )
        spans = _spans([dimension(cardinalities[column]) for column in self.embedded], self.one_hot.outputs)
        self.spans = [*self.one_hot.spans]
        for column, span in zip(self.embedded, spans):
            self.spans[column] = span
        self.outputs = max((end for _, end in self.spans), default=0)
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all vectors anew, from ``generator`` alone."""
        initialize(self, generator, initializer="normal", gain=1.0)

    def forward(self, block: Tensor) -> Tensor:
        """(B, C) int64 to (B, D) float: the one-hot columns, then the embedded ones."""
        vectors = [table(block[:, column]) for table, column in zip(self.tables, self.embedded)]
        return torch.cat([self.one_hot(block), *vectors], dim=1)


def dimension(cardinality: int) -> int:
    """The length of a category's vector in a column with ``cardinality`` indices.

    >>> [dimension(n) for n in (11, 43, 1000, 100000)]
    [6, 13, 77, 600]
    """
    return min(600, round(1.6 * math.pow(cardinality, 0.56)))


def _spans(widths: list[int], start: int = 0) -> list[tuple[int, int]]:
    """(first, end) of features that lie side by side."""
    ends = list(accumulate(widths, initial=start))
    return list(pairwise(ends))
