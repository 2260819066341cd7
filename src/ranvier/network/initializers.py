"""The first weights of a layer, drawn from a generator that is passed in.

W is a weight (outputs, inputs); n_in and n_out are how many inputs and outputs one of its elements connects (for a
convolution, times the size of the kernel); g is the gain. Each function fills the weight in place.

================== ============================================================== ==============================
name               W                                                              source
================== ============================================================== ==============================
``uniform``        U(-g scale, g scale)                                           small random numbers
``normal``         N(0, (g std)^2)                                                small random numbers
``xavier_uniform`` U(-b, b), b = g sqrt(6 / (n_in + n_out))                       Glorot & Bengio 2010, eq. 16
``xavier_normal``  N(0, g^2 2 / (n_in + n_out))                                   Glorot & Bengio 2010, eq. 12
``he_uniform``     U(-b, b), b = g sqrt(3 / n_in)                                 He et al. 2015, eq. 10
``he_normal``      N(0, g^2 / n_in)                                               He et al. 2015, eq. 10
``orthogonal``     g Q, with orthonormal rows or columns                          Saxe et al. 2013
================== ============================================================== ==============================

Which gain goes where: a layer that takes the outputs of an activation f has the gain of f (``activations.gain``),
which makes up for what f takes from the signal; a layer that takes standardised inputs has 1, and so has a head. With
g = sqrt(2), the gain of ReLU, ``he_*`` are the formulas of the paper, which for simplicity has the factor in the first
layer too; for ReLU, which keeps any size, that is no matter, but a curve such as SiLU would go on from there to grow.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Generator, Tensor, nn

from ..catalog import load
from ..limits import Positive


class Initializer(Protocol):
    """What a member of ``INITIALIZERS`` does: it fills ``weight`` in place, drawing from ``generator`` alone."""

    def __call__(self, weight: Tensor, generator: Generator, *, gain: float) -> None:
        """Fill ``weight``."""
        ...


@torch.no_grad()
def uniform(weight: Tensor, generator: Generator, *, gain: float = 1.0, scale: Positive = 0.05) -> None:
    """Draw from U(-gain scale, gain scale), whatever the layer's width."""
    weight.uniform_(-gain * scale, gain * scale, generator=generator)


@torch.no_grad()
def normal(weight: Tensor, generator: Generator, *, gain: float = 1.0, std: Positive = 0.05) -> None:
    """Draw from N(0, (gain std)^2), whatever the layer's width."""
    weight.normal_(0.0, gain * std, generator=generator)


@torch.no_grad()
def xavier_uniform(weight: Tensor, generator: Generator, *, gain: float = 1.0) -> None:
    """Draw from U(-b, b) with b = gain sqrt(6 / (n_in + n_out))."""
    bound = gain * math.sqrt(6.0 / sum(fans(weight)))
    weight.uniform_(-bound, bound, generator=generator)


@torch.no_grad()
def xavier_normal(weight: Tensor, generator: Generator, *, gain: float = 1.0) -> None:
    """Draw from N(0, gain^2 2 / (n_in + n_out))."""
    weight.normal_(0.0, gain * math.sqrt(2.0 / sum(fans(weight))), generator=generator)


@torch.no_grad()
def he_uniform(weight: Tensor, generator: Generator, *, gain: float = math.sqrt(2.0)) -> None:
    """Draw from U(-b, b) with b = gain sqrt(3 / n_in); the default gain is that of ReLU."""
    bound = gain * math.sqrt(3.0 / fans(weight)[0])
    weight.uniform_(-bound, bound, generator=generator)


@torch.no_grad()
def he_normal(weight: Tensor, generator: Generator, *, gain: float = math.sqrt(2.0)) -> None:
    """Draw from N(0, gain^2 / n_in); the default gain is that of ReLU."""
    weight.normal_(0.0, gain / math.sqrt(fans(weight)[0]), generator=generator)


@torch.no_grad()
def orthogonal(weight: Tensor, generator: Generator, *, gain: float = 1.0) -> None:
    """Draw gain Q: its rows are orthonormal, or its columns where there are fewer of these.

    Q comes from the QR decomposition of a normal matrix, with the signs that make it uniform over all such Q.
    """
    nn.init.orthogonal_(weight, gain, generator=generator)


def fans(weight: Tensor) -> tuple[int, int]:
    """How many inputs and outputs one element of a weight (outputs, inputs, *kernel) connects.

    >>> fans(torch.empty(16, 8, 3, 3))
    (72, 144)
    """
    kernel = math.prod(weight.shape[2:])
    return weight.shape[1] * kernel, weight.shape[0] * kernel


LAYERS = (nn.Linear, nn.Conv2d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)


@torch.no_grad()
def initialize(network: nn.Module, generator: Generator, *, initializer: str, gain: float) -> None:
    """Draw all first weights of a network (or a part of one) anew, module after module in their order.

    - ``nn.Linear`` and ``nn.Conv2d``: the weight by ``initializer`` with ``gain``; the bias is zero.
    - ``nn.Embedding`` (n, D): N(0, 1 / D), so that a category's vector is about as long as a one-hot one; index 0,
      which stands for missing or unseen, starts at zero and moves only if the training rows have missing values.
    - normalisation: scale 1, shift 0, no running statistics.

    Args:
        network: changed in place; on the generator's device.
        generator: the only source of randomness.
        initializer: a member of ``INITIALIZERS``.
        gain: of the activation whose outputs its linear layers take (``activations.gain``); 1 for inputs.

    Raises:
        SpecError: there is no initializer of that name.
    """
    draw: Initializer = load("initializers", initializer)
    for module in network.modules():
        if isinstance(module, LAYERS):
            draw(module.weight, generator, gain=gain)
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, nn.Embedding):
            module.weight.normal_(0.0, 1.0 / math.sqrt(module.embedding_dim), generator=generator)
            module.weight[0].zero_()
        elif isinstance(module, NORMS):
            module.reset_parameters()
