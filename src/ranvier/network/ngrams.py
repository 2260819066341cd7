"""A bag of n-grams: each word and each pair of neighbours adds its vector, whatever stands elsewhere in the text.

As a linear model of texts (Wang & Manning 2012; Joulin et al. 2017, Bag of Tricks for Efficient Text Classification),
with the hashing of Weinberger et al. 2009.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from ..limits import Fraction

MOST = 2**18
"""There are no more vectors."""

NUMBERS = 2**23
"""All vectors together have no more numbers, so that a step and a model file stay small with many outputs."""

PRIME = 2_654_435_761
"""Knuth's multiplier: neighbouring numbers lie far apart once multiplied by it."""


class Shift(nn.Module):
    """What a bag of n-grams says, and a constant for each output: x + b.

    Args:
        outputs: K.
    """

    role: ClassVar[str] = "head"

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.outputs = outputs

    def reset(self, generator: Generator) -> None:
        """All zeros."""
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, K) to the same."""
        return x + self.bias


class Ngrams(nn.Module):
    """The sum of the vectors of a text's words and pairs of neighbouring words.

        y = sum_g w_g v_h(g) / sqrt(sum_g w_g^2),  w_g = (1 + log f_g) log(2 + i_g)

    g runs over the different words and pairs, h hashes them to one of M vectors v, f_g is how often g stands in the
    text, and i_g says how rare the word is, or the rarer one of a pair: it is its place among all words by how often
    they occur, and by Zipf's law the logarithm of the place is that of the inverse frequency, but for a constant. All
    vectors are zero at first, so that words that training never shows say nothing.

    Where texts are all there is, the vectors have as many numbers as there are outputs, and the network is a linear
    model. M is 2^18, and less where M K would be above 2^23.

    Args:
        inputs: how many ids there are.
        outputs: E, numbers of a vector.
        dropout: the share of words and pairs that is left out of each text in training; what stays weighs the more.

    Attributes:
        pooled: P, the same as E.
    """

    role: ClassVar[str] = "sequence"
    reads: ClassVar[tuple[str, ...]] = ("text",)
    reads_ids: ClassVar[bool] = True
    defaults: ClassVar[dict[str, object]] = {
        "training.optimizer": {"name": "adamw", "weight_decay": 0.0},
        "training.learning_rate": 0.02,
    }
    head: ClassVar[type[nn.Module]] = Shift
    loss_of_classes: ClassVar[dict[str, object]] = {"name": "squared_hinge", "margin": 5.0}
    """Where texts are all there is, and classes more than two: a linear model of words tells them apart better one
    against all than by cross-entropy (docs/log.md)."""

    def __init__(self, inputs: int, outputs: int = 16, *, dropout: Fraction = 0.3) -> None:
        super().__init__()
        self.buckets = min(MOST, 2 ** int(math.log2(NUMBERS / outputs)))
        self.weight = nn.Parameter(torch.zeros(self.buckets, outputs))
        self.outputs = self.pooled = outputs
        self.dropout = dropout
        self.multiplications = 2 * outputs

    @staticmethod
    def pace(rows: int) -> tuple[int, int, int]:
        """Batch size, epochs and patience for so many training rows.

        >>> [Ngrams.pace(rows) for rows in (100, 1_200, 10_000, 100_000)]
        [(16, 40, 40), (32, 40, 40), (256, 20, 20), (256, 5, 5)]
        """
        batch = min(256, max(16, 2 ** round(math.log2(max(rows, 1) / 40))), max(rows, 1))
        epochs = max(5, min(40, round(200_000 / max(rows, 1))))
        return batch, epochs, epochs

    def reset(self, generator: Generator) -> None:
        """All zeros: nothing is drawn."""
        nn.init.zeros_(self.weight)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Ids (B, T) to what each word adds, alone and with the one before it: (B, T, E), 0 where there is none."""
        return self.grams(ids, mask).sum(dim=2)

    def grams(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The same apart: what each word adds alone, and what it adds with the one before it (B, T, 2, E)."""
        before = functional.pad(ids, (1, 0))[:, :-1]  # (B, T): the word before, 0 at the beginning
        places = torch.stack([self._hashed(0, ids), self._hashed(before, ids)], dim=2)  # (B, T, 2)
        rarity = torch.stack([ids, torch.maximum(ids, before)], dim=2).to(self.weight.dtype)
        there = torch.stack([mask, mask & (before != 0)], dim=2)
        often = self._counted(places, there).to(self.weight.dtype)
        weights = torch.log(rarity + 2.0) * (1.0 + often.log()) * there  # of g, at each of its f places
        norm = (weights.square() / often).sum(dim=(1, 2), keepdim=True).clamp_min(1e-12).sqrt()
        weights = weights / often
        weights = functional.dropout(weights / norm, self.dropout, self.training)
        vectors = functional.embedding(places, self.weight)  # (B, T, 2, E)
        y: Tensor = vectors * weights.unsqueeze(3)
        return y

    def pool(self, y: Tensor, mask: Tensor) -> Tensor:
        """The sum over the text, (B, T, E) to (B, P)."""
        return y.sum(dim=1)

    def _counted(self, places: Tensor, there: Tensor) -> Tensor:
        """(B, T, 2) how often each bucket stands in its row, where it stands."""
        rows = torch.arange(len(places), device=places.device)[:, None, None]
        own = torch.where(there, places + rows * self.buckets, -1)
        _, which, count = torch.unique(own, return_inverse=True, return_counts=True)
        often: Tensor = count[which]
        return often

    def _hashed(self, before: Tensor | int, ids: Tensor) -> Tensor:
        """The bucket of each pair; 0 before stands for the word alone."""
        mixed: Tensor = ((before * 1_000_003 + ids) * PRIME) % 2**32
        return torch.div(mixed * self.buckets, 2**32, rounding_mode="floor")
