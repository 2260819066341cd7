"""A convolution and the maximum pooling behind it, as one product.

Pooling over s x s pixels side by side takes z at the s^2 places (g, h) of each region (i, j). All of them are read off
one window of x, k + s - 1 pixels wide; s^2 windows of k pixels, which overlap, are more to copy:

    z_gh(o, i, j) = sum_c sum_m sum_n V_gh(o, c, m, n) x(c, s i + m - p, s j + n - p)

where V_gh is w moved by (g, h) within zeros. V (s^2 O, C (k + s - 1)^2) times the windows (C (k + s - 1)^2, regions)
gives z place by place, so that pooling compares whole planes. Maps stand with the rows of the batch last, (C, H, W, B),
by which windows are copied, and derivatives added up, in stretches of B numbers.

    y = max_gh z_gh + b                       delta_gh = delta where z_gh is the first to have the maximum, else 0
    dJ/db = sum of delta                      dJ/dV = delta_gh times the windows; dJ/dw gathers it from each place
    dJ/dwindows = V^T delta_gh, which dJ/dx adds up where they overlap

An activation between the two that never falls gives the same behind them, on a share of the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from . import convolution
from .linear import gradient

GROWTH = 1.5
"""The multiplications may grow by so much, (k + s - 1)^2 / k^2: 1.44 for 5 x 5 pixels and regions of 2 x 2."""

FEW_CHANNELS = 16
"""Up to so many channels copying and comparing take as long as the products, and there is something to gain."""

MOST = 2**22
"""Numbers that the windows may have, 16 MB: more would not stay in the cache."""

NEVER_FALLS = (nn.ReLU, nn.Tanh, nn.Sigmoid)
"""Activations that are as well applied to the maximum: where they are flat, so that it is not one place's, f' is 0."""


class PooledConvolution:
    """``nn.Conv2d`` of stride 1 and ``nn.MaxPool2d`` on x (B, C, H, W).

    Args:
        module: the convolution.
        side: s, of the pooling's regions.
        x: the maps.
        dx: where dJ/dx is written, if anything learns from it.
        in_16_bits: whether the products are formed of bfloat16 numbers, as under autocast.
    """

    y_is_spent = True

    def __init__(
        self, module: nn.Conv2d, side: int, x: Tensor, dx: Tensor | None, in_16_bits: bool = False
    ) -> None:
        self.weight, self.weight_gradient = module.weight.detach(), gradient(module.weight)
        self.bias = None if module.bias is None else module.bias.detach()[:, None]
        self.bias_gradient = None if module.bias is None else gradient(module.bias)
        framing = convolution.pair(module.padding)
        self.x = _Framed(x, framing)
        self.dx = None if dx is None else _Framed(dx, framing)
        channels, height, width, rows = self.x.maps.shape
        maps, _, *span = module.weight.shape
        self.side, window = side, [length + side - 1 for length in span]
        self.regions = [(length - s + 1) // side for length, s in zip((height, width), span)]
        every = self.regions[0] * self.regions[1] * rows

        number = torch.bfloat16 if in_16_bits else x.dtype
        self.windows = x.new_empty(channels * window[0] * window[1], every, dtype=number)
        self.windows_in_x = self._windows(self.x.maps, (0, 0), window)
        self.windows_by_pixel = self.windows.view(self.windows_in_x.shape)
        self.v = x.new_zeros(side * side * maps, len(self.windows), dtype=number)
        self.dv = Product(x.new_empty(self.v.shape), number)
        shape = (side, side, maps, channels, *window)
        self.w_in_v, self.dw_in_dv = (_moved(each.view(shape), span) for each in (self.v, self.dv.exact))
        self.z = Product(x.new_empty(len(self.v), every), number)
        self.dz = torch.empty_like(self.z.exact)
        self.dz_rounded = torch.empty_like(self.dz, dtype=number) if in_16_bits else self.dz
        self.each_z = list(self.z.exact.view(-1, maps, every))
        *self.each_dz, self.delta = self.dz.view(-1, maps, every)  # the last gets what the others leave
        self.largest, self.here, self.biased = (torch.empty_like(self.delta) for _ in range(3))
        self.y, self.dy = self._as_maps(self.biased), self._as_maps(self.delta)
        self.dwindows = Product(x.new_empty(self.windows.shape if self.dx else (0,)), number)
        self.overlaps = self._overlaps(self.dx, self.dwindows.exact) if self.dx else []

    def forward(self) -> None:
        """Y = max_gh z_gh + b."""
        self.x.fill()
        self.windows_by_pixel.copy_(self.windows_in_x)
        self.w_in_v.copy_(self.weight)
        self.z.form(self.v, self.windows)
        first, *others = self.each_z
        for number, z in enumerate(others):
            torch.maximum(self.largest if number else first, z, out=self.largest)
        if self.bias is None:
            self.biased.copy_(self.largest)
        else:
            torch.add(self.largest, self.bias, out=self.biased)

    def backward(self) -> None:
        """DJ/db, delta_gh, then dJ/dw and dJ/dx. Delta is spent then."""
        if self.bias_gradient is not None:
            torch.sum(self.delta, 1, out=self.bias_gradient)
        for z, dz in zip(self.each_z, self.each_dz):
            torch.eq(z, self.largest, out=self.here)
            torch.mul(self.delta, self.here, out=dz)
            self.delta.sub_(dz)
        if self.dz_rounded is not self.dz:
            self.dz_rounded.copy_(self.dz)
        self.dv.form(self.dz_rounded, self.windows.t())
        self._gather()
        if self.dx is None:
            return
        self.dwindows.form(self.v.t(), self.dz_rounded)
        self.dx.maps.zero_()
        for part, into in self.overlaps:
            into.add_(part)
        self.dx.empty()

    def _gather(self) -> None:
        """DJ/dw, the sum of what stands in dJ/dV for it at each place."""
        first, *others = self.dw_in_dv.flatten(0, 1)
        self.weight_gradient.copy_(first)
        for other in others:
            self.weight_gradient.add_(other)

    def _windows(self, maps: Tensor, first: tuple[int, int], size: Sequence[int]) -> Tensor:
        """The windows of so many pixels that begin ``first`` within each region's, of maps (C, H, W, B).

        Returns:
            (C, their height, their width, regions down, regions across, B).
        """
        channel, row, column, _ = maps.stride()
        shape = (len(maps), *size, *self.regions, maps.shape[3])
        strides = (channel, row, column, self.side * row, self.side * column, 1)
        return maps.as_strided(shape, strides, maps.storage_offset() + first[0] * row + first[1] * column)

    def _overlaps(self, dx: _Framed, dwindows: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Parts of dJ/dwindows with the places in dJ/dx that each is added to; in each part no two windows overlap."""
        by_pixel = dwindows.view(self.windows_in_x.shape)
        height, width = by_pixel.shape[1:3]
        parts = []
        for i in range(0, height, self.side):
            for j in range(0, width, self.side):
                part = by_pixel[:, i : i + self.side, j : j + self.side]
                parts.append((part, self._windows(dx.maps, (i, j), part.shape[1:3])))
        return parts

    def _as_maps(self, planes: Tensor) -> Tensor:
        """(O, regions) as maps (B, O, regions down, regions across)."""
        return planes.view(len(planes), *self.regions, -1).permute(3, 0, 1, 2)


class Product:
    """A product of two matrices, in ``exact``; formed of rounded numbers it is rounded on the way."""

    def __init__(self, exact: Tensor, number: torch.dtype) -> None:
        self.exact = exact
        self.rounded = exact if number == exact.dtype else torch.empty_like(exact, dtype=number)

    def form(self, first: Tensor, second: Tensor) -> None:
        """Multiply two matrices of such numbers."""
        torch.mm(first, second, out=self.rounded)
        if self.rounded is not self.exact:
            self.exact.copy_(self.rounded)


class _Framed:
    """Maps x (B, C, H, W) as (C, H, W, B) within a frame of zeros: x's own memory where it stands so and needs none."""

    def __init__(self, x: Tensor, framing: tuple[int, int]) -> None:
        up, left = framing
        self.outside = x.permute(1, 2, 3, 0)
        channels, height, width, rows = self.outside.shape
        self.own = framing != (0, 0) or not self.outside.is_contiguous()
        self.maps = self.outside
        if self.own:
            self.maps = x.new_zeros(channels, height + 2 * up, width + 2 * left, rows)
        self.inside = self.maps[:, up : up + height, left : left + width]

    def fill(self) -> None:
        """Take x over."""
        if self.own:
            self.inside.copy_(self.outside)

    def empty(self) -> None:
        """Give x what stands within the frame."""
        if self.own:
            self.outside.copy_(self.inside)


def _moved(v: Tensor, span: Sequence[int]) -> Tensor:
    """Where w stands in V (s, s, O, C, k + s - 1, l + s - 1): (s, s, O, C, k, l)."""
    down, across, *others, row, column = v.stride()
    return v.as_strided((*v.shape[:4], *span), (down + row, across + column, *others, row, column))


def found(modules: Sequence[nn.Module], x: Tensor) -> tuple[nn.Conv2d, nn.Module | None, nn.MaxPool2d] | None:
    """A convolution, an activation or none, and maximum pooling that are carried out as one, where modules begin so.

    Args:
        modules: one after another.
        x: what they are given.
    """
    if len(modules) < 2 or x.ndim != 4 or type(modules[0]) is not nn.Conv2d:
        return None
    between = modules[1] if len(modules) > 2 and type(modules[1]) in NEVER_FALLS else None
    module, pooling = modules[0], modules[1 if between is None else 2]
    if type(pooling) is not nn.MaxPool2d or not pays(module, pooling, x):
        return None
    return module, between, pooling


def pays(module: nn.Conv2d, pooling: nn.MaxPool2d, x: Tensor) -> bool:
    """Whether this form of both is written out here, and takes less time so."""
    if convolution.stands_in_the_way(module) or convolution.stands_in_the_way(pooling):
        return False
    plain = (module.stride, module.dilation, module.groups) == ((1, 1), (1, 1), 1)
    side = convolution.side(pooling)
    growth = math.prod((k + side - 1) / k for k in module.kernel_size)
    windows = growth * math.prod(module.kernel_size) * x.numel() / side**2
    few = module.in_channels <= FEW_CHANNELS and windows <= MOST
    return plain and side > 1 and growth <= GROWTH and few
