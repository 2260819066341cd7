"""The ensemble of perceptrons: z_m = s_m * (W (r_m * x_m)) + b_m for each of M members, all of which share W.

S_m W R_m, with s and r on the diagonals, is the member's own matrix A_m. With delta_m = dJ/dz_m and, for each member,
G_m = sum_B delta_m^T x_m (n_out, n_in), which would be dJ/dA_m:

    dJ/db_m = sum_B delta_m                        dJ/dx_m = delta_m A_m
    dJ/dW = sum_m s_m r_m^T * G_m                  dJ/dr_m = s_m^T (W * G_m)
    dJ/ds_m = (W * G_m) r_m
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...network import tabm
from .dropout import draw
from .linear import gradient


class SharedLinear:
    """``SharedLinear`` on x (M, B, n_in), or on x (B, n_in) that all members are given.

    Dropout sets inputs of a member to zero for the whole batch: r_m becomes r_m times its mask.
    """

    y_is_spent = True

    def __init__(
        self, module: tabm.SharedLinear, members: int, x: Tensor, dx: Tensor | None, dropout: float
    ) -> None:
        n_out, n_in = module.weight.shape
        self.x, self.dx, self.p, self.shared = x, dx, dropout, x.ndim == 2
        self.each_x = x.expand(members, *x.shape) if self.shared else x
        self.weight, self.weight_gradient = module.weight.detach(), gradient(module.weight)
        self.r, self.r_gradient = _rows(module.inner, members, 1, n_in)
        self.s, self.s_gradient = _rows(module.outer, members, n_out, 1)
        self.b, self.b_gradient = _rows(module.bias, members, 1, n_out)
        self.mask = torch.ones_like(self.r)
        self.scale = torch.empty_like(self.r)
        self.matrices = x.new_empty(members, n_out, n_in)  # A
        self.matrices_transposed = self.matrices.transpose(1, 2)
        self.products = torch.empty_like(self.matrices)  # G, then what is made of it
        self.with_weight = torch.empty_like(self.matrices)  # W * G
        self.y = x.new_empty(members, x.shape[-2], n_out)
        self.dy = torch.empty_like(self.y)
        self.dy_transposed = self.dy.transpose(1, 2)

    def forward(self) -> None:
        """z_m = A_m x_m + b_m, with A_m = S_m W R_m."""
        if self.p:
            draw(self.mask, self.p)
        r = torch.mul(self.r, self.mask, out=self.scale) if self.p else self.r
        torch.mul(self.weight, r, out=self.matrices).mul_(self.s)
        torch.baddbmm(self.b, self.each_x, self.matrices_transposed, out=self.y)

    def backward(self) -> None:
        """dJ/db, dJ/dx, then from G: dJ/dr, dJ/ds, dJ/dW."""
        r = self.scale if self.p else self.r
        torch.sum(self.dy, 1, keepdim=True, out=self.b_gradient)
        if self.dx is not None:
            self._backward_to_x(self.dx)
        torch.bmm(self.dy_transposed, self.each_x, out=self.products)
        torch.mul(self.products, self.weight, out=self.with_weight)
        torch.bmm(self.s.transpose(1, 2), self.with_weight, out=self.r_gradient)
        torch.bmm(self.with_weight, r.transpose(1, 2), out=self.s_gradient)
        if self.p:
            self.r_gradient.mul_(self.mask)
        self.products.mul_(r).mul_(self.s)
        torch.sum(self.products, 0, out=self.weight_gradient)

    def _backward_to_x(self, dx: Tensor) -> None:
        if not self.shared:
            torch.bmm(self.dy, self.matrices, out=dx)
            return
        torch.mm(self.dy[0], self.matrices[0], out=dx)
        for delta, matrix in zip(self.dy[1:], self.matrices[1:]):  # all members were given the same x
            dx.addmm_(delta, matrix)


class Masked:
    """The last hidden layer's dropout: y_m = a_m times a mask for each member; dJ/da_m = delta_m times it."""

    y_is_spent = True

    def __init__(self, p: float, x: Tensor, dx: Tensor) -> None:
        self.p, self.x, self.dx = p, x, dx
        self.mask = x.new_empty(len(x), 1, x.shape[2])
        self.y, self.dy = torch.empty_like(x), dx

    def forward(self) -> None:
        """y = a times the mask."""
        draw(self.mask, self.p)
        torch.mul(self.x, self.mask, out=self.y)

    def backward(self) -> None:
        """delta times the mask."""
        self.dy.mul_(self.mask)


class Heads:
    """``Heads`` on x (M, B, n): o_m = x_m V_m + b_m; dJ/dV_m = x_m^T delta_m, dJ/db_m = sum_B delta_m.

    The products are formed transposed, (K, n) by (n, B): with few outputs K they take a fifth of the time so.
    """

    y_is_spent = True

    def __init__(self, module: tabm.Heads, members: int, x: Tensor, dx: Tensor | None) -> None:
        self.x, self.dx, self.shared = x.expand(members, x.shape[-2], x.shape[-1]), dx, x.ndim == 2
        self.weight, self.weight_gradient = module.weight.detach(), gradient(module.weight)
        self.bias, self.bias_gradient = module.bias.detach()[:, None, :], gradient(module.bias)
        rows, n, outputs = x.shape[-2], x.shape[-1], module.outputs
        self.weight_transposed = x.new_empty(members, outputs, n)
        self.products = x.new_empty(members, outputs, n)  # dJ/dV, transposed
        self.y_transposed = x.new_empty(members, outputs, rows)
        self.y, self.dy = x.new_empty(members, rows, outputs), x.new_empty(members, rows, outputs)

    def forward(self) -> None:
        """o = x V + b."""
        self.weight_transposed.copy_(self.weight.transpose(1, 2))
        torch.bmm(self.weight_transposed, self.x.transpose(1, 2), out=self.y_transposed)
        torch.add(self.y_transposed.transpose(1, 2), self.bias, out=self.y)

    def backward(self) -> None:
        """dJ/dV, dJ/db, and dJ/dx = delta V^T."""
        torch.bmm(self.dy.transpose(1, 2), self.x, out=self.products)
        self.weight_gradient.copy_(self.products.transpose(1, 2))
        torch.sum(self.dy, 1, out=self.bias_gradient)
        if self.dx is None:
            return
        if self.shared:
            torch.sum(torch.bmm(self.dy, self.weight_transposed), 0, out=self.dx)
        elif self.dy.shape[2] == 1:  # an outer product
            torch.mul(self.dy, self.weight_transposed, out=self.dx)
        else:
            torch.bmm(self.dy, self.weight_transposed, out=self.dx)


def _rows(vectors: torch.nn.Parameter, *shape: int) -> tuple[Tensor, Tensor]:
    """A parameter that is kept flat, and its gradient, in another shape."""
    return vectors.detach().view(shape), gradient(vectors).view(shape)
