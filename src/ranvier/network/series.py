"""The encoder of series: standardised points, and a network of sequences over them.

Legend: B rows, T points of the longest of them, C channels, E features of a point, P those of a whole series.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from .sequences import built, mask_of, multiplications_of, pool

SERIES_NETWORK = "inception"
"""What reads the series of a table where no network for series is named."""


class TimeSeries(nn.Module):
    """Series to features, by a network of sequences.

    Args:
        channels: C.
        length: how many points a series has at most, for the count of multiplications.
        network: the name of a network for series, or a mapping of ``name`` and options.

    Attributes:
        outputs: P.
        width: E.
    """

    role: ClassVar[str] = "encoder"

    def __init__(
        self, *, channels: int, length: int = 1, network: str | Mapping[str, Any] = SERIES_NETWORK
    ) -> None:
        super().__init__()
        self.network = built(network, channels)
        self.width = int(self.network.outputs)
        self.outputs = int(getattr(self.network, "pooled", self.width))
        self.multiplications = length * multiplications_of(self.network)
        self.spans = [(0, self.outputs)]
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        self.network.reset(generator)

    def positions(self, block: Tensor) -> Tensor:
        """Points (B, T, C), NaN in the padding, to the features of each (B, T, E)."""
        y: Tensor = self.network(block.nan_to_num(0.0), mask_of(block))
        return y

    def forward(self, block: Tensor) -> Tensor:
        """Points (B, T, C) to the features of the whole (B, P)."""
        return pool(self.network, self.positions(block), mask_of(block))
