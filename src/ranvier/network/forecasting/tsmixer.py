"""TSMixer (S.-A. Chen, C.-L. Li, N. Yoder, S. O. Arik & T. Pfister, TSMixer: an all-MLP architecture for time series
forecasting, TMLR 2023).

Blocks mix a window X (L, C) by turns over its time, with weights that all channels share, and over its channels, with
weights that all times share; each mixing adds to what it was given. Last, a linear map over time gives the forecast:

    X <- X + dropout(relu(W_t norm(X) + b_t))                                         W_t (L, L), column by column
    X <- X + dropout(W_2 dropout(relu(W_1 norm(X)^T + b_1)) + b_2)^T                  W_1 (hidden, C), row by row
    y  = W X_1 + b                                                                    W (H Q, L), of the first channel

``norm`` is over time and channels of a window together (layer normalisation, one of the two of the authors' program).
The paper's W gives one value a step, and as many series as there are channels; here it gives the quantiles of one.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import relu

from ...limits import Count, Fraction
from ..initializers import initialize
from .dlinear import paced


class TSMixer(nn.Module):
    """Perceptrons over time and over channels by turns.

    Each block has 4 L C + L (L + 1) + 2 hidden C + hidden + C parameters, the last map (L + 1) H Q.

    Args:
        length: L of the windows.
        channels: C.
        horizon: H.
        levels: Q.
        blocks: how many.
        hidden: the width of the hidden layer that mixes the channels.
        dropout: the share of the units that is set to zero in training.
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
        blocks: Count = 2,
        hidden: Count = 64,
        dropout: Fraction = 0.1,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(length, channels, hidden, dropout) for _ in range(blocks))
        self.last = nn.Linear(length, horizon * levels)
        self.shape = (horizon, levels)
        self.reset(torch.default_generator)

    @staticmethod
    def pace(windows: int) -> tuple[int, int, int]:
        """Batch size, epochs and patience for so many training windows: about 1,000 steps."""
        return paced(windows, 1000)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone; the last map begins at 0."""
        initialize(self, generator, initializer="he_normal", gain=math.sqrt(2.0))
        nn.init.zeros_(self.last.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, C) to (B, H, Q)."""
        for block in self.blocks:
            x = block(x)
        outputs: Tensor = self.last(x[:, :, 0])
        return outputs.view(-1, *self.shape)


class Block(nn.Module):
    """One mixing over time and one over channels: (B, L, C) to the same."""

    def __init__(self, length: int, channels: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.of_time, self.of_channels = (nn.LayerNorm((length, channels)) for _ in range(2))
        self.time = nn.Linear(length, length)
        self.widen, self.narrow = nn.Linear(channels, hidden), nn.Linear(hidden, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, C) to the same."""
        mixed = relu(self.time(self.of_time(x).transpose(1, 2))).transpose(1, 2)  # (B, L, C)
        x = x + self.dropout(mixed)
        mixed = self.narrow(self.dropout(relu(self.widen(self.of_channels(x)))))
        outputs: Tensor = x + self.dropout(mixed)
        return outputs
