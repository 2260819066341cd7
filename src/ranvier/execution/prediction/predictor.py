"""Predictions of a network by its known layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ...network import heads, layers, linear, mlp, perceptron, tabm
from ...network.assembled import Assembled, Own
from ..explicit import Unknown
from ..explicit.chain import watched
from .first import First
from .layers import Bind, Run, layer

SIZES = 4
"""Buffers are kept for batches of so many sizes."""

CHUNK = 256
"""So many rows go through the network at once: what they become on the way fits into the processor's cache."""


class Predictor:
    """Gives the outputs of a network as in evaluation mode, whatever mode it is in, without calling its modules.

    It may be called from several threads at once. Where the weights have been changed in place, it begins
    anew.

    Args:
        network: any; ``None`` is given where it has a module that is not known here, a hook, or is not on the CPU.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self.tensors: list[Tensor] = [*network.parameters(), *network.buffers()]
        self.weights: list[tuple[int, int]] | None = None
        self.chain: tuple[First, list[Bind]] | None = None
        self.free: dict[int, _Pass] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy makes buffers of its own."""
        return Predictor, (self.network,)

    def __call__(self, inputs: Mapping[str, Tensor]) -> Tensor | None:
        """(B, K), or (B, M, K) of an ensemble; None where the network has to be called itself.

        Args:
            inputs: the blocks (B, ...) as they were prepared.
        """
        weights = [(tensor.data_ptr(), tensor._version) for tensor in self.tensors]
        if weights != self.weights:
            self.chain, self.free, self.weights = _chain(self.network), {}, weights
        rows = next(iter(inputs.values())).shape[0]
        if self.chain is None or rows == 0:
            return None
        if rows <= CHUNK:
            return self._part(self.chain, inputs, rows)
        parts = []
        for start in range(0, rows, CHUNK):
            part = {name: block[start : start + CHUNK] for name, block in inputs.items()}
            parts.append(self._part(self.chain, part, min(CHUNK, rows - start)))
        return torch.cat(parts)

    def _part(self, chain: tuple[First, list[Bind]], inputs: Mapping[str, Tensor], rows: int) -> Tensor:
        free = self.free
        buffers = free.pop(rows, None) or _Pass(*chain, list(self.network.encoders), inputs)  # type: ignore[arg-type]
        outputs = buffers(inputs)  # nobody else has these now
        if len(free) < SIZES:
            free[rows] = buffers
        return outputs


class _Pass:
    """A chain with buffers for batches of as many rows as the sample has."""

    def __init__(
        self, first: First, following: list[Bind], names: list[str], sample: Mapping[str, Tensor]
    ) -> None:
        self.blocks = [(name, torch.zeros_like(sample[name])) for name in names]
        y, runs = first.bind([block for _, block in self.blocks])
        self.runs: list[Run] = runs
        for bind in following:
            y, run = bind(y)
            self.runs.append(run)
        self.outputs = y.transpose(0, 1) if first.members else y

    def __call__(self, inputs: Mapping[str, Tensor]) -> Tensor:
        for name, block in self.blocks:
            block.copy_(inputs[name])
        for run in self.runs:
            run()
        return self.outputs.clone()


def _chain(network: Any) -> tuple[First, list[Bind]] | None:
    """The first layer and those behind it, or None where something is not known."""
    if type(network) not in (Assembled, Own) or (isinstance(network, Own) and network.by_keyword):
        return None
    tensors = [*network.parameters(), *network.buffers()]
    plain = all(t.device.type == "cpu" and t.dtype == torch.float32 for t in tensors if t.is_floating_point())
    if not plain or any(watched(module) for module in network.modules()):
        return None
    parts = (network.trunk, network.head) if isinstance(network, Assembled) else (network.network,)
    modules = [leaf for part in parts for leaf in _leaves(part)]
    try:
        return First(modules[0], network.encoders), [layer(module) for module in modules[1:]]
    except (IndexError, Unknown):
        return None


def _leaves(module: Any) -> Iterator[nn.Module]:
    """The modules that do something in evaluation mode, in their order."""
    kind = type(module)
    if kind in (nn.Identity, nn.Dropout, linear.Linear, perceptron.Perceptron):
        return
    if kind not in (nn.Sequential, mlp.MLP, layers.Layer, heads.Head, tabm.TabM):
        yield module
        return
    children = list(module.layers if kind is mlp.MLP else module.children())
    if kind is tabm.TabM:
        children = [part for each in module.layers for part in (each, module.activation)]
    for child in children:
        yield from _leaves(child)
