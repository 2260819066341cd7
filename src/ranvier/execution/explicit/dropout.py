"""Dropout (Srivastava et al. 2014): y = x m / (1 - p), with m drawn anew, 1 with probability 1 - p and else 0.

    dJ/dx = delta m / (1 - p)

The mask is drawn from torch's global generator as ``nn.Dropout`` draws it, so that both leave out the same units.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Dropout:
    """``nn.Dropout`` with 0 < p <= 1 on x of any shape."""

    y_is_spent = True

    def __init__(self, module: nn.Dropout, x: Tensor, dx: Tensor | None) -> None:
        self.p, self.x, self.dx = module.p, x, dx
        self.mask = x.new_empty(x.shape)  # drawn row by row, however x stands
        self.y = torch.empty_like(x)
        self.dy = torch.empty_like(x) if dx is None else dx

    def forward(self) -> None:
        """y = x m / (1 - p)."""
        draw(self.mask, self.p)
        torch.mul(self.x, self.mask, out=self.y)

    def backward(self) -> None:
        """dJ/dx = delta m / (1 - p)."""
        if self.dx is not None:
            self.dy.mul_(self.mask)


def draw(mask: Tensor, p: float) -> None:
    """Fill ``mask`` with m / (1 - p)."""
    if p == 1.0:
        mask.zero_()
    else:
        mask.bernoulli_(1.0 - p).div_(1.0 - p)
