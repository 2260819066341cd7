"""The encoders together with the first linear map: z = W x + b, x being the features (x_1, x_2, ...) of the blocks.

A category's features do not depend on the row: a one-hot number, or a vector v_c. What they add to z is one vector
W v_c for each category c, which is worked out beforehand and looked up: no one-hot number is ever written.

A column's piecewise vector c_j + x_j w_j + sum_t v_jt V_jt is one product: x_j counts as a bin without ends, with w_j
as its vector, and c_j goes into b.

In an ensemble the first layer gives the same x to all members: it is one map to (M n_out) numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ...network import encoders, tabm
from ...network.piecewise import Piecewise
from ..explicit import Unknown
from .layers import Run, members

LARGEST = 2**23
"""So many numbers may be looked up for categories; where there would be more, the network itself is called."""

SUM = 0
"""The number of this way to join what was looked up."""


class First:
    """The encoders and the first linear map of a network.

    Args:
        module: the map.
        blocks: the encoders, in their order.

    Raises:
        Unknown: one of them is not written out here.
    """

    def __init__(self, module: nn.Module, blocks: nn.ModuleDict) -> None:
        self.members = 0
        if type(module) is nn.Linear:
            weight = module.weight.detach()
            bias = weight.new_zeros(len(weight)) if module.bias is None else module.bias.detach()
        elif type(module) is tabm.SharedLinear:
            matrices, rows = members(module)
            self.members = len(matrices)
            weight, bias = matrices.flatten(0, 1), rows.flatten()
        else:
            raise Unknown(f"{type(module).__name__} as the first layer is not written out")
        tables, self.starts, self.features = [], [], []
        kept: list[Tensor] = []
        at = entries = first = 0
        named: Any = blocks
        for place, encoder in enumerate(named.values()):
            part = weight[:, at : at + encoder.outputs]
            at += encoder.outputs
            if type(encoder) in (encoders.OneHot, encoders.Embeddings):
                sizes = _sizes(encoder)
                first = first or sizes[0]
                entries += sum(sizes)
                if entries * len(weight) > LARGEST:
                    raise Unknown("so many categories are looked up one column at a time")
                tables.append(_added(encoder, part))
                starts = torch.tensor([entries - sum(sizes[i:]) for i in range(len(sizes))])
                self.starts.append((place, starts))
            elif type(encoder) in FEATURES:
                feature = FEATURES[type(encoder)](encoder)
                self.features.append((place, encoder.outputs, feature.bind))
                bias = bias + part @ feature.constant
                kept.append(part)
            else:
                raise Unknown(f"what {type(encoder).__name__} does is not written out")
        self.bias, self.transposed = bias, torch.cat(kept, 1).t() if kept else None
        self.table = torch.cat(tables) if tables else None
        if self.table is not None:  # each row has one index of the first column, and with it b
            self.table[:first] += bias

    def bind(self, blocks: list[Tensor]) -> tuple[Tensor, list[Run]]:
        """The buffer of z, (B, n) or (M, B, n), for blocks of B rows, and what fills it."""
        rows = len(blocks[0])
        y = self.bias.new_empty(rows, len(self.bias))
        runs: list[Run] = []
        if self.transposed is None:
            last: Callable[[Tensor], Any] = y.copy_
        else:
            x, at = y.new_empty(rows, len(self.transposed)), 0
            for place, width, bind in self.features:
                runs += bind(blocks[place], x[:, at : at + width])
                at += width
            last = partial(_addmm, x, self.transposed, y)
        looked_up = None if self.table is None else self._look_up(self.table, blocks)
        runs.append(partial(last, self.bias) if looked_up is None else lambda: last(looked_up()))
        return (y.view(rows, self.members, -1).transpose(0, 1) if self.members else y), runs

    def _look_up(self, table: Tensor, blocks: list[Tensor]) -> Callable[[], Tensor]:
        """b + sum over the columns of W v_c."""
        index = torch.cat([blocks[place] for place, _ in self.starts], 1)
        firsts, flat = torch.arange(0, index.numel(), index.shape[1]), index.view(-1)
        columns, at = [], 0
        for place, starts in self.starts:
            columns.append((blocks[place], starts, index[:, at : at + len(starts)]))
            at += len(starts)

        def look_up() -> Tensor:
            for block, starts, into in columns:
                torch.add(block, starts, out=into)
            return torch._embedding_bag_forward_only(table, flat, firsts, False, SUM)[0]

        return look_up


def _addmm(x: Tensor, transposed: Tensor, y: Tensor, added: Tensor) -> None:
    torch.addmm(added, x, transposed, out=y)


class _Numbers:
    """Numbers as they are."""

    def __init__(self, module: encoders.Numbers) -> None:
        self.constant = torch.zeros(module.outputs)

    def bind(self, block: Tensor, x: Tensor) -> list[Run]:
        return [partial(x.copy_, block)]


class _Piecewise:
    """sum_t v_jt V_jt with x_j among the v_j; c_j is the constant."""

    def __init__(self, module: Piecewise) -> None:
        self.n, self.d = module.columns, module.dimension
        n, infinite = self.n, torch.full((self.n, 1), torch.inf)
        self.reciprocal = torch.cat([module.reciprocal, torch.ones(n, 1)], 1)
        self.left = torch.cat([module.left, torch.zeros(n, 1)], 1)
        self.low = torch.cat([module.low, -infinite], 1)
        self.high = torch.cat([module.high, infinite], 1)
        w = module.weight.detach()[:, None]
        self.vectors = w if module.bins is None else torch.cat([module.bins.detach(), w], 1)
        self.constant = torch.zeros(module.outputs)
        self.constant[: n * self.d] = module.bias.detach().flatten()

    def bind(self, block: Tensor, x: Tensor) -> list[Run]:
        rows, n, d = len(block), self.n, self.d
        numbers, through = block[:, :n, None], block.new_empty(rows, *self.left.shape)
        sums, into = block.new_empty(n, rows, d), x[:, : n * d].view(rows, n, d)
        return [
            partial(torch.sub, numbers, self.left, out=through),
            partial(through.mul_, self.reciprocal),
            partial(torch.clamp, through, self.low, self.high, out=through),
            partial(torch.bmm, through.transpose(0, 1), self.vectors, out=sums),
            partial(into.copy_, sums.transpose(0, 1)),
            partial(x[:, n * d :].copy_, block[:, n:]),
        ]


FEATURES: dict[type[nn.Module], Callable[[Any], Any]] = {
    encoders.Numbers: _Numbers,
    Piecewise: _Piecewise,
}
"""By the type of an encoder what writes its features, apart from a constant."""


def _sizes(encoder: Any) -> list[int]:
    """How many indices each column has."""
    embedded = _vectors(encoder)
    return [
        len(embedded[column]) if column in embedded else end - start + 1
        for column, (start, end) in enumerate(encoder.spans)
    ]


def _vectors(encoder: Any) -> dict[int, Tensor]:
    """By the number of an embedded column its vectors (n, d)."""
    if not isinstance(encoder, encoders.Embeddings):
        return {}
    tables: Any = encoder.tables
    return {column: table.weight.detach() for column, table in zip(encoder.embedded, tables)}


def _added(encoder: Any, weight: Tensor) -> Tensor:
    """W v_c of each index c of each column, one below the other, for the encoder's part (H, d) of W."""
    embedded, tables = _vectors(encoder), []
    for column, (start, end) in enumerate(encoder.spans):
        part = weight[:, start:end].t()
        if column in embedded:
            tables.append(embedded[column] @ part)
        else:
            tables += [part.new_zeros(1, len(weight)), part]  # index 0 has no one-hot number
    return torch.cat(tables)
