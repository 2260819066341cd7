"""The linear map z = x W^T + b, row by row z = W x + b.

With delta = dJ/dz (B, n_out):

    dJ/dW = delta^T x        (n_out, n_in)
    dJ/db = sum_B delta      (n_out)
    dJ/dx = delta W          (B, n_in)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Linear:
    """``nn.Linear`` on x (B, n_in)."""

    y_is_spent = True

    def __init__(self, module: nn.Linear, x: Tensor, dx: Tensor | None) -> None:
        self.x, self.dx = x, dx
        self.weight = module.weight.detach()
        self.weight_gradient = gradient(module.weight)
        self.bias = None if module.bias is None else module.bias.detach()
        self.bias_gradient = None if module.bias is None else gradient(module.bias)
        self.y = x.new_empty(len(x), module.out_features)
        self.dy = torch.empty_like(self.y)
        self.weight_transposed, self.dy_transposed = self.weight.t(), self.dy.t()

    def forward(self) -> None:
        """Z = x W^T + b."""
        if self.bias is None:
            torch.mm(self.x, self.weight_transposed, out=self.y)
        else:
            torch.addmm(self.bias, self.x, self.weight_transposed, out=self.y)

    def backward(self) -> None:
        """DJ/dW = delta^T x, dJ/db = sum_B delta, dJ/dx = delta W."""
        torch.mm(self.dy_transposed, self.x, out=self.weight_gradient)
        if self.bias_gradient is not None:
            torch.sum(self.dy, 0, out=self.bias_gradient)
        if self.dx is not None:
            torch.mm(self.dy, self.weight, out=self.dx)


def gradient(parameter: Tensor) -> Tensor:
    """Where a parameter's gradient is written: ``flat`` has made room for it."""
    room: Tensor | None = parameter.grad
    if room is None:  # a mistake in this package: every parameter is one that the optimizer moves
        room = parameter.grad = torch.zeros_like(parameter)
    return room
