"""A whole network for forecasts: what the network adds to the last value of a window.

Legend: B batch, L length of a window, C channels, H horizon, Q levels of quantiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from ...catalog import load


class Forecaster(nn.Module):
    """Windows to quantiles of the next H values of their first channel.

    Windows come in units of their own (``data.series.windows``), and forecasts are in the same units. The network says
    how far the values to come are from the last one. The quantiles may be moved apart after training: ``widening`` (Q,)
    is added to them, 0 until then.

    Args:
        length: L; longer windows are looked at from their end, shorter ones are taken to have stood still before.
        channels: C.
        horizon: H.
        levels: Q.
        network: the name of a network for forecasts, or a mapping of ``name`` and options.

    Attributes:
        outputs: H Q.
    """

    role: ClassVar[str] = "whole"
    widening: Tensor

    def __init__(
        self, *, length: int, channels: int, horizon: int, levels: int, network: str | Mapping[str, Any]
    ) -> None:
        super().__init__()
        options = {"name": network} if isinstance(network, str) else dict(network)
        self.length, self.horizon, self.levels = length, horizon, levels
        self.outputs = horizon * levels
        self.network = load("networks", options.pop("name"))(length, channels, horizon, levels, **options)
        self.register_buffer("widening", torch.zeros(levels))

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        self.network.reset(generator)
        self.widening.zero_()

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """The block ``series`` (B, L, C) to (B, H Q): step by step the quantiles, from the lowest level."""
        x = self._as_long(inputs["series"])
        said: Tensor = self.network(x) + x[:, -1:, :1] + self.widening  # (B, H, Q)
        return said.flatten(1)

    def _as_long(self, x: Tensor) -> Tensor:
        """Windows of another length as ones of length L; what pads them stands for the first value that there is."""
        x = x[:, -self.length :]
        there = ~x.isnan()
        if not bool(there.all()):
            x = _from_the_end(x, there[:, :, 0])
        if (short := self.length - x.shape[1]) > 0:
            x = torch.cat([x[:, :1].expand(-1, short, -1), x], dim=1)
        return x


def _from_the_end(x: Tensor, there: Tensor) -> Tensor:
    """Windows (B, L, C) whose ends are padded, moved to the right; before them their first value stands."""
    length = x.shape[1]
    gone = length - there.sum(dim=1)  # (B,)
    places = (torch.arange(length, device=x.device) - gone[:, None]).clamp_min(0)
    return torch.take_along_dim(x, places[:, :, None], dim=1).nan_to_num(0.0)
