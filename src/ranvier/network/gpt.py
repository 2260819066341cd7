"""GPT: a Transformer that looks back only, and says what comes next (Radford et al. 2018, 2019)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Generator, Tensor, nn

from ..limits import ActivationName, Count, Fraction
from .attention import KeysAndValues, Positions
from .layers import embedding
from .transformer import Block, Places, reset_blocks


class GPT(nn.Module):
    """A whole network: from the ids of a text's tokens to what the next token may be, at each place.

    The table of the tokens' vectors is also the last layer's weight (Press & Wolf 2017): a place's features are
    compared with each token's vector.

    Args:
        size: V, how many ids there are.
        layers: how many blocks.
        width: E.
        heads: of each attention.
        length: T, so many tokens are looked at together.
        feed: how many times E wide the hidden layer of a block is.
        dropout: of what each part adds, and of what goes in.
        activation: of a block's perceptron.
        positions: rotary, learned or sinusoidal.

    Attributes:
        multiplications: for one token, about.
    """

    role: ClassVar[str] = "language"
    rates: ClassVar[dict[str, float]] = {"adamw": 2e-3, "muon": 4e-3}
    """Learning rates that suit it, by optimizer."""

    def __init__(
        self,
        size: int,
        *,
        layers: Count = 4,
        width: Count = 192,
        heads: Count = 4,
        length: Count = 256,
        feed: Count = 4,
        dropout: Fraction = 0.1,
        activation: ActivationName = "gelu",
        positions: Positions = "rotary",
    ) -> None:
        super().__init__()
        self.size, self.length, self.width = size, length, width
        self.embedding = embedding(size, width)
        self.places = Places(positions, width, heads, length)
        self.blocks = nn.ModuleList(
            Block(width, heads, feed=feed, dropout=dropout, activation=activation) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.multiplications = sum(p.numel() for p in self.parameters()) + 2 * layers * length * width
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        nn.init.normal_(self.embedding.weight, 0.0, 0.02, generator=generator)
        reset_blocks(self.blocks, generator, len(self.blocks))
        self.places.reset(generator)
        self.norm.reset_parameters()

    def forward(self, ids: Tensor, cache: list[KeysAndValues] | None = None) -> Tensor:
        """The logits of the next token after each of T tokens.

        Args:
            ids: (B, T) int64.
            cache: of the tokens before these (``cache``); it then holds these too.

        Returns:
            (B, T, V).
        """
        first = cache[0].filled if cache else 0
        x, turned = self.places(self.embedding(ids), first)
        x = self.dropout(x)
        for number, block in enumerate(self.blocks):
            x = block(x, causal=True, turned=turned, cache=cache[number] if cache else None)
        logits: Tensor = self.norm(x) @ self.embedding.weight.T
        return logits

    def cache(self, rows: int = 1) -> list[KeysAndValues]:
        """An empty memory of keys and values for ``rows`` texts of up to ``length`` tokens."""
        block: Block = self.blocks[0]  # type: ignore[assignment]
        heads = block.attention.heads
        return [KeysAndValues(rows, heads, self.length, self.width // heads) for _ in self.blocks]
