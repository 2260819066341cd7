"""What every layer of a chain offers."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Layer(Protocol):
    """A layer for batches of B rows, with buffers of its own.

    It is built for the buffer x that it reads, and for ``dx``, where it is to write dJ/dx (None where nobody wants to
    know). What its parameters get is written into their ``.grad``.

    Attributes:
        y: its outputs.
        dy: dJ/dy, which the layer behind it writes; it may be changed, and may be ``dx`` itself.
        y_is_spent: whether ``backward`` does without y, so that the layer behind it may overwrite it.
    """

    y: Tensor
    dy: Tensor
    y_is_spent: bool

    def forward(self) -> None:
        """From x to y."""
        ...

    def backward(self) -> None:
        """From dJ/dy to dJ/dx and the parameters' gradients."""
        ...
