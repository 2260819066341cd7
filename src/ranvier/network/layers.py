"""One hidden layer: z = W x + b, a = f(z), with normalisation before f and dropout after it."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from ..errors import Mistake, SpecError

Norm = Literal["none", "batch", "layer"]


def linear(inputs: int, outputs: int, *, bias: bool = True) -> nn.Linear:
    """A linear map (B, inputs) to (B, outputs) whose weights are zero until ``initialize`` draws them."""
    # what nn.Linear draws is thrown away; torch's skip_init would spare it, and imports SymPy for half a second
    layer = nn.Linear(inputs, outputs, bias=bias)
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def embedding(count: int, width: int) -> nn.Embedding:
    """A table of ``count`` vectors of ``width`` numbers that are zero until ``initialize`` draws them."""
    return nn.Embedding(count, width, _weight=torch.zeros(count, width))


class Layer(nn.Module):
    """A hidden layer in the order linear, norm, activation, dropout; its weights are zero until they are drawn.

    Args:
        inputs: width of x.
        outputs: width of a.
        activation: f, as a module.
        dropout: the share of a that is set to zero in training (Srivastava et al. 2014).
        norm: ``batch`` (Ioffe & Szegedy 2015), ``layer`` (Ba et al. 2016) or ``none``. Batch normalisation takes the
            mean away, and with it any bias, so that the linear map then has none.
    """

    def __init__(
        self, inputs: int, outputs: int, *, activation: nn.Module, dropout: float, norm: Norm
    ) -> None:
        super().__init__()
        self.linear = linear(inputs, outputs, bias=norm != "batch")
        self.norm = (
            nn.BatchNorm1d(outputs) if norm == "batch" else nn.LayerNorm(outputs) if norm == "layer" else None
        )
        self.activation = activation
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs) to (B, outputs).

        Raises:
            SpecError: batch normalisation is given one row to learn from.
        """
        z = self.linear(x)
        if self.norm is not None:
            if self.training and len(z) == 1 and isinstance(self.norm, nn.BatchNorm1d):
                raise SpecError(
                    Mistake(
                        "batch normalisation was given a batch of one row, which has no spread to learn from",
                        "at least 2 rows in a batch",
                        "choose a larger training.batch_size, or network.norm = 'layer'",
                    )
                )
            z = self.norm(z)
        a: Tensor = self.dropout(self.activation(z))
        return a
