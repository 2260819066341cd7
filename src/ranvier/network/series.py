"""The encoder of series: standardised points, and a network of sequences over them.

Legend: B rows, T points of the longest of them, C channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from .sequences import SequenceEncoder

SERIES_NETWORK = "inception"
"""What reads the series of a table where no network for series is named."""


class Points(nn.Module):
    """Points as they are, and 0 in the padding."""

    def forward(self, block: Tensor) -> Tensor:
        """(B, T, C), NaN in the padding, to the same, finite."""
        return block.nan_to_num(0.0)


def series(
    *, channels: int, length: int = 1, network: str | Mapping[str, Any] = SERIES_NETWORK
) -> SequenceEncoder:
    """The encoder of points (B, T, C).

    Args:
        channels: C.
        length: how many points a series has at most.
        network: the name of a network for series, or a mapping of ``name`` and options.
    """
    return SequenceEncoder(Points(), network, channels, length)
