"""A lexicon within a network: what each token of the source likely means (Arthur, Neubig & Nakamura, EMNLP 2016).

    p_v = sum_j a_j t(v | source_j),   the logit of v grows by log(1 + p_v / epsilon)

a are the weights by which a place looks at the source, t the chances of the lexicon. So the network need not learn from
scratch which word stands for which, but where to look, which is much quicker to learn from few texts. A lexicon that is
not filled adds nothing. It does not learn itself.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPSILON = 1e-3
ENTRIES = 16
"""So many of the likeliest meanings of each id are kept."""


class Lexicon(nn.Module):
    """For each id of the source its likeliest ids of the target.

    Args:
        source: V_s.
        target: V.
    """

    ids: Tensor
    chances: Tensor

    def __init__(self, source: int, target: int) -> None:
        super().__init__()
        self.target = target
        self.register_buffer("ids", torch.zeros(source, ENTRIES, dtype=torch.long))
        self.register_buffer("chances", torch.zeros(source, ENTRIES))

    @torch.no_grad()
    def fill(self, source: Tensor, target: Tensor, chances: Tensor) -> None:
        """Take over t(target | source), entry by entry (L,); of each source id the likeliest are kept."""
        order = torch.argsort(chances, descending=True, stable=True)
        order = order[torch.argsort(source[order], stable=True)]
        source, target, chances = source[order], target[order], chances[order]
        first = torch.searchsorted(source, source)
        place = torch.arange(len(source)) - first
        kept = place < ENTRIES
        self.ids[source[kept], place[kept]] = target[kept]
        self.chances[source[kept], place[kept]] = chances[kept].to(self.chances.dtype)

    def forward(self, source: Tensor, weights: Tensor) -> Tensor:
        """What is added to the logits (B, T, V), from the source (B, S) and the weights (B, T, S)."""
        table = weights.new_zeros(*source.shape, self.target)
        table.scatter_add_(2, self.ids[source], self.chances[source].to(table.dtype))
        added: Tensor = torch.log1p(weights @ table / EPSILON)
        return added

    def step(self, source: Tensor, weights: Tensor) -> Tensor:
        """The same (B, V) for one place, whose weights are (B, S)."""
        shares = (weights.unsqueeze(2) * self.chances[source]).flatten(1)  # (B, S entries)
        p = weights.new_zeros(len(source), self.target).scatter_add(1, self.ids[source].flatten(1), shares)
        return torch.log1p(p / EPSILON)
