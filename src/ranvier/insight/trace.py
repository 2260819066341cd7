"""One step of learning in numbers, with the formula beside each: what a reader can check by hand.

The symbols are those of the texts that Ranvier implements: a0 is the input x; for each layer l of L

    z_l = W_l a_(l-1) + b_l        a_l = f(z_l)                               forward propagation
    delta_L = dJ/da_L * f'(z_L)    delta_l = (W_(l+1)^T delta_(l+1)) * f'(z_l)    backward propagation
    dJ/dW_l = delta_l a_(l-1)^T    dJ/db_l = delta_l                          summed over the rows
    theta <- theta - alpha dJ/dtheta                                          gradient descent

(Rumelhart, Hinton & Williams, Nature 323, 1986). Weights are shown as torch holds them: W_l is (outputs, inputs), and
a row of the batch is a row of a_l, z_l and delta_l.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..catalog import load
from ..errors import Mistake, SpecError


@dataclass(frozen=True)
class LayerTrace:
    """What one layer did in the step.

    Args:
        name: of its linear map in the network.
        activation: the name of f; ``identity`` where there is none.
        inputs: a_(l-1), (B, inputs).
        weight: W_l before the update, (outputs, inputs).
        bias: b_l before the update, (outputs,), or None.
        z: (B, outputs).
        a: f(z), (B, outputs).
        a_gradient: dJ/da, (B, outputs).
        delta: dJ/dz, (B, outputs).
        weight_gradient: dJ/dW_l.
        bias_gradient: dJ/db_l, or None.
        new_weight: W_l after the update.
        new_bias: b_l after it, or None.
    """

    name: str
    activation: str
    inputs: Tensor
    weight: Tensor
    bias: Tensor | None
    z: Tensor
    a: Tensor
    a_gradient: Tensor
    delta: Tensor
    weight_gradient: Tensor
    bias_gradient: Tensor | None
    new_weight: Tensor
    new_bias: Tensor | None


@dataclass(frozen=True)
class Trace:
    """One step of learning.

    Args:
        layers: from the input to the output.
        target: of the rows.
        loss_name: of the loss in the catalogue.
        loss: J, the mean over the rows, before the update.
        new_loss: J of the same rows after it.
        optimizer: its name.
        rate: alpha.
    """

    layers: tuple[LayerTrace, ...]
    target: Tensor
    loss_name: str
    loss: float
    new_loss: float
    optimizer: str
    rate: float

    def lines(self, digits: int = 6) -> Iterator[str]:
        """The step as lines of text: forward, loss, backward, update."""
        last = len(self.layers)
        yield "forward propagation"
        yield from _named("a0 = x", self.layers[0].inputs, digits)
        for index, layer in enumerate(self.layers, 1):
            yield f"  layer {index} ({layer.name})"
            yield from _named(f"W{index}", layer.weight, digits)
            if layer.bias is not None:
                yield from _named(f"b{index}", layer.bias, digits)
            plus = f" + b{index}" if layer.bias is not None else ""
            yield from _named(f"z{index} = W{index} a{index - 1}{plus}", layer.z, digits)
            yield from _named(f"a{index} = {layer.activation}(z{index})", layer.a, digits)
        yield "loss"
        yield from _named("y", self.target, digits)
        yield from _named(
            f"J = {self.loss_name}(a{last}, y)", torch.tensor(self.loss, dtype=torch.float64), digits
        )
        yield "backward propagation"
        for index, layer in reversed(list(enumerate(self.layers, 1))):
            above = f"dJ/da{index}" if index == last else f"(W{index + 1}^T delta{index + 1})"
            slope = "" if layer.activation == "identity" else f" * {layer.activation}'(z{index})"
            yield f"  layer {index} ({layer.name})"
            yield from _named(f"delta{index} = {above}{slope}", layer.delta, digits)
            yield from _named(f"dJ/dW{index} = delta{index} a{index - 1}^T", layer.weight_gradient, digits)
            if layer.bias_gradient is not None:
                yield from _named(f"dJ/db{index} = delta{index}", layer.bias_gradient, digits)
        yield f"update by {self.optimizer}, alpha = {self.rate:g}"
        for index, layer in enumerate(self.layers, 1):
            yield from _named(f"W{index}", layer.new_weight, digits)
            if layer.new_bias is not None:
                yield from _named(f"b{index}", layer.new_bias, digits)
        yield from _named("J of the same rows", torch.tensor(self.new_loss, dtype=torch.float64), digits)

    def __str__(self) -> str:
        return "\n".join(self.lines())


def trace(
    network: nn.Module,
    x: Any,
    y: Any,
    *,
    loss: str | Mapping[str, Any] = "mse",
    optimizer: str = "gradient_descent",
    rate: float = 0.1,
) -> Trace:
    """Take one step on a copy of ``network``, and say every number of it.

    Args:
        network: a chain of linear maps, each followed by an activation or by none: ``nn.Sequential``, or a module that
            takes one tensor. It is left as it is.
        x: the rows, (B, inputs).
        y: their target, as the loss takes it: (B,) class indices, or values of the outputs' shape.
        loss: a loss of the catalogue, by name or with its options.
        optimizer: an optimizer of the catalogue; its first update is shown.
        rate: alpha.

    Raises:
        SpecError: the network is no such chain, a name is unknown, or the rows do not fit the network.

    >>> layer = nn.Linear(1, 1)
    >>> _ = layer.weight.data.fill_(2.0), layer.bias.data.fill_(1.0)
    >>> step = trace(layer, [[3.0]], [[5.0]], rate=0.5)
    >>> step.loss, step.layers[0].delta.item(), step.layers[0].new_weight.item()
    (4.0, 4.0, -4.0)
    """
    learner = copy.deepcopy(network).double().eval()
    options = {"name": loss} if isinstance(loss, str) else dict(loss)
    criterion = load("losses", str(options.pop("name")))(**options)
    rows = torch.as_tensor(x, dtype=torch.float64)
    target = torch.as_tensor(np.asarray(y))  # not through float32, which torch makes of a list
    if target.is_floating_point():
        target = target.double()
    steps = _Steps(learner)
    outputs = steps.run(rows)
    value = criterion(outputs, target).mean()
    value.backward()
    before = [(layer.weight.detach().clone(), _copied(layer.bias)) for layer in steps.linear]
    load("optimizers", optimizer)(list(learner.named_parameters()), rate).step()
    with torch.no_grad():
        after = criterion(learner(rows), target).mean().item()
    layers = tuple(
        LayerTrace(
            name=name,
            activation=activation,
            inputs=inputs.detach(),
            weight=weight,
            bias=bias,
            z=z.detach(),
            a=a.detach(),
            a_gradient=_gradient(a),
            delta=_gradient(z),
            weight_gradient=_gradient(layer.weight),
            bias_gradient=None if layer.bias is None else _gradient(layer.bias),
            new_weight=layer.weight.detach(),
            new_bias=_copied(layer.bias),
        )
        for layer, (weight, bias), (name, activation, inputs, z, a) in zip(steps.linear, before, steps.seen())
    )
    name = loss if isinstance(loss, str) else str(loss["name"])
    return Trace(layers, target, name, value.item(), after, optimizer, rate)


class _Steps:
    """Records what goes into and comes out of each leaf of a network, in the order in which they are used."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        modules = network.named_modules()
        self.leaves = {module: name or "network" for name, module in modules if not [*module.children()]}
        self.used: list[tuple[nn.Module, Tensor, Tensor]] = []

    def run(self, rows: Tensor) -> Tensor:
        hooks = [leaf.register_forward_hook(self._record) for leaf in self.leaves]
        try:
            outputs: Tensor = self.network(rows)
        except (RuntimeError, TypeError) as error:
            reason = str(error).splitlines()[0]
            raise SpecError(
                Mistake(f"the network cannot take the rows: {reason}", "rows as wide as its input")
            ) from None
        finally:
            for hook in hooks:
                hook.remove()
        if not self.linear or not isinstance(self.used[0][0], nn.Linear) or outputs is not self.used[-1][2]:
            raise SpecError(
                Mistake(
                    "the network cannot be traced",
                    "a chain of nn.Linear, each followed by an activation or by none",
                )
            )
        return outputs

    @property
    def linear(self) -> list[nn.Linear]:
        return [module for module, _, _ in self.used if isinstance(module, nn.Linear)]

    def seen(self) -> Iterator[tuple[str, str, Tensor, Tensor, Tensor]]:
        """For each linear map its name, the activation after it, a_(l-1), z and a."""
        starts = [place for place, (module, _, _) in enumerate(self.used) if isinstance(module, nn.Linear)]
        for start, end in zip(starts, [*starts[1:], len(self.used)]):
            module, inputs, z = self.used[start]
            after = [type(used).__name__.lower() for used, _, _ in self.used[start + 1 : end]]
            yield (
                self.leaves[module],
                " of ".join(reversed(after)) or "identity",
                inputs,
                z,
                self.used[end - 1][2],
            )

    def _record(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if isinstance(module, (nn.Identity, nn.Dropout)):  # in evaluation neither does anything
            return
        if output.requires_grad:
            output.retain_grad()
        self.used.append((module, inputs[0], output))


def _gradient(tensor: Tensor) -> Tensor:
    return torch.zeros_like(tensor) if tensor.grad is None else tensor.grad.detach().clone()


def _copied(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.detach().clone()


def _named(name: str, tensor: Tensor, digits: int) -> Iterator[str]:
    """A name and its numbers, a row of the tensor a line."""
    rows = tensor.reshape(-1, tensor.shape[-1]) if tensor.ndim > 1 else tensor.reshape(1, -1)
    for index, row in enumerate(rows.tolist()):
        shown = (f"{n:>{digits + 4}.{digits}f}" if isinstance(n, float) else str(n) for n in row)
        yield f"    {name if index == 0 else '':<40} {'  '.join(shown)}"
