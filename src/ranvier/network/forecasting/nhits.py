"""N-HiTS (C. Challu et al., N-HiTS: neural hierarchical interpolation for time series forecasting, AAAI 2023).

Stacks look at the window one after another, the first through the coarsest pooling. Each takes away from the window
what it has explained (its backcast) and adds a forecast drawn through a few knots, the fewer the coarser its view:

    x_(s+1) = x_s - backcast_s,    y = sum_s interpolated(knots_s).

Symbols of the paper: its kernel k_s is ``pooling`` here, the inverse of its expressiveness ratio r_s ``spacing``.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from ...limits import Count, Fraction
from ..initializers import initialize
from .dlinear import paced


class NHiTS(nn.Module):
    """Stacks of perceptrons with coarse to fine views.

    Args:
        length: L of the windows.
        channels: C; the backcast is of the first, the others are looked at by each stack.
        horizon: H.
        levels: Q.
        pooling: for each stack, the largest of so many neighbours stands for them.
        spacing: for each stack, so many steps lie between two knots of its forecast.
        hidden: the width of the two hidden layers.
        dropout: the share of their units that is set to zero in training.
    """

    role: ClassVar[str] = "forecast"
    defaults: ClassVar[dict[str, object]] = {"training.learning_rate": 1e-3}

    def __init__(
        self,
        length: int,
        channels: int,
        horizon: int,
        levels: int,
        *,
        pooling: list[Count] = [4, 2, 1],  # noqa: B006 (never changed)
        spacing: list[Count] = [6, 3, 1],  # noqa: B006 (never changed)
        hidden: Count = 128,
        dropout: Fraction = 0.1,
    ) -> None:
        super().__init__()
        self.stacks = nn.ModuleList(
            Stack(length, channels, horizon, levels, pool, space, hidden, dropout)
            for pool, space in zip(pooling, spacing)
        )
        self.reset(torch.default_generator)

    @staticmethod
    def pace(windows: int) -> tuple[int, int, int]:
        """Batch size, epochs and patience for so many training windows: about 1,000 steps."""
        return paced(windows, 1000)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone; the last layers begin at 0."""
        initialize(self, generator, initializer="he_normal", gain=math.sqrt(2.0))
        for stack in self.stacks:
            nn.init.zeros_(stack.last.weight)  # type: ignore[arg-type, union-attr]

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, C) to (B, H, Q)."""
        outputs = 0.0
        for stack in self.stacks:
            backcast, forecast = stack(x)
            x = torch.cat([x[:, :, :1] - backcast[:, :, None], x[:, :, 1:]], dim=2)
            outputs = outputs + forecast
        return outputs  # type: ignore[return-value]


class Stack(nn.Module):
    """One view of the window: a perceptron from the pooled window to a backcast and the knots of a forecast."""

    def __init__(
        self,
        length: int,
        channels: int,
        horizon: int,
        levels: int,
        pooling: int,
        spacing: int,
        hidden: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.pooling, self.length, self.horizon, self.levels = min(pooling, length), length, horizon, levels
        self.knots = max(1, math.ceil(horizon / spacing))
        pooled = math.ceil(length / self.pooling) * channels
        self.first, self.second = nn.Linear(pooled, hidden), nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, length + self.knots * levels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, L, C) to the backcast (B, L) and the forecast (B, H, Q)."""
        pooled = functional.max_pool1d(x.transpose(1, 2), self.pooling, ceil_mode=True)
        a = self.dropout(functional.relu(self.first(pooled.flatten(1))))
        a = self.dropout(functional.relu(self.second(a)))
        backcast, knots = self.last(a).split([self.length, self.knots * self.levels], dim=1)
        knots = knots.view(-1, self.levels, self.knots)
        forecast = functional.interpolate(knots, size=self.horizon, mode="linear", align_corners=True)
        return backcast, forecast.transpose(1, 2)
