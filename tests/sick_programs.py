"""For each wiring check a program that is sick in its way, and its healthy twin, measured."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ranvier.insight.wiring.probe import measure
from ranvier.insight.wiring.program import Program

Pass = Callable[["Small", Tensor], Tensor]


class Small(nn.Module):
    """first -> norm -> relu -> head, or what ``after`` does in place of the last two."""

    def __init__(self, outputs: int = 3, after: Pass | None = None, norm: nn.Module | None = None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Linear(4, 8)
        self.norm = norm or nn.Identity()
        self.relu = nn.ReLU()
        self.head = nn.Linear(8, outputs)
        self.after = after or (lambda net, z: net.head(net.relu(z)))

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self, self.norm(self.first(x)))


def rows(count: int = 63) -> tuple[Tensor, Tensor]:
    """(N, 4) numbers and three classes."""
    x = torch.randn(count, 4, generator=torch.Generator().manual_seed(1))
    return x, torch.arange(count) % 3


def measured(network: nn.Module | None = None, loss: Any = None, y: Any = None, **options: Any) -> Program:
    """A program of three classes, but for what is given."""
    x, classes = rows()
    x, y = options.get("x", x), classes if y is None else y
    network = network or Small()
    optimizer = options.get("optimizer", torch.optim.SGD(network.parameters(), 0.1))
    network, loss, optimizer = copy.deepcopy((network, loss or nn.CrossEntropyLoss(), optimizer))
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return measure(network, loss, x, y, (x, y), optimizer)


def cannot_run(sick: bool) -> Program:
    return measured(x=rows()[0][:, : 3 if sick else 4])


def activation_twice(sick: bool) -> Program:
    return measured(Small(after=lambda net, z: (F.softmax if sick else F.log_softmax)(net.head(z), dim=1)))


def loss_input(sick: bool) -> Program:
    return measured(
        Small(after=lambda net, z: (F.softmax if sick else F.log_softmax)(net.head(z), dim=-1)), F.nll_loss
    )


def target_unfit(sick: bool) -> Program:
    zero_and_one = F.one_hot(rows()[1] % 2).float()
    return measured(Small(2), nn.BCEWithLogitsLoss(), zero_and_one * 2 - 1 if sick else zero_and_one)


def broadcast_target(sick: bool) -> Program:
    y = rows()[0][:, 0] if sick else rows()[0][:, :1]
    return measured(Small(1), lambda outputs, target: (outputs - target).abs().mean(), y)


def output_width(sick: bool) -> Program:
    number = torch.arange(240)
    return measured(Small(4), x=rows(240)[0], y=number % 3 + 1 if sick else number % 4)


def unused_parameter(sick: bool) -> Program:
    network = Small()
    if sick:
        network.spare = nn.Linear(8, 8)
    return measured(network)


def unregistered(sick: bool) -> Program:
    hidden = nn.Linear(8, 8)
    network = Small(after=lambda net, z: net.head(hidden(z)) if sick else net.head(z))
    return measured(network)


def graph_cut(sick: bool) -> Program:
    return measured(Small(after=lambda net, z: net.head(z.detach() if sick else z)))


def not_optimized(sick: bool) -> Program:
    network = Small()
    part = network.head if sick else network
    return measured(network, optimizer=torch.optim.SGD(part.parameters(), 0.1))


def one_row_norm(sick: bool) -> Program:
    x, y = rows(1 if sick else 9)
    return measured(Small(norm=nn.BatchNorm1d(8)), x=x, y=y)


def rows_leak(sick: bool) -> Program:
    return measured(Small(after=lambda net, z: net.head(z - z.mean(0 if sick else 1, keepdim=True))))


def noisy(sick: bool) -> Program:
    return measured(Small(after=lambda net, z: net.head(F.dropout(z, 0.5, training=sick or net.training))))


def modes(sick: bool) -> Program:
    network = Small(norm=nn.BatchNorm1d(8))
    network.norm.train(not sick)
    return measured(network)


def batch_softmax(sick: bool) -> Program:
    return measured(Small(after=lambda net, z: net.head(z * torch.softmax(z, 0 if sick else 1))))


def initial_loss(sick: bool) -> Program:
    return measured(Small(1), F.mse_loss, rows()[0][:, :1] + (1000 if sick else 0))


def still_layer(sick: bool) -> Program:
    network = Small()
    nn.init.constant_(network.first.bias, -50.0 if sick else 0.1)
    return measured(network)


class WithoutDerivative(torch.autograd.Function):
    """The derivative of tanh is forgotten."""

    @staticmethod
    def forward(ctx: Any, z: Tensor) -> Tensor:
        return torch.tanh(z)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient


def wrong_derivative(sick: bool) -> Program:
    return measured(
        Small(after=lambda net, z: net.head(WithoutDerivative.apply(z) if sick else torch.tanh(z)))
    )


def input_scale(sick: bool) -> Program:
    return measured(x=rows()[0] * (100 if sick else 5))


def not_finite(sick: bool) -> Program:
    x = rows()[0].clone()
    x[2, 1] = float("nan") if sick else 0.0
    return measured(x=x)


def frozen(sick: bool) -> Program:
    network = Small()
    network.first.requires_grad_(not sick)
    return measured(network)


def output_range(sick: bool) -> Program:
    y = torch.linspace(-2, 2, 63)[:, None]
    return measured(
        Small(1, after=lambda net, z: torch.tanh(net.head(z))), F.mse_loss, y / (1 if sick else 2)
    )


def rate_zero(sick: bool) -> Program:
    network = Small()
    return measured(network, optimizer=torch.optim.SGD(network.parameters(), 0.0 if sick else 0.1))


def loss_sign(sick: bool) -> Program:
    return measured(loss=lambda outputs, y: F.cross_entropy(outputs, y) * (-1 if sick else 1))


def cannot_overfit(sick: bool) -> Program:
    """What tells the rows apart is made so small that it is lost."""
    return measured(Small(after=lambda net, z: net.head(net.relu(_squeezed(z, sick)))))


def _squeezed(z: Tensor, sick: bool) -> Tensor:
    return z * 1e-7 + 1.0 if sick else z


SICK_PROGRAMS: dict[str, tuple[Callable[[bool], Program], str, tuple[str, ...]]] = {
    "cannot_run": (cannot_run, "'first'", ("stage", "message")),
    "activation_twice": (activation_twice, "'head'", ("last", "loss")),
    "loss_input": (loss_input, "'head'", ("loss", "low", "high")),
    "target_unfit": (target_unfit, "targets", ("low", "high")),
    "broadcast_target": (broadcast_target, "outputs and targets", ("shapes",)),
    "output_width": (output_width, "'head'", ("outputs", "rows")),
    "unused_parameter": (unused_parameter, "'spare.weight'", ("parameters",)),
    "unregistered": (unregistered, "(8, 8)", ("shapes",)),
    "graph_cut": (graph_cut, "'first.bias'", ("parameters",)),
    "not_optimized": (not_optimized, "'first.weight'", ("parameters", "foreign")),
    "one_row_norm": (one_row_norm, "'norm'", ("rows",)),
    "rows_leak": (rows_leak, "'head'", ("layer", "rows")),
    "noisy": (noisy, "evaluation mode", ("rows",)),
    "modes": (modes, "'norm'", ("layers", "all")),
    "batch_softmax": (batch_softmax, "'norm'", ("layers", "rows")),
    "initial_loss": (initial_loss, "loss", ("loss", "trivial")),
    "still_layer": (still_layer, "'relu'", ("zero", "alike")),
    "wrong_derivative": (wrong_derivative, "'first.", ("slopes",)),
    "input_scale": (input_scale, "'first'", ("mean", "deviation")),
    "not_finite": (not_finite, "inputs", ("values",)),
    "frozen": (frozen, "'first.weight'", ("parameters",)),
    "output_range": (output_range, "'head'", ("last", "low", "high")),
    "rate_zero": (rate_zero, "optimizer", ("rates",)),
    "loss_sign": (loss_sign, "loss", ("loss", "function")),
    "cannot_overfit": (cannot_overfit, "'relu'", ("first", "lowest", "trivial", "steps")),
}
"""For each wiring check: its program, what the place names, and what the evidence holds."""
