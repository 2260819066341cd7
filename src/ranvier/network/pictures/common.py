"""What the networks for pictures share: how one is marked, its multiplications, and blocks of convolution."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import torch
from torch import Generator, Tensor, nn

from ...errors import Mistake, SpecError
from ..in_use import in_use
from ..initializers import initialize

Stem = Literal["auto", "small", "large"]
"""How a network begins: ``large`` as published for pictures of 224x224, ``small`` without throwing pixels away."""

Size = tuple[int, int]
"""Height and width in pixels."""

_F = TypeVar("_F", bound=Callable[..., nn.Module])


def picture_network(last: str, **defaults: object) -> Callable[[_F], _F]:
    """Mark a function as a network for pictures.

    Args:
        last: the name of its last layer, which the run's head replaces.
        defaults: settings for where the user names none, with ``__`` for the dot.
    """

    def mark(function: _F) -> _F:
        settings = {name.replace("__", "."): value for name, value in defaults.items()}
        vars(function).update(role="picture", last=last, defaults=settings)
        return function

    return mark


def drawn(network: nn.Module, generator: Generator) -> None:
    """Draw all weights anew: He's normal, with ReLU's gain; biases 0 (He et al. 2015)."""
    initialize(network, generator, initializer="he_normal", gain=math.sqrt(2.0))


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    """A convolution without bias that keeps the size at stride 1, for a normalisation to follow."""
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


def last_layer(inputs: int, classes: int | None) -> nn.Module:
    """The layer that gives the outputs; without ``classes`` nothing, and the features pass."""
    return nn.Identity() if classes is None else nn.Linear(inputs, classes)


@torch.no_grad()
def count_multiplications(network: nn.Module, channels: int, size: Size) -> int:
    """How many multiplications one picture takes: counted layer by layer on shapes alone.

    >>> count_multiplications(nn.Conv2d(1, 6, 5), 1, (28, 28))  # 24 x 24 positions of 6 kernels of 25
    86400
    """
    found: list[int] = []

    def note(module: nn.Module, given: Any, gave: Tensor) -> None:
        weight: Any = module.weight
        places = gave[0, 0].numel() if isinstance(module, nn.Conv2d) else 1
        found.append(weight.numel() * places)

    layers = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    try:
        with in_use(network):
            network(torch.zeros(1, channels, *size))
    finally:
        for hook in hooks:
            hook.remove()
    return sum(found)


def too_small(name: str, size: Size, least: int) -> None:
    """Refuse pictures of which the network's poolings would leave nothing.

    Raises:
        SpecError: a side is shorter than ``least``.
    """
    if min(size) < least:
        raise SpecError(
            Mistake(
                f"pictures of {size[1]}x{size[0]} pixels are too small for the network {name!r}",
                f"at least {least}x{least}",
                "set the size of the column, or choose another network",
            )
        )
