"""InceptionTime (H. I. Fawaz et al., InceptionTime: finding AlexNet for time series classification, 2020).

Each block looks at a sequence through filters of several lengths at once, beside the largest of three neighbours:

    y = relu(norm([conv_40(Wx), conv_20(Wx), conv_10(Wx), conv_1(maxpool_3(x))]))

where Wx has fewer channels (the bottleneck). After every third block what went into the first of the three is added.
The features are averaged over time. The paper has 32 filters of each length and averages five such networks; here it is
one of 16, which two cores train in seconds.

Legend: B rows, T positions, D channels, F filters of each length.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from ..limits import Count
from .initializers import initialize


class Inception(nn.Module):
    """Blocks of convolutions of several lengths, with residual connections.

    What lies in the padding is 0 before each convolution, and does not count in the normalisation's statistics beyond
    that; a position's features depend on its neighbours, not on how far its batch is padded.

    Args:
        inputs: D.
        blocks: how many.
        filters: F; a block gives 4 F channels.
        kernels: the lengths of the filters; an even one counts as the next odd one. Of short series the long ones see
            padding.
        bottleneck: the channels that the filters look at.

    Attributes:
        outputs: 4 F.
        multiplications: of one position.
    """

    role: ClassVar[str] = "sequence"
    reads: ClassVar[tuple[str, ...]] = ("series", "audio")
    defaults: ClassVar[dict[str, object]] = {
        "training.learning_rate": 2e-3,
        "training.optimizer": {"name": "adamw", "weight_decay": 0.01},
        "regularization.average": "ema",
    }

    def __init__(
        self,
        inputs: int,
        *,
        blocks: Count = 6,
        filters: Count = 16,
        kernels: list[Count] = [39, 19, 9],  # noqa: B006 (never changed)
        bottleneck: Count = 16,
    ) -> None:
        super().__init__()
        self.outputs = filters * (len(kernels) + 1)
        widths = [inputs] + [self.outputs] * blocks
        self.blocks = nn.ModuleList(Block(width, filters, kernels, bottleneck) for width in widths[:-1])
        self.shortcuts = nn.ModuleList(Shortcut(widths[at - 2], self.outputs) for at in range(2, blocks, 3))
        self.multiplications = sum(p.numel() for p in self.parameters() if p.ndim > 1)
        self.reset(torch.default_generator)

    @staticmethod
    def pace(rows: int) -> tuple[int, int, int]:
        """Batch size, epochs and patience for so many training rows: about 400 steps, and not fewer than 20 epochs.

        >>> [Inception.pace(rows) for rows in (57, 500, 20_000)]
        [(16, 100, 100), (16, 20, 20), (64, 20, 20)]
        """
        batch = min(64, max(16, 2 ** round(math.log2(max(rows, 1) / 40 + 1))))
        epochs = max(20, min(200, round(400 / math.ceil(max(rows, 1) / batch))))
        return batch, epochs, epochs  # of few rows, a few validation rows do not tell when to stop

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        initialize(self, generator, initializer="he_normal", gain=2.0**0.5)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) and (B, T) to (B, T, 4 F)."""
        there = mask[:, None].to(x.dtype)
        a = before = x.transpose(1, 2) * there
        for at, block in enumerate(self.blocks):
            a = block(a, there)
            if at % 3 == 2:
                a = functional.relu(a + self.shortcuts[at // 3](before)) * there
                before = a
        return a.transpose(1, 2)


class Block(nn.Module):
    """The bottleneck, the filters beside each other, normalisation and ReLU."""

    def __init__(self, inputs: int, filters: int, kernels: Sequence[int], bottleneck: int) -> None:
        super().__init__()
        narrow = bottleneck if inputs > 1 else inputs
        self.narrow = _conv(inputs, narrow, 1) if inputs > 1 else nn.Identity()
        self.filters = nn.ModuleList(_conv(narrow, filters, kernel) for kernel in kernels)
        self.pooled = _conv(inputs, filters, 1)
        self.norm = nn.BatchNorm1d(filters * (len(kernels) + 1))

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        """(B, D, T) to (B, 4 F, T), 0 where ``there`` (B, 1, T) is."""
        narrow = self.narrow(x)
        peaks = functional.max_pool1d(
            functional.pad(x, (1, 1)), 3, stride=1
        )  # 0 beyond the ends, as in the padding
        seen = [conv(narrow) for conv in self.filters] + [self.pooled(peaks)]
        return functional.relu(self.norm(torch.cat(seen, dim=1))) * there


class Shortcut(nn.Module):
    """The way past three blocks: a linear map of each position, and normalisation."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.map, self.norm = _conv(inputs, outputs, 1), nn.BatchNorm1d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, T) to (B, 4 F, T)."""
        mapped: Tensor = self.norm(self.map(x))
        return mapped


def _conv(inputs: int, outputs: int, kernel: int) -> nn.Conv1d:
    return nn.Conv1d(inputs, outputs, kernel | 1, padding=kernel // 2, bias=False)
