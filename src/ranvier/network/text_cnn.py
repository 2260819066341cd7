"""Convolutions over tokens, and the strongest answer of each filter (Kim 2014, Convolutional Neural Networks for
Sentence Classification)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from ..limits import Count, Fraction
from .initializers import he_uniform


class TextCNN(nn.Module):
    """Kim's network: filters over 3, 4 and 5 tokens, ReLU, the maximum over the text, dropout.

    c_(t,f) = relu(w_f . x_(t..t+h) + b_f), and the text has max_t c_(t,f) of each filter f. Positions beside the text
    count as zeros, so that a text shorter than a filter has an answer, too.

    It has sum_h F (h D + 1) parameters.

    Args:
        inputs: D, features of a position.
        filters: F, how many filters there are of each width.
        widths: h, how many positions each reads.
        dropout: the share of the text's features that is set to zero in training.

    Attributes:
        outputs: E, the filters of all widths.
        pooled: P, the same.
    """

    role: ClassVar[str] = "sequence"
    reads: ClassVar[tuple[str, ...]] = ("text", "series", "audio")
    defaults: ClassVar[dict[str, object]] = {"training.learning_rate": 1e-3}

    def __init__(
        self,
        inputs: int,
        *,
        filters: Count = 100,
        widths: list[Count] = [3, 4, 5],  # noqa: B006 (never changed)
        dropout: Fraction = 0.5,
    ) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv1d(inputs, filters, width) for width in widths)
        self.widths = list(widths)
        self.dropout = dropout
        self.outputs = self.pooled = filters * len(widths)
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        for convolution in self.convolutions:
            he_uniform(convolution.weight, generator)  # type: ignore[arg-type]
            nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) and a mask (B, T) to what each filter says at each position, (B, T, E), 0 where nothing is."""
        there = mask.unsqueeze(1)  # (B, 1, T)
        x = torch.where(mask.unsqueeze(2), x, 0.0).transpose(1, 2)  # (B, D, T)
        said = [
            convolution(functional.pad(x, ((width - 1) // 2, width // 2)))
            for convolution, width in zip(self.convolutions, self.widths)
        ]
        y: Tensor = functional.relu(torch.cat(said, dim=1)) * there
        return y.transpose(1, 2)

    def pool(self, y: Tensor, mask: Tensor) -> Tensor:
        """The strongest answer of each filter, (B, T, E) to (B, P)."""
        return functional.dropout(y.amax(dim=1), self.dropout, self.training)
