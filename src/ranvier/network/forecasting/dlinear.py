"""DLinear (A. Zeng, M. Chen, L. Zhang & Q. Xu, Are Transformers effective for time series forecasting?, AAAI 2023).

A window is taken apart into its moving average, the trend, and what is left; each goes through a linear map of its own,
and the two are added:

    y = W_t t + b_t + W_r (x - t) + b_r,    t = the mean of x over a few neighbours.

Symbols of the paper: its look-back window L is L here, its horizon T is H. It is strong where a series is short: there
is little that it could learn by heart.
"""

from __future__ import annotations

import math
from typing import ClassVar

from torch import Generator, Tensor, nn
from torch.nn import functional

from ...limits import Count


class DLinear(nn.Module):
    """Two linear maps, one of the trend and one of the rest.

    It has 2 (L C + 1) H Q parameters. All weights begin at 0: before it learns, it forecasts the last value.

    Args:
        length: L of the windows.
        channels: C; the maps take all of them.
        horizon: H.
        levels: Q.
        kernel: so many neighbours make the moving average, at most L; an even number counts as the next odd one.
    """

    role: ClassVar[str] = "forecast"
    defaults: ClassVar[dict[str, object]] = {
        "training.learning_rate": 3e-3,
        "training.optimizer": {"name": "adamw", "weight_decay": 0.01},
    }

    def __init__(self, length: int, channels: int, horizon: int, levels: int, *, kernel: Count = 25) -> None:
        super().__init__()
        self.kernel = min(kernel, length) | 1
        self.shape = (horizon, levels)
        self.trend = nn.Linear(length * channels, horizon * levels)
        self.rest = nn.Linear(length * channels, horizon * levels)
        self.reset()

    @staticmethod
    def pace(windows: int) -> tuple[int, int, int]:
        """Batch size, epochs and patience for so many training windows: about 2,000 steps.

        >>> [DLinear.pace(windows) for windows in (60, 2_000, 200_000)]
        [(32, 1000, 300), (32, 32, 10), (256, 5, 5)]
        """
        return paced(windows, 2000)

    def reset(self, generator: Generator | None = None) -> None:
        """Set all weights to 0; nothing is drawn."""
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, C) to (B, H, Q)."""
        trend = moving_average(x, self.kernel)
        outputs: Tensor = self.trend(trend.flatten(1)) + self.rest((x - trend).flatten(1))
        return outputs.view(-1, *self.shape)


def moving_average(x: Tensor, kernel: int) -> Tensor:
    """(B, L, C) to the mean over ``kernel`` neighbours of each place, the ends repeated: (B, L, C).

    >>> import torch
    >>> moving_average(torch.tensor([[[0.0], [3.0], [6.0]]]), 3).flatten().tolist()
    [1.0, 3.0, 5.0]
    """
    side = kernel // 2
    wide = functional.pad(x.transpose(1, 2), (side, side), mode="replicate")
    return functional.avg_pool1d(wide, kernel, 1).transpose(1, 2)


def paced(windows: int, steps: int) -> tuple[int, int, int]:
    """Batch size, epochs and patience for about so many steps, and at least five epochs."""
    windows = max(1, windows)
    batch = min(windows, max(32, min(256, 2 ** round(math.log2(windows / 100 + 1)))))
    epochs = max(5, min(steps, round(steps / math.ceil(windows / batch))))
    return batch, epochs, max(5, round(epochs * 0.3))
