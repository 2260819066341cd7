"""Healthy programs of four architectures on scikit-learn's digits; a fault is a small change to one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn

ARCHITECTURES = ("mlp", "cnn", "rnn", "transformer")
WIDTH = 32


@dataclass
class Program:
    """What somebody would train: a network, a loss, rows, an optimizer and the body of the loop."""

    network: nn.Module
    loss: Callable[[Tensor, Tensor], Tensor]
    x: Tensor
    y: Tensor
    optimizer: torch.optim.Optimizer
    step: Callable[[Program, Tensor, Tensor], float] | None = None
    batch: int = 64
    ordered: bool = False
    """Whether the batches come in the order of the rows, the same in each pass."""

    def again(self, **options: Any) -> Program:
        """A new optimizer for the parameters as they are now."""
        self.optimizer = torch.optim.Adam(self.network.parameters(), **{"lr": 1e-3, **options})
        return self


class LastStep(nn.Module):
    """The output of a recurrent layer after the last step of the sequence."""

    def __init__(self, kind: type[nn.Module] = nn.LSTM, batch_first: bool = True) -> None:
        super().__init__()
        self.cell = kind(8, WIDTH, batch_first=batch_first)

    def forward(self, x: Tensor) -> Tensor:
        return self.cell(x)[0][:, -1]


class Encoder(nn.Module):
    """One layer of a Transformer over the rows of a picture, and their mean."""

    def __init__(self, batch_first: bool = True) -> None:
        super().__init__()
        self.embed = nn.Linear(8, WIDTH)
        self.position = nn.Parameter(torch.randn(8, WIDTH) * 0.1)
        self.layer = nn.TransformerEncoderLayer(WIDTH, 4, 64, dropout=0.0, batch_first=batch_first)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(self.embed(x) + self.position).mean(1)


class Net(nn.Module):
    """body -> mid -> activation -> head; what is broken is one of these."""

    def __init__(self, body: nn.Module, outputs: int = 10, activation: nn.Module | None = None) -> None:
        super().__init__()
        self.body = body
        self.mid = nn.Linear(WIDTH, WIDTH)
        self.activation = activation or nn.ReLU()
        self.head = nn.Linear(WIDTH, outputs)
        self.after: Callable[[Net, Tensor], Tensor] = plain

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self, self.body(x))


def plain(network: Net, z: Tensor) -> Tensor:
    """What follows the body, (B, WIDTH), in a healthy program."""
    return network.head(network.activation(network.mid(z)))


def replaced(program: Program, after: Callable[[Net, Tensor], Tensor]) -> Program:
    """The program with something else after the body."""
    program.network.after = after
    return program


def body_of(architecture: str) -> nn.Module:
    if architecture == "mlp":
        return nn.Sequential(nn.Linear(64, WIDTH), nn.ReLU())
    if architecture == "cnn":
        return nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, WIDTH)
        )
    return LastStep() if architecture == "rnn" else Encoder()


def rows_of(architecture: str, rows: int = 512) -> tuple[Tensor, Tensor]:
    pixels, digit = load_digits(return_X_y=True)
    x = torch.tensor(pixels[:rows] / 16, dtype=torch.float32)
    shape = {"mlp": (64,), "cnn": (1, 8, 8)}.get(architecture, (8, 8))
    return x.reshape(len(x), *shape), torch.tensor(digit[:rows], dtype=torch.int64)


def classifier(architecture: str) -> Program:
    """Ten digits."""
    torch.manual_seed(0)
    network = Net(body_of(architecture))
    x, y = rows_of(architecture)
    return Program(network, nn.CrossEntropyLoss(), x, y, torch.optim.Adam(network.parameters(), 1e-3))


def binary(architecture: str) -> Program:
    """Whether the digit is at least 5: one output, targets (N, 1) of 0 and 1."""
    program = classifier(architecture)
    program.network.head = nn.Linear(WIDTH, 1)
    program.loss, program.y = nn.BCEWithLogitsLoss(), (program.y >= 5).float()[:, None]
    return program.again()


def regression(architecture: str) -> Program:
    """How dark the picture is, standardised: one output, targets (N, 1)."""
    program = classifier(architecture)
    program.network.head = nn.Linear(WIDTH, 1)
    ink = program.x.flatten(1).sum(1, keepdim=True)
    program.loss, program.y = F.mse_loss, (ink - ink.mean()) / ink.std()
    return program.again()


def own_step(program: Program, x: Tensor, y: Tensor) -> float:
    """The body of an ordinary loop."""
    program.optimizer.zero_grad()
    loss = program.loss(program.network(x), y)
    loss.backward()
    program.optimizer.step()
    return float(loss.detach())


@dataclass(frozen=True)
class Fault:
    """A fault that was planted.

    Args:
        build: from the name of an architecture to the broken program.
        codes: those that name it rightly.
        place: what the place of the finding must hold; any of these.
        when: ``before`` training, or ``during`` it.
        architectures: where it applies.
        steps: of training, where it shows during it.
    """

    build: Callable[[str], Program]
    codes: tuple[str, ...]
    place: tuple[str, ...] = ()
    when: str = "before"
    architectures: tuple[str, ...] = ARCHITECTURES
    steps: int = 200

    @property
    def name(self) -> str:
        return self.build.__name__


FAULTS: dict[str, Fault] = {}


def fault(codes: str, place: str = "", **options: Any) -> Callable[[Callable[[str], Program]], Any]:
    """Enter a function into the catalogue; alternatives are separated by a bar."""

    def enter(build: Callable[[str], Program]) -> Callable[[str], Program]:
        FAULTS[build.__name__] = Fault(build, tuple(codes.split("|")), tuple(place.split("|")), **options)
        return build

    return enter


class Silent(nn.Module):
    """Runs a module without a record of it."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            return self.inner(x)


class TanhWithoutDerivative(torch.autograd.Function):
    """The factor f'(z) of backpropagation is forgotten."""

    @staticmethod
    def forward(ctx, z):
        return torch.tanh(z)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class WrongSign(torch.autograd.Function):
    """The gradient points uphill."""

    @staticmethod
    def forward(ctx, z):
        return z.clone()

    @staticmethod
    def backward(ctx, gradient):
        return -gradient
