"""A network as a chain of layers: the outputs of each are what the next one reads.

A module is known by its exact type, so that a class of the user's own, which may do anything, never is. ``Unknown``
says what stands in the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from ...network import heads, layers, mlp, perceptron, tabm
from ...network import linear as linear_network
from ...network.assembled import Assembled, Own
from . import activations, convolution, encoders, pooled
from .dropout import Dropout
from .layer import Layer
from .linear import NARROW, Linear, LinearIn16Bits, LinearInParts, gains_from_parts, wide
from .norm import Norm
from .tabm import Heads, Masked, SharedLinear


class Unknown(Exception):
    """Something whose derivatives are not written out here; its text completes "autograd, since ..."."""


class Chain:
    """The layers of a network for batches of B rows, with all buffers that they need.

    Args:
        network: its parameters have room for their gradients.
        blocks: the buffers (B, ...) that the inputs are written into.
        in_16_bits: whether large products are formed of bfloat16 numbers.
        threads: how many share an operation.

    Attributes:
        outputs: (B, K), or (M, B, K) of an ensemble of M.
        delta: dJ/doutputs, to be written before ``backward``.

    Raises:
        Unknown: it has a module that is not known here.
    """

    def __init__(
        self,
        network: Assembled | Own,
        blocks: Mapping[str, Tensor],
        in_16_bits: bool = False,
        threads: int = 1,
    ) -> None:
        self.in_16_bits, self.threads = in_16_bits, threads
        self.encoders = encoders.Join(network.encoders, blocks)
        self.layers: list[Layer] = []
        self.outputs, self.dy, self.spent = self.encoders.y, self.encoders.dy, False
        parts = (network.trunk, network.head) if isinstance(network, Assembled) else (network.network,)
        if isinstance(network, Own) and len(network.shape) > 1:  # pictures, (B, C, H, W)
            self.outputs = self.outputs.view(-1, *network.shape)
        for part in parts:
            self.add(part)
        if not self.layers or self.dy is None:
            raise Unknown("the network has no layer that learns")
        if type(last := self.layers[-1]) is Linear and 1 < self.outputs.shape[1] <= NARROW:
            last.lay_by_column()
            self.outputs, self.dy = last.y, last.dy
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

    def add(self, module: nn.Module) -> None:
        """Put the layers of a module at the end."""
        if type(module) not in PARTS:
            raise Unknown(f"the derivatives of {type(module).__name__} are not written out")
        PARTS[type(module)](self, module)

    def append(self, layer: Layer) -> None:
        """Put one layer at the end."""
        self.layers.append(layer)
        self.outputs, self.dy, self.spent = layer.y, layer.dy, layer.y_is_spent


def _nothing(chain: Chain, module: nn.Module) -> None:
    """A module that passes on what it is given."""


def _linear(chain: Chain, module: nn.Linear) -> None:
    if chain.outputs.ndim != 2:
        raise Unknown(f"a linear map of inputs with {chain.outputs.ndim} dimensions is not written out")
    if chain.in_16_bits and wide(module):
        chain.append(LinearIn16Bits(module, chain.outputs, chain.dy))
    elif chain.dy is None and gains_from_parts(module, chain.outputs, chain.threads):
        chain.append(LinearInParts(module, chain.outputs, chain.threads))
    else:
        chain.append(Linear(module, chain.outputs, chain.dy))


def _activation(chain: Chain, module: nn.Module) -> None:
    chain.append(activations.Activation(module, chain.outputs, chain.dy, chain.spent))


def _dropout(chain: Chain, module: nn.Dropout) -> None:
    if module.p:
        chain.append(Dropout(module, chain.outputs, chain.dy))


def _norm(chain: Chain, module: Any) -> None:
    usual = (
        module.affine and module.track_running_stats and module.momentum is not None
        if isinstance(module, nn.BatchNorm1d)
        else module.elementwise_affine and module.bias is not None and len(module.normalized_shape) == 1
    )
    if not usual or chain.outputs.ndim != 2:
        raise Unknown(f"this form of {type(module).__name__} is not written out")
    if isinstance(module, nn.BatchNorm1d) and len(chain.outputs) == 1:
        raise Unknown("batch normalisation cannot learn from one row")
    chain.append(Norm(module, chain.outputs, chain.dy))


def _maps(chain: Chain, module: Any) -> None:
    if convolution.stands_in_the_way(module) or chain.outputs.ndim != 4:
        raise Unknown(f"this form of {type(module).__name__} is not written out")
    chain.append(MAPS[type(module)](module, chain.outputs, chain.dy))


def _flatten(chain: Chain, module: nn.Flatten) -> None:
    if (module.start_dim, module.end_dim) != (1, -1):
        raise Unknown("this form of Flatten is not written out")
    chain.outputs = chain.outputs.flatten(1)
    chain.dy = None if chain.dy is None else chain.dy.flatten(1)


def _all(chain: Chain, module: Any) -> None:
    modules = list(module)
    while modules:
        if together := pooled.found(modules, chain.outputs):
            _pooled(chain, *together)
            del modules[: sum(part is not None for part in together)]
        else:
            chain.add(modules.pop(0))


def _pooled(chain: Chain, module: nn.Conv2d, activation: nn.Module | None, pooling: nn.MaxPool2d) -> None:
    side = convolution.side(pooling)
    chain.append(pooled.PooledConvolution(module, side, chain.outputs, chain.dy, chain.in_16_bits))
    if activation is not None:
        chain.add(activation)


def _hidden(chain: Chain, module: layers.Layer) -> None:
    chain.add(module.linear)
    if module.norm is not None:
        chain.add(module.norm)
    chain.add(module.activation)
    chain.add(module.dropout)


def _tabm(chain: Chain, module: tabm.TabM) -> None:
    for level, layer in enumerate(module.layers):
        dropout = module.dropout if level else 0.0
        chain.append(SharedLinear(layer, module.members, chain.outputs, chain.dy, dropout))  # type: ignore[arg-type]
        chain.add(module.activation)
    if module.layers and module.dropout and chain.dy is not None:
        chain.append(Masked(module.dropout, chain.outputs, chain.dy))


def _heads(chain: Chain, module: tabm.Heads) -> None:
    chain.append(Heads(module, len(module.weight), chain.outputs, chain.dy))


MAPS: dict[type[nn.Module], Callable[[Any, Tensor, Tensor | None], Layer]] = {
    nn.Conv2d: convolution.Convolution,
    nn.MaxPool2d: convolution.Maximum,
    nn.AvgPool2d: convolution.Mean,
}

PARTS: dict[type[nn.Module], Callable[[Chain, Any], None]] = {
    nn.Identity: _nothing,
    nn.Linear: _linear,
    nn.Dropout: _dropout,
    nn.BatchNorm1d: _norm,
    nn.LayerNorm: _norm,
    **dict.fromkeys(MAPS, _maps),
    nn.Flatten: _flatten,
    nn.Sequential: _all,
    layers.Layer: _hidden,
    mlp.MLP: lambda chain, module: _all(chain, module.layers),
    linear_network.Linear: _nothing,
    perceptron.Perceptron: _nothing,
    heads.Head: lambda chain, module: chain.add(module.linear),
    tabm.TabM: _tabm,
    tabm.Heads: _heads,
    **dict.fromkeys(activations.RULES, _activation),
}
"""By the type of a module how its layers are put at the end of a chain."""


def obstacle(network: nn.Module) -> str | None:
    """Why the layers of a network would not do what the network does, or None where they do."""
    if type(network) not in (Assembled, Own):
        return f"the derivatives of {type(network).__name__} are not written out"
    if isinstance(network, Own) and network.by_keyword:
        return "the module takes its blocks by keyword"
    blocks: Any = network.encoders
    unknown = [e for e in blocks.values() if type(e) not in encoders.ENCODERS]
    if unknown:
        return f"the derivatives of {type(unknown[0]).__name__} are not written out"
    if any(watched(module) for module in network.modules()):
        return "the network has hooks, which look on from inside"
    if not all(module.training for module in network.modules()):
        return "a part of the network is not in training"
    parameters = list(network.named_parameters(remove_duplicate=False))
    if len({parameter for _, parameter in parameters}) < len(parameters):
        return "two layers share a parameter"
    if not all(parameter.requires_grad for _, parameter in parameters):
        return "some parameters do not learn"
    if any(parameter.device.type != "cpu" for _, parameter in parameters):
        return "the network is not on the CPU"
    if len({parameter.dtype for _, parameter in parameters}) > 1:
        return "the parameters are of several types"
    return None


def watched(module: nn.Module) -> bool:
    """Whether somebody's hook wants to be called when the module is."""
    hooks = (
        module._forward_hooks,
        module._forward_pre_hooks,
        module._backward_hooks,
        module._backward_pre_hooks,
    )
    return any(hooks) or "forward" in vars(module)
