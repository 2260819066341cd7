"""The trunk of a network that is one encoder: its features as they are."""

from __future__ import annotations

from typing import ClassVar

from torch import Generator, Tensor, nn


class Features(nn.Module):
    """What the encoder gives, unchanged.

    Args:
        inputs: its width D.
    """

    role: ClassVar[str] = "trunk"

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.outputs = inputs

    def reset(self, generator: Generator) -> None:
        """There is nothing to draw."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, D) to the same."""
        return x
