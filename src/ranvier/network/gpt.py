"""GPT: a Transformer that looks back only, and says what comes next (Radford et al. 2018, 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn

from ..limits import ActivationName, Count, Fraction
from .attention import KeysAndValues, Positions
from .grams import Grams
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
        grams: a place is also told the n-grams of up to so many tokens that end there (``grams.Grams``); 1 for none.
        rows: of the table of the n-grams of each length.
        hidden: the share of the n-grams that a place is not told in training.

    Attributes:
        multiplications: for one token, about.
    """

    role: ClassVar[str] = "language"
    rates: ClassVar[dict[str, float]] = {"adamw": 2e-3, "muon": 1e-2}
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
        grams: Count = 1,
        rows: Count = 32_768,
        hidden: Fraction = 0.0,
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
        self.grams = Grams(width, longest=grams, rows=rows, hidden=hidden) if grams > 1 else None
        if self.grams is not None:
            self.multiplications += self.grams.multiplications
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        nn.init.normal_(self.embedding.weight, 0.0, 0.02, generator=generator)
        reset_blocks(self.blocks, generator, len(self.blocks))
        self.places.reset(generator)
        if self.grams is not None:
            self.grams.reset(generator)
        self.norm.reset_parameters()

    def forward(self, ids: Tensor, memory: Memory | None = None) -> Tensor:
        """The logits of the next token after each of T tokens.

        Args:
            ids: (B, T) int64.
            memory: of the tokens before these (``memory``); it then holds these too.

        Returns:
            (B, T, V).
        """
        x = self.embedding(ids)
        if self.grams is not None:
            seen = ids if memory is None else torch.cat([memory.ids, ids], dim=1)
            x = x + self.grams(seen)[:, seen.shape[1] - ids.shape[1] :]
        x, turned = self.places(x, memory.filled if memory else 0)
        x = self.dropout(x)
        for number, block in enumerate(self.blocks):
            x = block(x, causal=True, turned=turned, cache=memory.blocks[number] if memory else None)
        if memory is not None:
            whole = torch.cat([memory.ids, ids], dim=1)
            memory.ids = whole[:, max(whole.shape[1] - self.reach + 1, 0) :]
        logits: Tensor = self.norm(x) @ self.embedding.weight.T
        return logits

    @property
    def reach(self) -> int:
        """So many tokens, with that of the place itself, are told to a place before there is any attention."""
        return self.grams.longest if self.grams else 1

    def memory(self, rows: int = 1) -> Memory:
        """An empty memory for ``rows`` texts of up to ``length`` tokens."""
        block: Block = self.blocks[0]  # type: ignore[assignment]
        heads = block.attention.heads
        blocks = [KeysAndValues(rows, heads, self.length, self.width // heads) for _ in self.blocks]
        return Memory(blocks, torch.zeros(rows, 0, dtype=torch.int64))


@dataclass
class Memory:
    """What a network remembers of the tokens so far, so that it need not compute it again for a further one.

    Args:
        blocks: the keys and values of each block.
        ids: (B, n) the last tokens, as many as the next one's n-grams reach back.
    """

    blocks: list[KeysAndValues]
    ids: Tensor

    @property
    def filled(self) -> int:
        """How many tokens there have been."""
        return self.blocks[0].filled
