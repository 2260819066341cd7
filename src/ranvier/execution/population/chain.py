"""K networks as one chain of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...network import heads, layers, linear, mlp, perceptron
from ...network.assembled import Assembled
from ..explicit import Unknown
from ..explicit.activations import RULES, Activation
from ..explicit.layer import Layer
from .layers import Dropout, Join, Linear, Stack


class Chain:
    """The layers of K networks for batches of B rows.

    Args:
        networks: of one shape.
        stack: gives the block of a parameter.
        blocks: the buffers (K B, ...) that the inputs are written into, network after network.
        generators: the noise of each network.

    Attributes:
        outputs: (K, B, outputs).
        delta: dJ/doutputs, to be written before ``backward``.

    Raises:
        Unknown: there is a module that is not written out for populations.
    """

    def __init__(
        self,
        networks: Sequence[Assembled],
        stack: Stack,
        blocks: dict[str, Tensor],
        generators: Sequence[torch.Generator],
    ) -> None:
        self.stack, self.generators = stack, generators
        self.encoders = Join([network.encoders for network in networks], stack, blocks)
        self.layers: list[Layer] = []
        self.outputs, self.dy, self.spent = self.encoders.y, self.encoders.dy, False
        self.add([network.trunk for network in networks])
        self.add([network.head for network in networks])
        if self.dy is None:
            raise Unknown("the networks have no layer that learns")
        self.delta: Tensor = self.dy

    def forward(self) -> None:
        """From the blocks to the outputs."""
        self.encoders.forward()
        for layer in self.layers:
            layer.forward()

    def backward(self) -> None:
        """From delta to all gradients."""
        for layer in reversed(self.layers):
            layer.backward()
        self.encoders.backward()

    def add(self, modules: Sequence[Any]) -> None:
        """Put the layers of a module of each network at the end."""
        first = modules[0]
        kind = type(first)
        if kind in (linear.Linear, perceptron.Perceptron, nn.Identity):
            return
        if kind is mlp.MLP:
            for level in zip(*(module.layers for module in modules)):
                self.add(level)
        elif kind is layers.Layer and first.norm is None:
            for part in ("linear", "activation", "dropout"):
                self.add([getattr(module, part) for module in modules])
        elif kind is heads.Head:
            self.add([module.linear for module in modules])
        elif kind is nn.Linear:
            self.append(Linear(modules, self.stack, self.outputs, self.dy))
        elif kind is nn.Dropout:
            if any(module.p for module in modules):
                shares = [module.p for module in modules]
                self.append(Dropout(shares, self.generators, self.outputs, self.dy))
        elif kind in RULES:
            self.append(Activation(first, self.outputs, self.dy, self.spent))
        else:
            raise Unknown(f"{kind.__name__} is not written out for populations")

    def append(self, layer: Layer) -> None:
        """Put one layer at the end."""
        self.layers.append(layer)
        self.outputs, self.dy, self.spent = layer.y, layer.dy, layer.y_is_spent
