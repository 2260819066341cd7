"""The linear map z = x W^T + b, row by row z = W x + b.

With delta = dJ/dz (B, n_out):

    dJ/dW = delta^T x        (n_out, n_in)
    dJ/db = sum_B delta      (n_out)
    dJ/dx = delta W          (B, n_in)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

WIDE = 64
"""From so many numbers on, in and out, a product gains from 16 bits, and from a matrix that stands by columns."""

FEW = 128
"""Up to so many rows the threads wait for the matrix more than for the processor, and each gains from a part of it."""

NARROW = 32
"""Up to so many outputs of a network stand by columns: what sums over the few of a row is quick so."""


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
        self.weight_transposed, self.x_transposed = self.weight.t(), x.t()
        self.weight_gradient_transposed = self.weight_gradient.t()

    def lay_by_column(self) -> None:
        """Let the outputs, and the derivatives by them, stand by columns."""
        self.y, self.dy = (torch.empty_like(each.t()).t() for each in (self.y, self.dy))

    def forward(self) -> None:
        """Z = x W^T + b."""
        if self.bias is None:
            torch.mm(self.x, self.weight_transposed, out=self.y)
        else:
            torch.addmm(self.bias, self.x, self.weight_transposed, out=self.y)

    def backward(self) -> None:
        """DJ/dW = delta^T x, dJ/db = sum_B delta, dJ/dx = delta W."""
        torch.mm(self.x_transposed, self.dy, out=self.weight_gradient_transposed)
        if self.bias_gradient is not None:
            torch.sum(self.dy, 0, out=self.bias_gradient)
        if self.dx is not None:
            torch.mm(self.dy, self.weight, out=self.dx)


class LinearInParts:
    """``nn.Linear`` on x (B, n_in) that nothing learns from, a part of the inputs for each of P threads.

    z = sum_P x_p W_p^T + b, dJ/dW_p = delta^T x_p. Each thread forms the products with a P-th of W, a stretch of
    memory, which is also what it updates: so these numbers stay in the cache of its core.

    Args:
        module: its matrix stands by columns.
        x: the inputs.
        parts: P, which divides n_in.
    """

    y_is_spent = True

    def __init__(self, module: nn.Linear, x: Tensor, parts: int) -> None:
        n_out, n_in = module.weight.shape
        rows, share = len(x), n_in // parts
        self.weights = module.weight.detach().t().view(parts, share, n_out)
        self.weight_gradients = gradient(module.weight).t().view(parts, share, n_out)
        self.bias = None if module.bias is None else module.bias.detach()
        self.bias_gradient = None if module.bias is None else gradient(module.bias)
        self.each_x = x.view(rows, parts, share).transpose(0, 1)
        self.each_x_transposed = x.t().view(parts, share, rows)
        self.each_y = x.new_empty(parts, rows, n_out)
        self.first, self.second, *self.others = self.each_y
        self.y = x.new_empty(rows, n_out)
        self.dy = torch.empty_like(self.y)
        self.each_dy = self.dy.expand(parts, rows, n_out)

    def forward(self) -> None:
        """Z = sum_P x_p W_p^T + b."""
        torch.bmm(self.each_x, self.weights, out=self.each_y)
        torch.add(self.first, self.second, out=self.y)
        for other in self.others:
            self.y.add_(other)
        if self.bias is not None:
            self.y.add_(self.bias)

    def backward(self) -> None:
        """DJ/dW_p = delta^T x_p, dJ/db = sum_B delta."""
        torch.bmm(self.each_x_transposed, self.each_dy, out=self.weight_gradients)
        if self.bias_gradient is not None:
            torch.sum(self.dy, 0, out=self.bias_gradient)


class LinearIn16Bits:
    """``nn.Linear`` on x (B, n_in), its three products formed of bfloat16 numbers, which have 8 digits of 24.

    Weights, bias and all gradients have 32 bits, as under autocast; what is rounded are factors and products.
    """

    y_is_spent = True

    def __init__(self, module: nn.Linear, x: Tensor, dx: Tensor | None) -> None:
        def in_16_bits(like: Tensor) -> Tensor:
            return torch.empty_like(like, dtype=torch.bfloat16, memory_format=torch.contiguous_format)

        self.x, self.dx = x, dx
        self.weight = module.weight.detach()
        self.weight_gradient = gradient(module.weight)
        self.bias = None if module.bias is None else module.bias.detach()
        self.bias_gradient = None if module.bias is None else gradient(module.bias)
        self.y = x.new_empty(len(x), module.out_features)
        self.dy = torch.empty_like(self.y)
        self.x_16, self.y_16, self.dy_16 = in_16_bits(x), in_16_bits(self.y), in_16_bits(self.dy)
        self.dx_16 = None if dx is None else in_16_bits(dx)
        self.weight_16 = in_16_bits(self.weight.t()).t()  # by columns, as the weight stands
        self.weight_gradient_16 = in_16_bits(self.weight.t()).t()

    def forward(self) -> None:
        """Z = x W^T + b."""
        self.x_16.copy_(self.x)
        self.weight_16.copy_(self.weight)
        torch.mm(self.x_16, self.weight_16.t(), out=self.y_16)
        self.y.copy_(self.y_16)
        if self.bias is not None:
            self.y.add_(self.bias)

    def backward(self) -> None:
        """DJ/dW = delta^T x, dJ/db = sum_B delta, dJ/dx = delta W."""
        self.dy_16.copy_(self.dy)
        torch.mm(self.x_16.t(), self.dy_16, out=self.weight_gradient_16.t())
        self.weight_gradient.copy_(self.weight_gradient_16)
        if self.bias_gradient is not None:
            torch.sum(self.dy, 0, out=self.bias_gradient)
        if self.dx is not None and self.dx_16 is not None:
            torch.mm(self.dy_16, self.weight_16, out=self.dx_16)
            self.dx.copy_(self.dx_16)


def wide(module: nn.Module) -> bool:
    """Whether a linear map is a large one on both sides."""
    return type(module) is nn.Linear and min(module.in_features, module.out_features) >= WIDE


def gains_from_parts(module: nn.Linear, x: Tensor, parts: int) -> bool:
    """Whether a linear map of x, from which nothing learns, is carried out in parts, one for each thread."""
    by_column = module.weight.t().is_contiguous()
    return parts > 1 and wide(module) and by_column and len(x) <= FEW and module.in_features % parts == 0


def gradient(parameter: Tensor) -> Tensor:
    """Where a parameter's gradient is written: ``flat`` has made room for it."""
    room: Tensor | None = parameter.grad
    if room is None:  # a mistake in this package: every parameter is one that the optimizer moves
        room = parameter.grad = torch.zeros_like(parameter)
    return room
