"""The head: from features to the numbers that the target needs."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Generator, Tensor, nn

from .initializers import initialize
from .layers import linear


class Head(nn.Module):
    """A linear map: W x + b, with D K + K parameters.

    It gives logits or values; what turns them into probabilities or units is the task's. Its first weights are
    Xavier's (``xavier_uniform``, gain 1, since no activation follows), drawn from torch's global generator as for any
    torch module; ``reset`` draws them anew from one that is passed.

    Args:
        inputs: width D of the features.
        outputs: number of outputs K.
    """

    role: ClassVar[str] = "head"

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = linear(inputs, outputs)
        self.outputs = outputs
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        initialize(self, generator, initializer="xavier_uniform", gain=1.0)

    def forward(self, x: Tensor) -> Tensor:
        """(B, D) to (B, K)."""
        z: Tensor = self.linear(x)
        return z
