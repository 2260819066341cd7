"""Low-rank adapters: a trained linear map stays as it is, and learns a small change (Hu et al. 2022, LoRA).

    y = W x + b + B A x,   A (r, n_in), B (n_out, r) and zero at first

What is learnt is r (n_in + n_out) numbers in place of n_in n_out. Afterwards B A is added to W, so that a model with
adapters is a model like any other; its file holds A and B (``delivery.base``).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

import torch
from torch import Generator, Tensor, nn

from .transformer import Block


class Adapted(nn.Module):
    """A linear map with an adapter.

    Args:
        linear: the map, which no longer learns.
        rank: r.
        generator: draws A.
    """

    def __init__(self, linear: nn.Linear, rank: int, generator: Generator) -> None:
        super().__init__()
        self.linear = linear.requires_grad_(False)
        down = torch.empty(rank, linear.in_features)
        down.normal_(0.0, 1 / math.sqrt(linear.in_features), generator=generator)
        device = linear.weight.device
        self.down = nn.Parameter(down.to(device))
        self.up = nn.Parameter(torch.zeros(linear.out_features, rank, device=device))

    def forward(self, x: Tensor) -> Tensor:
        """(..., n_in) to (..., n_out)."""
        y: Tensor = self.linear(x) + (x @ self.down.T) @ self.up.T
        return y

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """The linear map that does the same."""
        self.linear.weight += self.up @ self.down
        return self.linear.requires_grad_(True)


def adapt(network: nn.Module, names: Collection[str], rank: int, seed: int) -> int:
    """Give each linear map in the blocks of a Transformer an adapter, where its weight is among ``names``.

    Args:
        network: changed in place.
        names: of parameters.
        rank: r.
        seed: the adapters are drawn from it.

    Returns:
        How many there are.
    """
    generator = torch.Generator().manual_seed(seed)
    places = [
        (parent, child, module)
        for prefix, block in network.named_modules()
        if isinstance(block, Block)
        for parent, child, module, name in _linears(block, prefix)
        if f"{name}.weight" in names
    ]
    for parent, child, module in places:
        setattr(parent, child, Adapted(module, rank, generator))
    return len(places)


def learnt(network: nn.Module) -> dict[str, tuple[Tensor, Tensor]]:
    """By the name of each linear map with an adapter copies of its A (r, n_in) and B (n_out, r)."""
    return {
        name: (module.down.detach().cpu().clone(), module.up.detach().cpu().clone())
        for name, module in network.named_modules()
        if isinstance(module, Adapted)
    }


def merge(network: nn.Module) -> None:
    """Add each adapter to its linear map; the network is then as it was built."""
    for parent in list(network.modules()):
        for child, module in list(parent.named_children()):
            if isinstance(module, Adapted):
                setattr(parent, child, module.merged())


def _linears(block: nn.Module, prefix: str) -> Iterator[tuple[nn.Module, str, nn.Linear, str]]:
    """The linear maps of a block: where each stands, what it is called there, the map, its whole name."""
    for name, parent in block.named_modules(prefix=prefix):
        for child, module in parent.named_children():
            if isinstance(module, nn.Linear):
                yield parent, child, module, f"{name}.{child}"
