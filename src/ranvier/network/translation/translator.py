"""A whole network that translates: fed from the block of texts, it gives the ids of another text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from ...catalog import load
from ..in_use import in_use
from .search import search

BEAMS, STRENGTH = 4, 0.6
"""How many beginnings a search keeps, and how strongly it is kept from short texts (Wu et al. 2016)."""

TOGETHER = 64
"""So many texts are searched for together."""

TOLD, FORCED = 32, 4
"""Of so many ids the golden examples tell the logits, at so many places."""


class Translator(nn.Module):
    """Texts to texts.

    Args:
        size: V_s, how many ids are read.
        target: V, how many are written; the last one ends a text.
        network: the name of a network that translates, or a mapping of ``name`` and options.
        length: how many tokens a text has on average, for the count of multiplications.
        ratio: a text has at most so many tokens for each that is read, and ten more.
    """

    role: ClassVar[str] = "whole"

    def __init__(
        self,
        *,
        size: int,
        target: int,
        network: str | Mapping[str, Any],
        length: float = 1.0,
        ratio: float = 2.0,
    ) -> None:
        super().__init__()
        options = {"name": network} if isinstance(network, str) else dict(network)
        self.network = load("networks", options.pop("name"))(size, target, **options)
        self.end, self.ratio = target - 1, ratio
        self.multiplications = round(length * int(self.network.multiplications))

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        self.network.reset(generator)

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """The block ``text`` (B, S) to the ids (B, T) of its translation, as floats; NaN behind.

        Where the block ``said`` (B, T) tells what is to be written (-1 in the padding), the logits (B, T, V) of each
        token, given those before it.
        """
        source = inputs["text"]
        if "said" in inputs:
            logits: Tensor = self.network(source, self.before(inputs["said"]))
            return logits
        return self.written(source, BEAMS, STRENGTH)

    def before(self, said: Tensor) -> Tensor:
        """(B, T) what stands before each token: the end of another text, then the tokens but the last."""
        first = said.new_full((len(said), 1), self.end)
        return torch.cat([first, said[:, :-1].clamp_min(0)], dim=1)

    def written(self, source: Tensor, beams: int, strength: float) -> Tensor:
        """The ids (B, T) of the translations of a source (B, S), as floats; NaN behind."""
        limits = (self.ratio * (source != 0).sum(dim=1)).long() + 10
        parts = [
            search(self.network, *few, self.end, beams=beams, strength=strength)
            for few in zip(torch.split(source, TOGETHER), torch.split(limits, TOGETHER))
        ]
        longest = max(part.shape[1] for part in parts)
        found = torch.cat([nn.functional.pad(part, (0, longest - part.shape[1]), value=-1) for part in parts])
        return found.float().masked_fill(found < 0, torch.nan)

    @torch.no_grad()
    def told(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """What the golden examples of a model file hold: logits (B, 4, 32) of the first ids, at the first places.

        A text would not do: where two are about as probable, which is found depends on the processor's rounding.
        """
        source = inputs["text"]
        said = torch.arange(2, 2 + FORCED, device=source.device).clamp_max(self.end).expand(len(source), -1)
        with in_use(self):
            logits: Tensor = self.network(source, self.before(said))[:, :, :TOLD]
        return logits.flatten(1)
