"""Convolution and pooling of maps x (B, C, H, W).

    z(o, i, j) = b(o) + sum_c sum_m sum_n x(c, s i + m - p, s j + n - p) w(o, c, m, n)

    dJ/dw = delta correlated with x, dJ/db = sum over B, i, j of delta, dJ/dx = delta convolved with w

are carried out by the kernels that torch has for them, without a record. Pooling over k x k pixels side by side reads x
as k^2 maps, one for each place within the regions. The maximum passes delta on to the first place that has it, as torch
does; the mean a k^2-th to each.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .linear import gradient

KERNELS: Any = torch.ops.aten


class Convolution:
    """``nn.Conv2d`` that pads with zeros."""

    y_is_spent = True

    def __init__(self, module: nn.Conv2d, x: Tensor, dx: Tensor | None) -> None:
        self.x, self.dx = x, dx
        self.weight, self.weight_gradient = module.weight.detach(), gradient(module.weight)
        self.bias = None if module.bias is None else module.bias.detach()
        self.bias_gradient = None if module.bias is None else gradient(module.bias)
        self.places = (module.stride, module.padding, module.dilation, False, (0, 0), module.groups)
        self.y: Tensor = KERNELS.convolution(x, self.weight, self.bias, *self.places)
        self.dy = torch.empty_like(self.y)
        self.wanted = (dx is not None, True, self.bias is not None)

    def forward(self) -> None:
        """z = b + x * w."""
        KERNELS.convolution.out(self.x, self.weight, self.bias, *self.places, out=self.y)

    def backward(self) -> None:
        """dJ/dw, dJ/db and, where it is wanted, dJ/dx."""
        sizes = None if self.bias is None else [len(self.bias)]
        dx, dw, db = KERNELS.convolution_backward(
            self.dy, self.x, self.weight, sizes, *self.places, self.wanted
        )
        self.weight_gradient.copy_(dw)
        if self.bias_gradient is not None:
            self.bias_gradient.copy_(db)
        if self.dx is not None:
            self.dx.copy_(dx)


class _Pooling:
    """What both poolings share: x and dx as k^2 maps of y's size each."""

    y_is_spent = False

    def __init__(self, side: int, x: Tensor, dx: Tensor | None) -> None:
        rows, channels, height, width = x.shape
        self.y = x.new_empty(rows, channels, height // side, width // side)
        self.dy = torch.empty_like(self.y)
        self.dx = dx
        self.parts = _parts(x, side)
        self.dparts = [] if dx is None else _parts(dx, side)
        self.rest = bool(height % side or width % side)


class Maximum(_Pooling):
    """``nn.MaxPool2d`` over regions that lie side by side."""

    def __init__(self, module: nn.MaxPool2d, x: Tensor, dx: Tensor | None) -> None:
        super().__init__(side(module), x, dx)
        self.here = torch.empty_like(self.y)  # 1 or 0: products with booleans take twice as long

    def forward(self) -> None:
        """The largest of each region."""
        first, *others = self.parts
        if not others:
            self.y.copy_(first)
        for number, part in enumerate(others):
            torch.maximum(self.y if number else first, part, out=self.y)

    def backward(self) -> None:
        """Delta goes to the first place that has the maximum, and is spent then."""
        if self.dx is None:
            return
        if self.rest:
            self.dx.zero_()
        for part, dpart in zip(self.parts, self.dparts):
            torch.eq(part, self.y, out=self.here)
            torch.mul(self.dy, self.here, out=dpart)
            if dpart is not self.dparts[-1]:
                self.dy.sub_(dpart)


class Mean(_Pooling):
    """``nn.AvgPool2d`` over regions that lie side by side."""

    y_is_spent = True

    def __init__(self, module: nn.AvgPool2d, x: Tensor, dx: Tensor | None) -> None:
        super().__init__(side(module), x, dx)
        self.share = 1.0 / len(self.parts)

    def forward(self) -> None:
        """The mean of each region."""
        torch.mul(self.parts[0], self.share, out=self.y)
        for part in self.parts[1:]:
            self.y.add_(part, alpha=self.share)

    def backward(self) -> None:
        """delta / k^2 for each place."""
        if self.dx is None:
            return
        if self.rest:
            self.dx.zero_()
        for dpart in self.dparts:
            torch.mul(self.dy, self.share, out=dpart)


def stands_in_the_way(module: nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d) -> bool:
    """Whether this form of the module is not written out."""
    if isinstance(module, nn.Conv2d):
        return module.padding_mode != "zeros" or isinstance(module.padding, str)
    if isinstance(module, nn.MaxPool2d):
        plain = not module.return_indices and pair(module.dilation) == (1, 1)
    else:
        plain = module.divisor_override is None
    kernel = pair(module.kernel_size)
    apart = kernel == pair(module.stride) and kernel[0] == kernel[1]
    return not (plain and apart and pair(module.padding) == (0, 0) and not module.ceil_mode)


def side(module: Any) -> int:
    """Of a pooling's regions."""
    return pair(module.kernel_size)[0]


def pair(value: Any) -> tuple[int, int]:
    """A number for height and width, or one for each."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _parts(x: Tensor, side: int) -> list[Tensor]:
    """(B, C, H // k, W // k) for each place in a region, row by row."""
    height, width = (length // side * side for length in x.shape[2:])
    inside = x[:, :, :height, :width]
    return [inside[:, :, row::side, column::side] for row in range(side) for column in range(side)]
