"""Rosenblatt's perceptron (F. Rosenblatt, "The perceptron", Psychological Review 65, 1958)."""

from __future__ import annotations

from typing import ClassVar

from torch import Generator, Tensor, nn

from .encoders import ALWAYS


class Perceptron(nn.Module):
    """A trunk that passes (B, inputs) on as it is; with the settings below, the network is Rosenblatt's.

    The head gives s = w x + b, and the answer is its sign. The rule changes the weights only for a row that is
    answered wrongly, or not at all (y s <= 0, with y the class as -1 or +1): w <- w + y x, b <- b + y. This is
    gradient descent on the ``perceptron`` loss, a row at a time, at rate 1, which is what ``defaults`` ask for. The
    rule stops after finitely many changes if a line parts the classes (Novikoff 1962), from any first weights, and
    never settles if none does, as for XOR (Minsky & Papert 1969).

    Args:
        inputs: width D of the joined encodings.
    """

    role: ClassVar[str] = "trunk"
    encoding: ClassVar[dict[str, dict[str, object]]] = {
        "category": {"one_hot_up_to": ALWAYS},
        "image": {"name": "pixels"},
    }
    defaults: ClassVar[dict[str, object]] = {
        "training.loss": "perceptron",
        "training.optimizer": "gradient_descent",
        "training.batch_size": 1,
        "training.learning_rate": 1.0,
        "training.schedule": "constant",
    }

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.outputs = inputs

    def reset(self, generator: Generator) -> None:
        """There is nothing to draw."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, D) to (B, D)."""
        return x
