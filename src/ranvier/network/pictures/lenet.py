"""LeNet-5 (LeCun, Bottou, Bengio & Haffner, Proc. IEEE 86(11), 1998)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from ..initializers import initialize
from .common import Size, count_multiplications, last_layer, picture_network

TABLE = (
    *((i, (i + 1) % 6, (i + 2) % 6) for i in range(6)),
    *((i, (i + 1) % 6, (i + 2) % 6, (i + 3) % 6) for i in range(6)),
    *((i, (i + 1) % 6, (i + 3) % 6, (i + 4) % 6) for i in range(3)),
    tuple(range(6)),
)
"""Which of the 6 maps of S2 each of the 16 maps of C3 sees (Table I of the paper)."""

SIDE = 32
"""The paper's pictures are 32x32: smaller ones are framed, larger ones brought to that size."""


class LeNet5(nn.Module):
    """C1 (6 maps, 5x5), S2, C3 (16 maps, 5x5), S4, C5 (120), F6 (84), with 1.7159 tanh(2/3 x) between.

    Fully connected it has 60,856 parameters and, with 10 classes, 61,706. As in the paper (``connections='1998'``) each
    map of C3 sees some of the maps of S2, and each map of S2 and S4 has a factor and a bias: 60,000.

    Args:
        channels: C of the pictures.
        size: height and width; what is not 32x32 is framed or resized.
        classes: the number of outputs; None gives the 84 features.
        connections: ``full`` or ``1998``.
    """

    def __init__(self, channels: int, size: Size, classes: int | None, connections: str) -> None:
        super().__init__()
        self.sparse = connections == "1998"
        self.c1 = nn.Conv2d(channels, 6, 5)
        self.s2 = Subsampling(6) if self.sparse else nn.AvgPool2d(2)
        self.c3: nn.Module = Chosen(TABLE, 5) if self.sparse else nn.Conv2d(6, 16, 5)
        self.s4 = Subsampling(16) if self.sparse else nn.AvgPool2d(2)
        self.c5 = nn.Linear(400, 120)
        self.f6 = nn.Linear(120, 84)
        self.output = last_layer(84, classes)
        self.outputs = 84
        self.fits = "" if size == (SIDE, SIDE) else f"{size[1]}x{size[0]} pixels brought to {SIDE}x{SIDE}"
        self.multiplications = count_multiplications(self, channels, size)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew: the tanh has slope 1 at 0, so the gain is 1."""
        initialize(self, generator, initializer="xavier_uniform", gain=1.0)
        for pool in (self.s2, self.s4):
            if isinstance(pool, Subsampling):
                pool.reset()

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, 84) or (B, classes)."""
        x = _framed(x)
        x = self.s2(_squash(self.c1(x)))  # (B, 6, 14, 14)
        x = self.s4(_squash(self.c3(x)))  # (B, 16, 5, 5)
        x = _squash(self.c5(x.flatten(1)))
        out: Tensor = self.output(_squash(self.f6(x)))
        return out


class Subsampling(nn.Module):
    """The mean of 2x2 pixels, with a factor and a bias for each map.

    Args:
        maps: their number.
    """

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.ones(maps, 1, 1))
        self.bias = nn.Parameter(torch.zeros(maps, 1, 1))

    def reset(self) -> None:
        """Begin as the mean alone."""
        nn.init.ones_(self.factor)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, maps, H, W) to (B, maps, H/2, W/2)."""
        return functional.avg_pool2d(x, 2) * self.factor + self.bias


class Chosen(nn.Module):
    """A convolution in which each output map sees some of the input maps, with a bias.

    Args:
        table: for each output map the input maps that it sees.
        kernel: its side.
    """

    def __init__(self, table: tuple[tuple[int, ...], ...], kernel: int) -> None:
        super().__init__()
        self.table = table
        self.maps = nn.ModuleList(nn.Conv2d(len(seen), 1, kernel) for seen in table)

    def forward(self, x: Tensor) -> Tensor:
        """(B, I, H, W) to (B, O, H - kernel + 1, W - kernel + 1)."""
        return torch.cat([one(x[:, list(seen)]) for one, seen in zip(self.maps, self.table)], dim=1)


@picture_network(
    "output",
    training__optimizer={"name": "adamw", "weight_decay": 0.01},
    training__learning_rate=0.002,
    regularization__average="ema",
)
def lenet5(
    channels: int,
    size: Size,
    classes: int | None = None,
    *,
    connections: Literal["full", "1998"] = "full",
) -> LeNet5:
    """LeNet-5 for digits (LeCun et al. 1998): 61,706 parameters; 60,000 with the paper's sparse connections."""
    return LeNet5(channels, size, classes, connections)


def _squash(x: Tensor) -> Tensor:
    return 1.7159 * torch.tanh(x * (2 / 3))


def _framed(x: Tensor) -> Tensor:
    """(B, C, H, W) to (B, C, 32, 32): a frame of the edge's own pixels, or another size."""
    height, width = x.shape[2:]
    if (height, width) == (SIDE, SIDE):
        return x
    if SIDE - 8 <= height <= SIDE and SIDE - 8 <= width <= SIDE:
        down, across = SIDE - height, SIDE - width
        frame = [across // 2, across - across // 2, down // 2, down - down // 2]
        return functional.pad(x, frame, mode="replicate")
    return functional.interpolate(x, (SIDE, SIDE), mode="bilinear", antialias=True)
