"""K networks of one shape as one program: a step of all of them is a handful of large operations.

Small networks spend their time between operations, not in them. Networks that differ in nothing but their weights,
their order of rows, their learning rate, their weight decay and their dropout do the same things at the same time; so
their weights stand in one block, and each learns what it learns alone, up to rounding.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import Self

from ...data.batches import Batch
from ...network.assembled import Assembled
from ..explicit import Unknown, losses
from ..explicit.chain import obstacle
from .chain import Chain
from .together import Together


class Population:
    """Carries out the steps of K networks together.

    Use it as a context (``with``): on leaving, each network has its weights, and its optimizer what it remembers.

    Args:
        networks: K of one shape, with a linear or a multi-layer trunk without normalisation.
        loss: one of ``ranvier.losses``.
        optimizers: one for each network, of one kind and with the same options; they may differ in learning rate and
            weight decay.
        data: the rows that all of them learn from.
        class_weights: (C,) factors of the classes, or None.

    Raises:
        Unknown: the networks are not of one shape, or something is not written out; nothing is changed then.
    """

    def __init__(
        self,
        networks: Sequence[nn.Module],
        loss: Any,
        optimizers: Sequence[Any],
        data: Batch,
        class_weights: Tensor | None = None,
    ) -> None:
        for network in networks:
            if not isinstance(network, Assembled):
                raise Unknown(f"{type(network).__name__} is not written out for populations")
            if reason := obstacle(network):
                raise Unknown(reason)
        if len({_shape(network) for network in networks}) > 1:
            raise Unknown("the networks differ in more than weights and dropout")
        if type(loss) not in losses.LOSSES:
            raise Unknown(f"the derivative of the loss {type(loss).__name__} is not written out")
        self.networks: list[Any] = list(networks)
        self.loss, self.data, self.class_weights = loss, data, class_weights
        self.generators = [torch.Generator() for _ in networks]
        self.weights = Together(self.networks, optimizers)
        self.passes: dict[int, _Pass] = {}

    def __enter__(self) -> Self:
        self.weights.take()
        return self

    def __exit__(self, *error: object) -> None:
        self.passes.clear()
        self.weights.give_back()

    def step(self, index: Tensor, seeds: Sequence[int], factor: float = 1.0) -> list[float]:
        """Move each network by a batch of its own; the losses before it.

        A network whose loss is not finite is not moved.

        Args:
            index: (K, B) rows of the data.
            seeds: (K) of the noise of this step.
            factor: of the optimizers' base rates.
        """
        for generator, seed in zip(self.generators, seeds):
            generator.manual_seed(seed)
        rows = index.shape[1]
        if rows not in self.passes:
            self.passes[rows] = _Pass(self, rows)
        values = self.passes[rows].losses_and_gradients(index)
        self.weights.move(factor, [math.isfinite(value) for value in values])
        return values


class _Pass:
    """Forward and backward of K networks for batches of B rows."""

    def __init__(self, population: Population, rows: int) -> None:
        data, networks = population.data, population.networks
        self.population, self.rows, self.count = population, rows, len(networks)
        total = rows * self.count
        self.blocks = {name: b.new_zeros((total, *b.shape[1:])) for name, b in data.inputs.items()}
        self.target = data.target.new_zeros((total, *data.target.shape[1:]))
        self.chain = Chain(networks, population.weights.stack, self.blocks, population.generators)
        width = self.chain.outputs.shape[2]
        self.outputs, delta = self.chain.outputs.view(total, width), self.chain.delta.view(total, width)
        self.backward = losses.build(population.loss, self.outputs, self.target, delta)

    def losses_and_gradients(self, index: Tensor) -> list[float]:
        """The mean loss of each network's rows; the gradients stand in their block."""
        data, flat = self.population.data, index.reshape(-1)
        for name, block in self.blocks.items():
            torch.index_select(data.inputs[name], 0, flat, out=block)
        torch.index_select(data.target, 0, flat, out=self.target)
        self.chain.forward()
        share = self._share(flat)  # (K, B)
        of_rows = self.population.loss(self.outputs, self.target).view(self.count, self.rows)
        self.backward(share.reshape(-1, 1))
        self.chain.backward()
        values: list[float] = (of_rows * share).sum(1).tolist()
        return values

    def _share(self, flat: Tensor) -> Tensor:
        weights, by_class = self.population.data.weight, self.population.class_weights
        of_rows = self.outputs.new_ones(len(flat)) if weights is None else weights[flat]
        if by_class is not None:
            of_rows = of_rows * by_class[self.target]
        of_rows = of_rows.view(self.count, self.rows)
        return of_rows / of_rows.sum(1, keepdim=True).clamp_min(torch.finfo(of_rows.dtype).tiny)


def _shape(network: nn.Module) -> str:
    """What networks must have in common: everything that they print but dropout, and their sizes."""
    sizes = [tuple(parameter.shape) for parameter in network.parameters()]
    return re.sub(r"Dropout\([^)]*\)", "Dropout", f"{network} {sizes}")
