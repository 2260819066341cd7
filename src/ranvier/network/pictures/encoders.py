"""Encoders of pictures: from the block of bytes to features (B, D)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn
from typing_extensions import Self

from ...catalog import load

NETWORK = "compact"
"""What reads the pictures of a table where no network for pictures is named."""


class Standardised(nn.Module):
    """Pixels as bytes, or as floats on the same scale, to floats: (x - mean) / deviation for each channel.

    Args:
        mean: (C,) of the training pictures.
        deviation: (C,).
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: list[float], deviation: list[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation).view(-1, 1, 1), persistent=False)

    def forward(self, block: Tensor) -> Tensor:
        """(B, C, H, W) to the same in float."""
        return (block.to(self.mean.dtype) - self.mean) / self.deviation


class Pixels(nn.Module):
    """Every pixel as a number, for networks that know nothing of pictures.

    Args:
        channels: C.
        size: height H and width W.
        mean, deviation: (C,) each.
    """

    role: ClassVar[str] = "encoder"

    def __init__(self, *, channels: int, size: list[int], mean: list[float], deviation: list[float]) -> None:
        super().__init__()
        self.standardised = Standardised(mean, deviation)
        self.outputs = channels * size[0] * size[1]
        self.spans = [(0, self.outputs)]

    def reset(self, generator: Generator) -> None:
        """There is nothing to draw."""

    def forward(self, block: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C H W)."""
        pixels: Tensor = self.standardised(block)
        return pixels.flatten(1)


class Pictures(nn.Module):
    """A network for pictures without its last layer.

    Args:
        channels: C.
        size: height H and width W.
        mean, deviation: (C,) each.
        network: the name of a network for pictures, or a mapping of ``name`` and options.

    Attributes:
        multiplications: for one row.
    """

    role: ClassVar[str] = "encoder"

    def __init__(
        self,
        *,
        channels: int,
        size: list[int],
        mean: list[float],
        deviation: list[float],
        network: str | Mapping[str, Any] = NETWORK,
    ) -> None:
        super().__init__()
        options = {"name": network} if isinstance(network, str) else dict(network)
        self.standardised = Standardised(mean, deviation)
        build = load("networks", options.pop("name"))
        self.network = build(channels, (size[0], size[1]), **options).to(memory_format=torch.channels_last)
        self.outputs = int(self.network.outputs)
        self.multiplications = int(self.network.multiplications)
        self.spans = [(0, self.outputs)]
        self.frozen = False
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        self.network.reset(generator)

    def freeze(self) -> None:
        """Let neither weights nor running statistics move from now on."""
        self.frozen = True
        self.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Learn from now on, or not; a frozen network stays as it is used."""
        super().train(mode)
        if self.frozen:
            self.network.eval()
        return self

    def forward(self, block: Tensor) -> Tensor:
        """(B, C, H, W) to (B, D)."""
        pixels = self.standardised(block).contiguous(memory_format=torch.channels_last)
        features: Tensor = self.network(pixels)
        return features
