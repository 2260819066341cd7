"""Activation functions a = f(z), the derivative of each, and the gain that keeps a signal's size.

====================== ============================================ ==========================================
name                   f(z)                                         f'(z), with a = f(z)
====================== ============================================ ==========================================
``identity``           z                                            1
``step``               1 where z >= 0, else 0 (Heaviside)           0
``sigmoid``            s(z) = 1 / (1 + exp(-z))                     a (1 - a)
``tanh``               (exp(z) - exp(-z)) / (exp(z) + exp(-z))      1 - a^2
``relu``               max(0, z)                                    1 where z > 0, else 0
``leaky_relu``         z where z > 0, else slope z                  1 where z > 0, else slope
``softmax``            exp(z_i) / sum_j exp(z_j)                    da_i/dz_j = a_i (1[i = j] - a_j)
``elu``                z where z > 0, else exp(z) - 1               1 where z > 0, else exp(z)
``selu``               lambda (z where z > 0, else                  lambda (1 where z > 0, else alpha exp(z))
                       alpha (exp(z) - 1))
``softplus``           log(1 + exp(z))                              s(z)
``gelu``               z P(z), P the normal distribution function   P(z) + z p(z), p the normal density
``silu``               z s(z)                                       s(z) (1 + z (1 - s(z)))
``mish``               z tanh(softplus(z)) = z t                    t + z s(z) (1 - t^2)
``hard_swish``         z min(max(z + 3, 0), 6) / 6                  0 where z <= -3, 1 where z >= 3,
                                                                    else z / 3 + 1/2
====================== ============================================ ==========================================

All but ``softmax`` work on each element, so any shape goes in and the same comes out. At a kink the derivative is
the one that PyTorch's autograd takes. Where PyTorch has the module, the name here is that module.

Sources: tanh, LeCun et al. 1998 (Efficient BackProp); ReLU, Nair & Hinton 2010; Leaky ReLU, Maas et al. 2013; ELU,
Clevert et al. 2016; SELU, Klambauer et al. 2017; softplus, Dugas et al. 2001; GELU, Hendrycks & Gimpel 2016; SiLU,
Elfwing et al. 2018; Mish, Misra 2019; hard swish, Howard et al. 2019 (MobileNetV3).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..catalog import unknown
from ..errors import Mistake, SpecError
from ..limits import NonNegative

Identity = nn.Identity
Sigmoid = nn.Sigmoid
Tanh = nn.Tanh
ReLU = nn.ReLU
ELU = nn.ELU
SELU = nn.SELU
Softplus = nn.Softplus
GELU = nn.GELU
SiLU = nn.SiLU
Mish = nn.Mish
HardSwish = nn.Hardswish


class Step(nn.Module):
    """Heaviside's step: 1 where z >= 0, else 0; NaN stays NaN.

    Its gradient is zero everywhere, so that layers before it learn nothing from gradient descent. Rosenblatt's
    perceptron has it as its output and learns by its own rule instead.
    """

    def forward(self, z: Tensor) -> Tensor:
        """Any shape to the same shape."""
        # sign() has a zero gradient, where a comparison would have none and cut the graph
        fired = (torch.sign(torch.sign(z) + 0.5) + 1) / 2
        return torch.where(torch.isnan(z), z, fired)


class LeakyReLU(nn.Module):
    """z where z > 0, else slope z.

    Args:
        slope: how much of a negative z passes; 0 is ReLU.
    """

    def __init__(self, *, slope: NonNegative = 0.01) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, z: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return nn.functional.leaky_relu(z, self.slope)

    def extra_repr(self) -> str:
        """What ``print`` shows of it."""
        return f"slope={self.slope}"


class Softmax(nn.Module):
    """exp(z_i) / sum_j exp(z_j) over the last dimension: positive, with sum 1."""

    def forward(self, z: Tensor) -> Tensor:
        """(..., D) to (..., D)."""
        return torch.softmax(z, dim=-1)


GAINS: dict[str, float] = {
    "identity": 1.0,
    "step": math.sqrt(2.0),
    "sigmoid": 1.0,
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "leaky_relu": math.sqrt(2.0 / (1.0 + 0.01**2)),
    "softmax": 1.0,
    "elu": 1.245198,
    "selu": 0.75,
    "softplus": 1.041867,
    "gelu": 1.533530,
    "silu": 1.676532,
    "mish": 1.486848,
    "hard_swish": 1.736657,
}


def gain(name: str) -> float:
    """The factor by which the weights of a layer that takes f(z) are multiplied so that the signal keeps its size.

    Where ``torch.nn.init.calculate_gain`` knows the activation this is its value (identity, sigmoid, tanh, relu,
    leaky_relu, selu). For the others it is 1 / sqrt(E[f(z)^2]) for z drawn from the standard normal distribution, the
    condition by which He et al. (2015) find sqrt(2) for ReLU. Softmax, whose size depends on the number of its
    inputs, has 1.

    >>> gain("relu") == 2 ** 0.5
    True

    Raises:
        SpecError: there is no activation of that name.
    """
    if mistake := unknown("activations", name):
        raise SpecError(mistake)
    return GAINS[name]


def derivative(name: str, z: Tensor) -> Tensor:
    """The derivative f'(z) of an activation (with its default options), in closed form.

    Args:
        name: a member of ``ACTIVATIONS``, but not ``softmax``.
        z: any shape; the result has the same.

    >>> derivative("tanh", torch.zeros(2))
    tensor([1., 1.])

    Raises:
        SpecError: there is no activation of that name, or it does not work on each element alone.
    """
    if mistake := unknown("activations", name):
        raise SpecError(mistake)
    if name not in _DERIVATIVES:
        raise SpecError(
            Mistake(
                f"{name} has no derivative for each element alone",
                "an activation that works on each element",
                "use its Jacobian, diag(a) - a a^T",
            )
        )
    return _DERIVATIVES[name](z)


def _sigmoid(z: Tensor) -> Tensor:
    a = torch.sigmoid(z)
    return a * (1 - a)


def _silu(z: Tensor) -> Tensor:
    s = torch.sigmoid(z)
    return s * (1 + z * (1 - s))


def _gelu(z: Tensor) -> Tensor:
    density = torch.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    probability: Tensor = torch.special.ndtr(z)
    return probability + z * density


def _mish(z: Tensor) -> Tensor:
    t = torch.tanh(nn.functional.softplus(z))
    return t + z * torch.sigmoid(z) * (1 - t * t)


def _hard_swish(z: Tensor) -> Tensor:
    inside = torch.where(z >= 3, torch.ones_like(z), z / 3 + 0.5)
    return torch.where(z <= -3, torch.zeros_like(z), inside)


def _above_zero(z: Tensor, above: float, below: Tensor) -> Tensor:
    return torch.where(z > 0, torch.full_like(z, above), below)


SELU_ALPHA = 1.6732632423543772848170429916717
SELU_LAMBDA = 1.0507009873554804934193349852946

_DERIVATIVES: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": torch.ones_like,
    "step": torch.zeros_like,
    "sigmoid": _sigmoid,
    "tanh": lambda z: 1 - torch.tanh(z) ** 2,
    "relu": lambda z: _above_zero(z, 1.0, torch.zeros_like(z)),
    "leaky_relu": lambda z: _above_zero(z, 1.0, torch.full_like(z, 0.01)),
    "elu": lambda z: _above_zero(z, 1.0, torch.exp(z)),
    "selu": lambda z: _above_zero(z, SELU_LAMBDA, SELU_LAMBDA * SELU_ALPHA * torch.exp(z)),
    "softplus": torch.sigmoid,
    "gelu": _gelu,
    "silu": _silu,
    "mish": _mish,
    "hard_swish": _hard_swish,
}
