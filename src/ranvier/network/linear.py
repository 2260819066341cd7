"""The linear network: no hidden layer, so that the head's linear map is all there is."""

from __future__ import annotations

from typing import ClassVar

from torch import Generator, Tensor, nn

from .encoders import ALWAYS


class Linear(nn.Module):
    """A trunk that passes (B, inputs) on as it is.

    With the head's map z = W x + b and cross-entropy this is logistic (or softmax) regression, with the mean squared
    error linear regression. It cannot represent XOR.

    Args:
        inputs: width D of the joined encodings.
    """

    role: ClassVar[str] = "trunk"
    encoding: ClassVar[dict[str, dict[str, object]]] = {
        "category": {"one_hot_up_to": ALWAYS},
        "image": {"name": "pixels"},
    }
    defaults: ClassVar[dict[str, object]] = {}

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.outputs = inputs

    def reset(self, generator: Generator) -> None:
        """There is nothing to draw."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, D) to (B, D)."""
        return x
