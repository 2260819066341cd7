"""Piecewise-linear embeddings of numbers: column j's vector is y_j = c_j + x_j w_j + sum_t v_jt V_jt.

v_jt is how far x_j has come through bin t (``ranvier.network.piecewise``), which no parameter changes. With delta =
dJ/dy (B, n, d), sums over the rows of the batch:

    dJ/dc_j = sum delta_j,   dJ/dw_j = sum x_j delta_j,   dJ/dV_jt = sum v_jt delta_j
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...network import piecewise
from .linear import gradient


class Piecewise:
    """``ranvier.network.piecewise.Piecewise`` on a block (B, n and indicators), into y (B, n d and indicators)."""

    def __init__(self, module: piecewise.Piecewise, block: Tensor, y: Tensor, dy: Tensor | None) -> None:
        rows, n, d = len(block), module.columns, module.dimension
        self.edges = (module.left, module.reciprocal, module.low, module.high)
        self.numbers, self.indicators = block[:, :n].unsqueeze(2), block[:, n:]
        self.y_vectors, self.y_indicators = y[:, : n * d].view(rows, n, d), y[:, n * d :]
        self.weight, self.bias = module.weight.detach(), module.bias.detach()
        self.weight_gradient, self.bias_gradient = gradient(module.weight), gradient(module.bias)
        self.dy = None if dy is None else dy[:, : n * d].view(rows, n, d)
        self.product = block.new_empty(rows, n, d)
        self.bins = self.bins_gradient = None
        if module.bins is not None:
            self.bins, self.bins_gradient = module.bins.detach(), gradient(module.bins)
            self.through = block.new_empty(rows, n, self.bins.shape[1])  # v
            self.through_by_column = self.through.transpose(0, 1)  # (n, B, T)
            self.sums = block.new_empty(n, rows, d)

    def forward(self) -> None:
        """y_j = c_j + x_j w_j + sum_t v_jt V_jt."""
        torch.mul(self.numbers, self.weight, out=self.product).add_(self.bias)
        if self.bins is not None:
            left, reciprocal, low, high = self.edges
            torch.sub(self.numbers, left, out=self.through).mul_(reciprocal)
            torch.clamp(self.through, low, high, out=self.through)
            torch.bmm(self.through_by_column, self.bins, out=self.sums)
            self.product.add_(self.sums.transpose(0, 1))
        self.y_vectors.copy_(self.product)
        self.y_indicators.copy_(self.indicators)

    def backward(self) -> None:
        """dJ/dc, dJ/dw and dJ/dV."""
        if self.dy is None:
            return
        torch.sum(self.dy, 0, out=self.bias_gradient)
        torch.mul(self.dy, self.numbers, out=self.product)
        torch.sum(self.product, 0, out=self.weight_gradient)
        if self.bins is not None:
            torch.bmm(self.through_by_column.transpose(1, 2), self.dy.transpose(0, 1), out=self.bins_gradient)
