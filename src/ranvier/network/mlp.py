"""The multilayer perceptron (D. Rumelhart, G. Hinton, R. Williams, Nature 323, 1986)."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, get_args

import torch
from torch import Generator, Tensor, nn

from ..catalog import load, unknown
from ..errors import Mistake, SpecError, did_you_mean, raise_if_any
from ..limits import ActivationName, Count, Fraction, InitializerName
from .activations import gain
from .initializers import initialize
from .layers import Layer, Norm


class MLP(nn.Module):
    """A trunk of hidden layers: z_l = W_l a_(l-1) + b_l, a_l = f(z_l), with a_0 = x.

    A layer's order is linear, norm, activation, dropout; ``layers[l].linear.weight`` is W_l (outputs, inputs). It has
    sum_l (n_(l-1) + 1) n_l parameters without normalisation, n_0 = D being the width of the input.

    The first weights come from torch's global generator, as for any torch module; ``reset`` draws them anew from one
    that is passed. Dropout, which is ``nn.Dropout``, draws from the global generator in training.

    Args:
        inputs: width D of the joined encodings.
        hidden: the width of each hidden layer; empty for none.
        activation: f, a member of ``ACTIVATIONS``. ``step`` has no gradient: the layers before it stay as drawn.
        dropout: the share of each hidden layer's outputs that is set to zero in training.
        norm: ``none``, ``batch`` or ``layer`` normalisation before the activation.
        initializer: a member of ``INITIALIZERS``; ``reset`` says which gain it has where.

    Raises:
        SpecError: an activation, a normalisation or an initializer of that name does not exist.
    """

    role: ClassVar[str] = "trunk"
    encoding: ClassVar[dict[str, dict[str, object]]] = {"image": {"name": "pixels"}}
    defaults: ClassVar[dict[str, object]] = {}

    def __init__(
        self,
        inputs: int,
        *,
        hidden: list[Count] = [256, 128],  # noqa: B006 (never changed)
        activation: ActivationName = "relu",
        dropout: Fraction = 0.1,
        norm: Norm = "none",
        initializer: InitializerName = "he_uniform",
    ) -> None:
        super().__init__()
        mistakes = [
            unknown("activations", activation),
            unknown("initializers", initializer),
            _unknown_norm(norm),
        ]
        raise_if_any(SpecError, (mistake for mistake in mistakes if mistake))
        self.activation = activation
        self.initializer = initializer
        widths = [inputs, *hidden]
        f = load("activations", activation)
        self.layers = nn.ModuleList(
            Layer(width, following, activation=f(), dropout=dropout, norm=norm)
            for width, following in pairwise(widths)
        )
        self.outputs = widths[-1]
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone.

        A layer has the gain of the activation whose outputs it takes, and the first, which takes the standardised
        inputs, has 1: then every z_l is about as large as x.
        """
        for index, layer in enumerate(self.layers):
            size = gain(self.activation) if index else 1.0
            initialize(layer, generator, initializer=self.initializer, gain=size)

    def forward(self, x: Tensor) -> Tensor:
        """(B, D) to (B, hidden[-1]), or to (B, D) where there is no hidden layer."""
        a = x
        for layer in self.layers:
            a = layer(a)
        return a


def _unknown_norm(norm: str) -> Mistake | None:
    if norm in get_args(Norm):
        return None
    return Mistake(f"there is no normalisation called {norm!r}", remedy=did_you_mean(norm, get_args(Norm)))
