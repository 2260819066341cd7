"""Activations a = f(z): dJ/dz = delta f'(z), element by element; softmax: dJ/dz = a (delta - sum_j delta_j a_j).

``ranvier.network.activations`` has the table of f and f'. Where f' follows from a alone (tanh: 1 - a^2), a takes the
place of z in memory; where it does not (gelu: P(z) + z p(z)), both are kept. The product delta f' is formed in place of
delta, in one pass, by the kernel that torch has for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ...network import activations

KERNELS = torch.ops.aten


@dataclass(frozen=True)
class Rule:
    """An activation and its derivative.

    Args:
        f: ``f(z, a)`` writes f(z) into a.
        times_derivative: ``times_derivative(delta, kept)`` multiplies delta by f', which it has from ``kept``.
        keeps_outputs: whether that is a; else it is z.
    """

    f: Callable[[Tensor, Tensor], Any]
    times_derivative: Callable[[Tensor, Tensor], Any]
    keeps_outputs: bool


class Activation:
    """f of x, of any shape."""

    def __init__(self, module: nn.Module, x: Tensor, dx: Tensor | None, x_is_spent: bool) -> None:
        rule = RULES[type(module)](module)
        self.f, self.times_derivative = rule.f, rule.times_derivative
        self.y_is_spent = not rule.keeps_outputs
        self.x, self.dx = x, dx
        self.y = x if rule.keeps_outputs and x_is_spent else torch.empty_like(x)
        self.kept = self.y if rule.keeps_outputs else x
        self.dy = torch.empty_like(x) if dx is None else dx

    def forward(self) -> None:
        """a = f(z)."""
        self.f(self.x, self.y)

    def backward(self) -> None:
        """dJ/dz = delta f'(z)."""
        if self.dx is not None:
            self.times_derivative(self.dy, self.kept)


def _step(z: Tensor, a: Tensor) -> None:
    torch.ge(z, 0.0, out=a)
    torch.where(torch.isnan(z), z, a, out=a)


def _softmax_backward(delta: Tensor, a: Tensor) -> None:
    delta.sub_((delta * a).sum(-1, keepdim=True)).mul_(a)


def _kernel(name: str, *options: Any, out: str = "grad_input") -> Callable[[Tensor, Tensor], Any]:
    """delta f' by torch's own kernel, in place."""
    kernel = getattr(getattr(KERNELS, f"{name}_backward"), out)
    return lambda delta, kept: kernel(delta, kept, *options, **{out: delta})


def _elu(alpha: float, scale: float) -> Rule:
    kernel = KERNELS.elu_backward.grad_input
    return Rule(
        lambda z, a: KERNELS.elu.out(z, alpha, scale, 1.0, out=a),
        lambda delta, a: kernel(delta, alpha, scale, 1.0, True, a, grad_input=delta),
        keeps_outputs=True,
    )


def _gelu(module: nn.GELU) -> Rule:
    form, kernel = module.approximate, KERNELS.gelu_backward.grad_input
    return Rule(
        lambda z, a: KERNELS.gelu.out(z, approximate=form, out=a),
        lambda delta, z: kernel(delta, z, approximate=form, grad_input=delta),
        keeps_outputs=False,
    )


def _leaky_relu(slope: float) -> Rule:
    backward = _kernel("leaky_relu", slope, False)
    return Rule(lambda z, a: KERNELS.leaky_relu.out(z, slope, out=a), backward, keeps_outputs=False)


def _softplus(module: nn.Softplus) -> Rule:
    options = (module.beta, module.threshold)
    backward = _kernel("softplus", *options)
    return Rule(lambda z, a: KERNELS.softplus.out(z, *options, out=a), backward, keeps_outputs=False)


RULES: dict[type[nn.Module], Callable[[Any], Rule]] = {
    nn.ReLU: lambda _: Rule(lambda z, a: torch.clamp_min(z, 0.0, out=a), _kernel("threshold", 0.0), True),
    nn.Tanh: lambda _: Rule(lambda z, a: torch.tanh(z, out=a), _kernel("tanh"), True),
    nn.Sigmoid: lambda _: Rule(lambda z, a: torch.sigmoid(z, out=a), _kernel("sigmoid"), True),
    nn.ELU: lambda module: _elu(module.alpha, 1.0),
    nn.SELU: lambda _: _elu(activations.SELU_ALPHA, activations.SELU_LAMBDA),
    nn.GELU: _gelu,
    nn.SiLU: lambda _: Rule(lambda z, a: KERNELS.silu.out(z, out=a), _kernel("silu"), False),
    nn.Mish: lambda _: Rule(
        lambda z, a: KERNELS.mish.out(z, out=a),
        lambda delta, z: delta.copy_(KERNELS.mish_backward(delta, z)),
        False,
    ),
    nn.Hardswish: lambda _: Rule(
        lambda z, a: KERNELS.hardswish.out(z, out=a), _kernel("hardswish", out="out"), False
    ),
    nn.LeakyReLU: lambda module: _leaky_relu(module.negative_slope),
    nn.Softplus: _softplus,
    activations.LeakyReLU: lambda module: _leaky_relu(module.slope),
    activations.Softmax: lambda _: Rule(lambda z, a: torch.softmax(z, -1, out=a), _softmax_backward, True),
    activations.Step: lambda _: Rule(_step, lambda delta, z: delta.zero_(), False),
}
"""By the type of the module its rule, with the module's options."""
