"""A whole network for forecasts: what the network adds to the last value of a window.

Legend: B batch, L length of a window, C channels, F those that are known over the horizon, H horizon, Q levels of
quantiles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from ...catalog import load
from ..initializers import initialize
from .pooled import Pooled

HIDDEN = 32
"""The width of the two hidden layers that tell the effect of what is known ahead."""


class Forecaster(nn.Module):
    """Windows to quantiles of the next H values of their first channel.

    Windows come in units of their own (``data.series.windows``), and forecasts are in the same units. The network says
    how far the values to come are from the last one. The quantiles may be moved apart after training: ``widening`` (Q,)
    is added to them, 0 until then.

    What is known ahead (weather that was forecast, a day of sale, the calendar) has an effect g at its own moment, told
    by a small perceptron that is the same at all moments. It is taken from the past, the network forecasts what is
    left (and sees the past of all channels), and the effect of what is known of the future is added again, like a
    regression whose errors are a series:

        y_h = g(a_h) + forecast of (y_t - g(a_t)), t in the window.

    Args:
        length: L; longer windows are looked at from their end, shorter ones are taken to have stood still before.
        channels: C.
        horizon: H.
        levels: Q.
        network: the name of a network for forecasts or for series, or a mapping of ``name`` and options.
        known: which channels are known over the horizon, F of them; windows are H points longer then.

    Attributes:
        outputs: H Q.
    """

    role: ClassVar[str] = "whole"
    widening: Tensor

    def __init__(
        self,
        *,
        length: int,
        channels: int,
        horizon: int,
        levels: int,
        network: str | Mapping[str, Any],
        known: Sequence[int] = (),
    ) -> None:
        super().__init__()
        options = {"name": network} if isinstance(network, str) else dict(network)
        self.length, self.horizon, self.levels = length, horizon, levels
        self.outputs = horizon * levels
        self.known = list(known)
        member = load("networks", options["name"])
        self.network: Any
        if getattr(member, "role", None) == "forecast":
            options.pop("name")
            self.network = member(length, channels, horizon, levels, **options)
        else:
            self.network = Pooled(length, channels, horizon, levels, network=options)
        self.effect = _perceptron(len(self.known)) if self.known else None
        self.register_buffer("widening", torch.zeros(levels))
        self._reset_effect(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        self.network.reset(generator)
        self._reset_effect(generator)
        self.widening.zero_()

    def _reset_effect(self, generator: Generator) -> None:
        """The effect of what is known ahead begins at 0."""
        if self.effect is not None:
            initialize(self.effect, generator, initializer="he_normal", gain=2.0**0.5)
            nn.init.zeros_(self.effect[-1].weight)  # type: ignore[arg-type]

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """The block ``series`` (B, L, C) to (B, H Q): step by step the quantiles, from the lowest level.

        Where channels are known ahead, the block is (B, L + H, C); of its last H points nothing else is looked at.
        """
        block = inputs["series"]
        if self.effect is None:
            x = self._as_long(block)
            said: Tensor = self.network(x) + x[:, -1:, :1]  # (B, H, Q)
            return self._apart(said)
        x = self._as_long(block[:, : -self.horizon])
        known = torch.cat([x, block[:, -self.horizon :]], dim=1)[:, :, self.known]  # (B, L + H, F)
        effect = self.effect(known)  # (B, L + H, 1)
        x = torch.cat([x[:, :, :1] - effect[:, : -self.horizon], x[:, :, 1:]], dim=2)
        return self._apart(self.network(x) + x[:, -1:, :1] + effect[:, -self.horizon :])

    def _apart(self, said: Tensor) -> Tensor:
        """Quantiles (B, H, Q), once they are learnt put in order, which ``widening`` was told from, and moved apart."""
        ordered = said if self.training else said.sort(dim=2).values
        return (ordered + self.widening).flatten(1)

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


def _perceptron(inputs: int) -> nn.Sequential:
    """(..., F) to (..., 1)."""
    return nn.Sequential(
        nn.Linear(inputs, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1)
    )
