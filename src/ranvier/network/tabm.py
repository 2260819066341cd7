"""TabM: many perceptrons in one (Y. Gorishniy, A. Kotelnikov, A. Babenko, arXiv 2410.24210).

M members share each layer's weight matrix W and differ by vectors of their own (BatchEnsemble, Wen et al. 2020):

    z = s_m * (W (r_m * x)) + b_m,    a = f(z).

Each member learns on its own (the objective takes the mean of the members' losses) and the task averages what they
say. That is worth more than one network of the same size: members err differently, and sharing W holds them back from
learning the training rows by heart.

Symbols of the paper: k members are M here, its adapters R, S and B are ``inner``, ``outer`` and ``bias``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from ..catalog import load
from ..limits import ActivationName, Count, Fraction
from .activations import gain


class SharedLinear(nn.Module):
    """One linear map for M members, each with its own scales of inputs and outputs and its own bias.

    It has n_in n_out + M (n_in + 2 n_out) parameters. A layer is one product whatever M is: of many rows with
    the members' matrices multiplied out, S_m W R_m, of few rows with W, the scales going to the rows.

    Args:
        inputs, outputs: widths n_in and n_out.
        members: M.
        first: whether this is the first layer: its input scales start as random signs, which is what makes the
            members differ; all other scales start at 1.
        gain: of the initial weights: their variance is gain^2 / n_in.
    """

    def __init__(self, inputs: int, outputs: int, *, members: int, first: bool, gain: float) -> None:
        super().__init__()
        self.first, self.gain = first, gain
        self.weight = nn.Parameter(torch.zeros(outputs, inputs))
        # flat, for they are scales and biases, not matrices: optimizers go by a parameter's dimensions
        self.inner = nn.Parameter(torch.ones(members * inputs))
        self.outer = nn.Parameter(torch.ones(members * outputs))
        self.bias = nn.Parameter(torch.zeros(members * outputs))

    def reset(self, generator: Generator) -> None:
        """Draw W from the uniform distribution and the first layer's signs, from ``generator`` alone."""
        bound = self.gain * (3.0 / max(1, self.weight.shape[1])) ** 0.5
        with torch.no_grad():
            self.weight.uniform_(-bound, bound, generator=generator)
            self.outer.fill_(1.0)
            self.bias.zero_()
            self.inner.fill_(1.0)
            if self.first:
                self.inner.copy_(torch.randint(0, 2, self.inner.shape, generator=generator) * 2.0 - 1.0)

    def forward(self, x: Tensor, kept: Tensor | None = None) -> Tensor:
        """(M, B, n_in) to (M, B, n_out); ``kept`` (M, n_in) scales the inputs further."""
        n_out, n_in = self.weight.shape
        inner, outer, bias = (
            vectors.view(-1, 1, width)
            for vectors, width in ((self.inner, n_in), (self.outer, n_out), (self.bias, n_out))
        )
        if kept is not None:
            inner = inner * kept[:, None, :]
        if x.shape[1] * (n_in + n_out) < n_in * n_out:  # fewer numbers in the rows than in the matrices
            return torch.addcmul(bias, functional.linear(x * inner, self.weight), outer)
        matrices = outer.transpose(1, 2) * (self.weight * inner)  # (M, n_out, n_in)
        return torch.baddbmm(bias, x, matrices.transpose(1, 2))


class TabM(nn.Module):
    """A trunk of M perceptrons with hidden layers that they share; it gives M rows of features for each row.

    Its features are (B, M, H), and its head (``head``) gives outputs (B, M, K): the outputs of an ensemble.

    It has sum_l [n_(l-1) n_l + M (n_(l-1) + 2 n_l)] parameters, n_0 = D being the width of the input, and its head
    M (n_L + 1) K.

    Dropout sets the units of each member to zero for a whole batch, not for each row (every member draws its own): it
    then costs nothing, where drawing for each row would take half as long as the products themselves.

    Args:
        inputs: width D of the joined encodings.
        members: M; 8 take half the time of 16, and were as good on the tables of the benchmark.
        hidden: the width of each hidden layer.
        activation: f, a member of ``ACTIVATIONS``.
        dropout: the share of each hidden layer's units that is set to zero in training.

    Attributes:
        outputs: H, the width of the last hidden layer.
        multiplications: of one row, for all members.

    Raises:
        SpecError: an activation of that name does not exist.
    """

    role: ClassVar[str] = "trunk"
    defaults: ClassVar[dict[str, object]] = {
        "training.optimizer": {"name": "adamw", "weight_decay": 3e-4},
        "training.learning_rate": 4e-3,
        "regularization.average": "ema",
    }
    encoding: ClassVar[dict[str, dict[str, object]]] = {"number": {"name": "piecewise"}}

    def __init__(
        self,
        inputs: int,
        *,
        members: Count = 8,
        hidden: list[Count] = [128, 128],  # noqa: B006 (never changed)
        activation: ActivationName = "relu",
        dropout: Fraction = 0.0,
    ) -> None:
        super().__init__()
        f = load("activations", activation)
        widths = [inputs, *hidden]
        self.members, self.dropout = members, dropout
        self.layers = nn.ModuleList(
            SharedLinear(
                n_in, n_out, members=members, first=not level, gain=gain(activation) if level else 1.0
            )
            for level, (n_in, n_out) in enumerate(pairwise(widths))
        )
        self.activation = f()
        self.outputs = widths[-1]
        self.multiplications = members * sum(n_in * n_out for n_in, n_out in pairwise(widths))
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        for layer in self.layers:
            layer.reset(generator)  # type: ignore[operator]

    def head(self, outputs: int) -> Heads:
        """The head for this trunk: a linear map for each member."""
        return Heads(self.outputs, outputs, members=self.members)

    def forward(self, x: Tensor) -> Tensor:
        """(B, D) to (B, M, H)."""
        a = x.expand(self.members, *x.shape)  # (M, B, D)
        for level, layer in enumerate(self.layers):
            a = self.activation(layer(a, self._kept(a) if level else None))
        if self.layers and (kept := self._kept(a)) is not None:
            a = a * kept[:, None, :]
        return a.transpose(0, 1)

    def _kept(self, a: Tensor) -> Tensor | None:
        """(M, n) of 1 / (1 - dropout) and, where a unit is left out, 0; None outside training."""
        if not self.training or self.dropout == 0.0:
            return None
        return functional.dropout(a.new_ones(a.shape[0], a.shape[2]), self.dropout)


class Heads(nn.Module):
    """A linear map for each of M members, with M (D + 1) K parameters.

    Its first weights are Xavier's, as ``Head``'s are.

    Args:
        inputs: width D of the features.
        outputs: number of outputs K.
        members: M.
    """

    role: ClassVar[str] = "head"

    def __init__(self, inputs: int, outputs: int, *, members: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(members, inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(members, outputs))
        self.outputs = outputs
        self.multiplications = members * inputs * outputs
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        bound = (6.0 / (self.weight.shape[1] + self.outputs)) ** 0.5
        with torch.no_grad():
            self.weight.uniform_(-bound, bound, generator=generator)
            self.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        """(B, M, D) to (B, M, K)."""
        return torch.baddbmm(self.bias[:, None, :], x.transpose(0, 1), self.weight).transpose(0, 1)
