"""A network of sequences for forecasts: it reads the window point by point, and all steps follow from what it has read.

Legend: B batch, L length of a window, C channels, H horizon, Q levels of quantiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Generator, Tensor, nn

from ..series import series


class Pooled(nn.Module):
    """An encoder of series and a linear map to all steps.

    The last layer begins at 0: before it learns, it forecasts the last value.

    Args:
        length: L of the windows.
        channels: C.
        horizon: H.
        levels: Q.
        network: the name of a network for series, such as ``lstm`` or ``transformer``, or a mapping of ``name`` and
            options.
    """

    role: ClassVar[str] = "forecast"

    def __init__(
        self, length: int, channels: int, horizon: int, levels: int, *, network: str | Mapping[str, Any]
    ) -> None:
        super().__init__()
        self.shape = (horizon, levels)
        self.encoder = series(channels=channels, length=length, network=network)
        self.last = nn.Linear(self.encoder.outputs, horizon * levels)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        self.encoder.reset(generator)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, C) to (B, H, Q)."""
        outputs: Tensor = self.last(self.encoder(x))
        return outputs.view(-1, *self.shape)
