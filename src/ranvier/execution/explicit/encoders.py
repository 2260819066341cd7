"""The first layers: from a table's blocks to features side by side, x = (x_1, x_2, ...).

Nothing comes before them, so that only the derivatives by their own parameters are wanted. A vector v_c that was looked
up for category c gets what all rows of that category get: dJ/dv_c = sum over the rows with c of delta.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ...network import encoders
from ...network.assembled import width_of
from ...network.pictures.encoders import Pixels as PixelsModule
from ...network.piecewise import Piecewise as PiecewiseModule
from .linear import gradient
from .piecewise import Piecewise


class Encoder(Protocol):
    """A layer that reads a block (B, ...) and writes its features into y (B, d), a part of x."""

    def forward(self) -> None:
        """From the block to its features."""
        ...

    def backward(self) -> None:
        """From dJ/dy to the parameters' gradients."""
        ...


class Numbers:
    """Numbers as they are."""

    def __init__(self, module: nn.Module, block: Tensor, y: Tensor, dy: Tensor | None) -> None:
        self.block, self.y = block, y

    def forward(self) -> None:
        """x = the block."""
        self.y.copy_(self.block)

    def backward(self) -> None:
        """There is no parameter."""


class OneHot:
    """1 where a row has a column's category, else 0."""

    def __init__(self, module: encoders.OneHot, block: Tensor, y: Tensor, dy: Tensor | None) -> None:
        self.block, self.y, self.column, self.code = block, y, module.column, module.code
        self.of_column = block.new_empty(len(block), len(module.column))

    def forward(self) -> None:
        """x_c = 1 where the index is c."""
        torch.index_select(self.block, 1, self.column, out=self.of_column)
        torch.eq(self.of_column, self.code, out=self.y)

    def backward(self) -> None:
        """There is no parameter."""


class Pixels:
    """Pixels (B, C, H, W), less the mean of their channel, by its deviation."""

    def __init__(self, module: PixelsModule, block: Tensor, y: Tensor, dy: Tensor | None) -> None:
        self.block, self.y = block, y.view(block.shape)
        self.mean, self.deviation = module.standardised.mean, module.standardised.deviation

    def forward(self) -> None:
        """x = (the block - mean) / deviation."""
        torch.sub(self.block, self.mean, out=self.y).div_(self.deviation)

    def backward(self) -> None:
        """There is no parameter."""


class Embeddings:
    """A learnt vector for each category; columns of few categories are one-hot."""

    def __init__(self, module: encoders.Embeddings, block: Tensor, y: Tensor, dy: Tensor | None) -> None:
        at = module.one_hot.outputs
        self.one_hot = OneHot(module.one_hot, block, y[:, :at], None)
        self.columns = []
        tables: Any = module.tables
        for table, column in zip(tables, module.embedded):
            width = table.embedding_dim
            part = slice(at, at + width)
            delta = None if dy is None else dy[:, part]
            self.columns.append(Table(table, block[:, column], y[:, part], delta))
            at += width

    def forward(self) -> None:
        """x = the one-hot columns, then the vectors."""
        self.one_hot.forward()
        for column in self.columns:
            column.forward()

    def backward(self) -> None:
        """Each table's."""
        for column in self.columns:
            column.backward()


class Table:
    """The vectors of one column: y_i = v_c(i), and dJ/dv_c = the sum of delta_i over the rows i with c(i) = c."""

    def __init__(self, module: nn.Embedding, index: Tensor, y: Tensor, dy: Tensor | None) -> None:
        self.index, self.y, self.dy = index, y, dy
        self.vectors, self.gradient = module.weight.detach(), gradient(module.weight)

    def forward(self) -> None:
        """y = v_c."""
        torch.index_select(self.vectors, 0, self.index, out=self.y)

    def backward(self) -> None:
        """dJ/dv_c."""
        if self.dy is not None:
            self.gradient.zero_().index_add_(0, self.index, self.dy)


class Join:
    """The encoded blocks side by side: x (B, D)."""

    y_is_spent = False

    def __init__(self, modules: nn.ModuleDict, blocks: Mapping[str, Tensor]) -> None:
        rows, width = len(next(iter(blocks.values()))), width_of(modules)
        named: dict[str, Any] = dict(modules.items())
        alone = next(iter(modules.values())) if len(modules) == 1 else None
        learns = any(True for _ in modules.parameters())
        self.encoders: list[Encoder] = []
        if type(alone) is encoders.Numbers:
            self.y = blocks[next(iter(modules))]
            self.dy = None
            return
        self.y = torch.empty(rows, width, dtype=_floating(modules, blocks))
        self.dy = torch.empty_like(self.y) if learns else None
        at = 0
        for name, module in named.items():
            part = slice(at, at + module.outputs)
            delta = None if self.dy is None else self.dy[:, part]
            self.encoders.append(ENCODERS[type(module)](module, blocks[name], self.y[:, part], delta))
            at += module.outputs

    def forward(self) -> None:
        """Each encoder writes its part."""
        for encoder in self.encoders:
            encoder.forward()

    def backward(self) -> None:
        """Each encoder's parameters."""
        for encoder in self.encoders:
            encoder.backward()


def _floating(modules: nn.ModuleDict, blocks: Mapping[str, Tensor]) -> torch.dtype:
    values = [*modules.parameters(), *blocks.values()]
    return next((v.dtype for v in values if v.is_floating_point()), torch.get_default_dtype())


ENCODERS: dict[type[nn.Module], Callable[[Any, Tensor, Tensor, Tensor | None], Encoder]] = {
    encoders.Numbers: Numbers,
    encoders.OneHot: OneHot,
    encoders.Embeddings: Embeddings,
    PiecewiseModule: Piecewise,
    PixelsModule: Pixels,
}
