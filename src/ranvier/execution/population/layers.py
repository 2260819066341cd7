"""The layers of a population: those of ``explicit`` for K networks at once.

Each parameter of the K networks stands in one block (K, ...), and x is (K, B, n): a linear map is then one product of K
pairs of matrices. The derivatives are those of ``explicit``, for each k alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...network import encoders as encoder_modules
from ..explicit import Unknown, encoders

Stack = Callable[[Sequence[Any]], tuple[Tensor, Tensor]]
"""For one parameter of each network the block of their values (K, ...), and that of their gradients."""


class Linear:
    """z_k = x_k W_k^T + b_k; dJ/dW_k = delta_k^T x_k, dJ/db_k = sum_B delta_k, dJ/dx_k = delta_k W_k."""

    y_is_spent = True

    def __init__(self, modules: Sequence[nn.Linear], stack: Stack, x: Tensor, dx: Tensor | None) -> None:
        self.x, self.dx = x, dx
        self.weight, self.weight_gradient = stack([module.weight for module in modules])
        self.bias = None
        if modules[0].bias is not None:
            bias, self.bias_gradient = stack([module.bias for module in modules])
            self.bias = bias[:, None, :]
        self.y = x.new_empty(len(x), x.shape[1], self.weight.shape[1])
        self.dy = torch.empty_like(self.y)
        self.weight_transposed, self.dy_transposed = self.weight.transpose(1, 2), self.dy.transpose(1, 2)

    def forward(self) -> None:
        """z = x W^T + b."""
        if self.bias is None:
            torch.bmm(self.x, self.weight_transposed, out=self.y)
        else:
            torch.baddbmm(self.bias, self.x, self.weight_transposed, out=self.y)

    def backward(self) -> None:
        """dJ/dW, dJ/db, dJ/dx."""
        torch.bmm(self.dy_transposed, self.x, out=self.weight_gradient)
        if self.bias is not None:
            torch.sum(self.dy, 1, out=self.bias_gradient)
        if self.dx is not None:
            torch.bmm(self.dy, self.weight, out=self.dx)


class Dropout:
    """Each network leaves out its own share p_k of x_k, drawn from its own generator."""

    y_is_spent = True

    def __init__(
        self, shares: Sequence[float], generators: Sequence[torch.Generator], x: Tensor, dx: Tensor | None
    ) -> None:
        self.shares, self.generators, self.x, self.dx = shares, generators, x, dx
        self.mask, self.y = torch.ones_like(x), torch.empty_like(x)
        self.kept = torch.tensor([1.0 - share for share in shares], dtype=x.dtype)[:, None, None]
        self.kept[self.kept == 0.0] = 1.0
        self.dy = torch.empty_like(x) if dx is None else dx

    def forward(self) -> None:
        """y = x m / (1 - p)."""
        for mask, share, generator in zip(self.mask, self.shares, self.generators):
            if share:
                mask.bernoulli_(1.0 - share, generator=generator)
        torch.div(self.x, self.kept, out=self.y).mul_(self.mask)

    def backward(self) -> None:
        """dJ/dx = delta m / (1 - p)."""
        if self.dx is not None:
            self.dy.mul_(self.mask).div_(self.kept)


class Embeddings:
    """A learnt vector for each category and network; columns of few categories are one-hot."""

    def __init__(
        self,
        modules: Sequence[encoder_modules.Embeddings],
        stack: Stack,
        block: Tensor,
        y: Tensor,
        dy: Tensor | None,
    ) -> None:
        networks = len(modules)
        first: Any = modules[0]
        at = first.one_hot.outputs
        self.one_hot = encoders.OneHot(first.one_hot, block, y[:, :at], None)
        self.tables = []
        for number, column in enumerate(first.embedded):
            vectors, gradient = stack([module.tables[number].weight for module in modules])
            part = slice(at, at + vectors.shape[2])
            delta = None if dy is None else dy[:, part]
            offset = torch.arange(networks).repeat_interleave(len(block) // networks) * vectors.shape[1]
            self.tables.append(
                (block[:, column], offset, vectors.flatten(0, 1), gradient.flatten(0, 1), y[:, part], delta)
            )
            at += vectors.shape[2]

    def forward(self) -> None:
        """The one-hot columns, then the vectors."""
        self.one_hot.forward()
        for index, offset, vectors, _, y, _ in self.tables:
            y.copy_(vectors.index_select(0, index + offset))

    def backward(self) -> None:
        """dJ/dv: the sum of delta over the rows of a network that have the category."""
        for index, offset, _, gradient, _, delta in self.tables:
            if delta is not None:
                gradient.zero_().index_add_(0, index + offset, delta)


class Join:
    """The encoded blocks of all networks side by side: x (K, B, D)."""

    def __init__(self, modules: Sequence[nn.ModuleDict], stack: Stack, blocks: dict[str, Tensor]) -> None:
        first: dict[str, Any] = dict(modules[0].items())
        rows, width = len(next(iter(blocks.values()))), sum(int(module.outputs) for module in first.values())
        learns = any(True for _ in modules[0].parameters())
        floating = next(
            (b.dtype for b in blocks.values() if b.is_floating_point()), torch.get_default_dtype()
        )
        y = torch.empty(rows, width, dtype=floating)
        dy = torch.empty_like(y) if learns else None
        self.encoders: list[encoders.Encoder] = []
        at = 0
        for name, module in first.items():
            part = slice(at, at + module.outputs)
            delta = None if dy is None else dy[:, part]
            if type(module) is encoder_modules.Embeddings:
                each: Any = [other[name] for other in modules]
                self.encoders.append(Embeddings(each, stack, blocks[name], y[:, part], delta))
            elif type(module) in (encoder_modules.Numbers, encoder_modules.OneHot):
                self.encoders.append(encoders.ENCODERS[type(module)](module, blocks[name], y[:, part], None))
            else:
                raise Unknown(f"{type(module).__name__} is not written out for populations")
            at += module.outputs
        self.y = y.view(len(modules), -1, width)
        self.dy = None if dy is None else dy.view(len(modules), -1, width)

    def forward(self) -> None:
        """Each encoder writes its part."""
        for encoder in self.encoders:
            encoder.forward()

    def backward(self) -> None:
        """Each encoder's parameters."""
        for encoder in self.encoders:
            encoder.backward()
