"""The layers behind the first one: each, given the buffer x that it reads, makes its own and says what fills it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ...network import tabm
from ..explicit import Unknown
from ..explicit.activations import RULES

Run = Callable[[], Any]
Bind = Callable[[Tensor], tuple[Tensor, Run]]
"""From x, (B, n) or (M, B, n) of an ensemble, to the outputs and what fills them."""


def layer(module: nn.Module) -> Bind:
    """The layer that does what a module does in evaluation mode.

    Raises:
        Unknown: there is none.
    """
    if type(module) in RULES:
        return _activation(module)
    if type(module) not in LAYERS:
        raise Unknown(f"what {type(module).__name__} does is not written out")
    return LAYERS[type(module)](module)


def _linear(module: nn.Linear) -> Bind:
    """Z = x W^T + b."""
    transposed = module.weight.detach().t()
    bias = transposed.new_zeros(()) if module.bias is None else module.bias.detach()

    def bind(x: Tensor) -> tuple[Tensor, Run]:
        y = x.new_empty(len(x), module.out_features)
        return y, partial(torch.addmm, bias, x, transposed, out=y)

    return bind


def _activation(module: nn.Module) -> Bind:
    """a = f(z), in the place of z where f allows it."""
    rule = RULES[type(module)](module)

    def bind(x: Tensor) -> tuple[Tensor, Run]:
        y = x if rule.keeps_outputs else torch.empty_like(x)
        return y, partial(rule.f, x, y)

    return bind


def _batch_norm(module: nn.BatchNorm1d) -> Bind:
    """y = x scale + shift, with scale = gamma / sqrt(variance + epsilon)."""
    if module.running_mean is None or module.running_var is None:
        raise Unknown("batch normalisation without running means is not written out")
    scale = (module.running_var + module.eps).rsqrt()
    if module.affine:
        scale = scale * module.weight.detach()
    shift = -module.running_mean * scale
    if module.affine:
        shift = shift + module.bias.detach()
    return lambda x: (x, partial(torch.addcmul, shift, x, scale, out=x))


def _layer_norm(module: nn.LayerNorm) -> Bind:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, with mean and variance of each row."""
    gamma, beta = (None if p is None else p.detach() for p in (module.weight, module.bias))

    def bind(x: Tensor) -> tuple[Tensor, Run]:
        y, mean, scale = torch.empty_like(x), x.new_empty(len(x), 1), x.new_empty(len(x), 1)
        kernel = torch.ops.aten.native_layer_norm.out
        shape = list(module.normalized_shape)
        return y, partial(kernel, x, shape, gamma, beta, module.eps, out0=y, out1=mean, out2=scale)

    return bind


def members(module: tabm.SharedLinear) -> tuple[Tensor, Tensor]:
    """The matrices A_m = S_m W R_m (M, n_out, n_in) of an ensemble, and its biases (M, 1, n_out)."""
    weight = module.weight.detach()
    n_out, n_in = weight.shape
    s, r, b = module.outer.detach(), module.inner.detach(), module.bias.detach()
    return s.view(-1, n_out, 1) * (weight * r.view(-1, 1, n_in)), b.view(-1, 1, n_out)


def _shared_linear(module: tabm.SharedLinear) -> Bind:
    """z_m = A_m x_m + b_m."""
    matrices, bias = members(module)
    transposed = matrices.transpose(1, 2)

    def bind(x: Tensor) -> tuple[Tensor, Run]:
        y = x.new_empty(len(matrices), x.shape[1], matrices.shape[1])
        return y, partial(torch.baddbmm, bias, x, transposed, out=y)

    return bind


def _heads(module: tabm.Heads) -> Bind:
    """o_m = x_m V_m + b_m, formed transposed: with few outputs K it takes a fifth of the time so."""
    transposed = module.weight.detach().transpose(1, 2).contiguous()  # (M, K, n)
    bias = module.bias.detach()[:, :, None]

    def bind(x: Tensor) -> tuple[Tensor, Run]:
        y = x.new_empty(len(x), module.outputs, x.shape[1])
        return y.transpose(1, 2), partial(torch.baddbmm, bias, transposed, x.transpose(1, 2), out=y)

    return bind


LAYERS: dict[type[nn.Module], Callable[[Any], Bind]] = {
    nn.Linear: _linear,
    nn.BatchNorm1d: _batch_norm,
    nn.LayerNorm: _layer_norm,
    tabm.SharedLinear: _shared_linear,
    tabm.Heads: _heads,
}
"""By the type of a module its layer; activations beside them."""
