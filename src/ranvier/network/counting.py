"""How many multiplications a network takes: by its own count, by its parameters, or counted where it is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from .assembled import Own
from .in_use import in_use

LOOKED_UP = (nn.Embedding, nn.EmbeddingBag)
"""Modules whose matrices are not multiplied by."""

CONVOLUTIONS = (
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
)
"""Modules that give (B, C, ...), and not (B, ..., C)."""

ROWS = 2
"""So many rows are sent through."""


def multiplications(network: nn.Module, inputs: Mapping[str, Tensor] | None = None) -> int:
    """How many multiplications one row takes, about: a module's own count, else one for each parameter.

    Args:
        network: that is asked about.
        inputs: rows of its blocks, which let a module of the user's own be counted as it is carried out.

    >>> multiplications(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)))
    67
    """
    if isinstance(own := getattr(network, "multiplications", None), int):
        return own
    if inputs is not None and isinstance(network, Own):
        return count(network, inputs)
    parameters = sum(parameter.numel() for parameter in network.parameters(recurse=False))
    return parameters + sum(multiplications(child) for child in network.children())


def count(network: nn.Module, inputs: Mapping[str, Tensor]) -> int:
    """How many multiplications one row takes: each module's matrices as often as it has positions to apply them to.

    A filter is applied at each pixel that it gives, a linear map and a recurrent layer at each place of a sequence.

    Args:
        network: a module that takes blocks by name.
        inputs: rows (B, ...) of each block.
    """
    found: list[int] = []

    def note(module: nn.Module, given: Any, gave: Any) -> None:
        first = gave[0] if isinstance(gave, tuple) else gave
        if isinstance(first, Tensor) and first.ndim > 1:
            channels = first.shape[1] if isinstance(module, CONVOLUTIONS) else first.shape[-1]
            positions = first.numel() / max(1, len(first) * channels)
            matrices = [p.numel() for p in module.parameters(recurse=False) if p.ndim > 1]
            found.append(round(sum(matrices) * max(1.0, positions)))

    hooks = [m.register_forward_hook(note) for m in network.modules() if not isinstance(m, LOOKED_UP)]
    try:
        with in_use(network), torch.no_grad(), torch.random.fork_rng(devices=[]):
            network({name: block[:ROWS] for name, block in inputs.items()})
    finally:
        for hook in hooks:
            hook.remove()
    return sum(found)
