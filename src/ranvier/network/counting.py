"""How many multiplications a network takes, counted where it is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

LOOKED_UP = (nn.Embedding, nn.EmbeddingBag)
"""Modules whose matrices are not multiplied by."""

ROWS = 2
"""So many rows are sent through."""


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
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            network({name: block[:ROWS] for name, block in inputs.items()})
    finally:
        for module, mode in modes.items():
            module.training = mode
        for hook in hooks:
            hook.remove()
    return sum(found)


CONVOLUTIONS = (
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
)
