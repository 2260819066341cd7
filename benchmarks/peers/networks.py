"""The networks that are timed, as plain modules, with the shape of their inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAN = 0.12
"""How far rows lean to the pattern of their class: in deviations of the noise, or the share of the words."""

WORDS = 256
"""Different words of a sequence of words."""


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Args:
        name: of the row.
        build: the network, fresh.
        inputs: ``inputs(n)`` makes n rows of noise.
        batch: rows in a step.
        steps: of one timed burst.
        classes: of the target; of each place for a sequence of targets.
        hidden: the hidden layers, where it is a multi-layer perceptron: such a row all peers can run.
    """

    name: str
    build: Callable[[], nn.Module]
    inputs: Callable[[int], Tensor]
    batch: int
    steps: int
    classes: int = 10
    hidden: tuple[int, ...] = ()

    def rows(self, count: int) -> tuple[Tensor, Tensor]:
        """Rows with their classes: noise that leans to a pattern of its class, so that there is something to learn."""
        x, y = self.inputs(count), torch.randint(0, self.classes, (count,))
        patterns = torch.Generator().manual_seed(1)
        if x.is_floating_point():
            return x + LEAN * torch.randn(self.classes, *x.shape[1:], generator=patterns)[y], y
        words = torch.randint(0, WORDS, (self.classes, *x.shape[1:]), generator=patterns)
        return torch.where(torch.rand(x.shape) < LEAN, words[y], x), y


def mlp(width: int, hidden: tuple[int, ...], classes: int) -> nn.Module:
    """Linear maps with ReLU between them."""
    widths = [width, *hidden]
    parts: list[nn.Module] = []
    for n_in, n_out in pairwise(widths):
        parts += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*parts, nn.Linear(widths[-1], classes))


def lenet() -> nn.Module:
    """LeNet-5 (LeCun et al. 1998) as it is built today: ReLU, maximum pooling."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


class Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut (He et al. 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)])
        self.stride, self.added = stride, outputs - inputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.norms[1](self.second(functional.relu(self.norms[0](self.first(x)))))
        if self.stride > 1:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.added))
        return functional.relu(x + y)


def resnet20() -> nn.Module:
    """ResNet-20 for pictures of 32x32."""
    parts: list[nn.Module] = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    width = 16
    for outputs, stride in ((16, 1), (32, 2), (64, 2)):
        for block in range(3):
            parts.append(Residual(width, outputs, stride if block == 0 else 1))
            width = outputs
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Recurrent(nn.Module):
    """An LSTM over the lines of a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(28, 128, batch_first=True), nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.head(self.lstm(x)[0][:, -1])
        return outputs


class Transformer(nn.Module):
    """Four layers, 128 wide; one class for a sequence of 128."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(128, 4, 512, 0.0, batch_first=True)
        self.words, self.places = nn.Embedding(WORDS, 128), nn.Parameter(torch.zeros(128, 128))
        self.layers = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
        self.head = nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.head(self.layers(self.words(x) + self.places).mean(1))
        return outputs


def _noise(*shape: int) -> Callable[[int], Tensor]:
    return lambda rows: torch.randn(rows, *shape)


CASES = [
    Case("784-128-10", lambda: mlp(784, (128,), 10), _noise(784), 32, 400, hidden=(128,)),
    Case("784-512-512-10", lambda: mlp(784, (512, 512), 10), _noise(784), 256, 40, hidden=(512, 512)),
    Case("LeNet-5", lenet, _noise(1, 28, 28), 64, 40),
    Case("LSTM 28x28, 128 units", Recurrent, _noise(28, 28), 64, 30),
    Case("Transformer, 4 layers", Transformer, lambda rows: torch.randint(0, WORDS, (rows, 128)), 16, 4),
    Case("ResNet-20", resnet20, _noise(3, 32, 32), 128, 2),
]
