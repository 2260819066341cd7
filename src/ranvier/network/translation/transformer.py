"""The Transformer as it was published: an encoder and a decoder (Vaswani et al. 2017)."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from ...limits import ActivationName, Count, Fraction
from ..attention import KeysAndValues, Looks, Positions, attention
from ..initializers import initialize
from ..layers import embedding, linear
from ..transformer import Block, Norm, Places, reset_blocks
from .lexicon import Lexicon
from .pace import pace
from .search import State


class TransformerTranslator(nn.Module):
    """Blocks that read, and blocks that write, which look at what was said and ask what was read.

    The vectors of the target's tokens are also the last layer's weight (Press & Wolf 2017). One more attention, of a
    single head, says at which token of the source each place looks, for the lexicon (``lexicon``).

    Args:
        source: V_s.
        target: V.
        layers: how many blocks read, and how many write.
        width: E.
        heads: of each attention.
        feed: how many times E wide the hidden layer of a block is.
        dropout: of what each part adds, and of what goes in.
        activation: of a block's perceptron.
        positions: rotary, learned or sinusoidal.
        norm: before each part of a block, or after it, as published.

    Attributes:
        multiplications: for one token on each side, about.
    """

    LENGTH: ClassVar[int] = 512
    """So many places are learnt, where they are; other positions have no end."""

    role: ClassVar[str] = "translator"
    defaults: ClassVar[dict[str, object]] = {
        "training.optimizer": {"name": "muon", "weight_decay": 0.1},
        "training.learning_rate": 4e-3,
        "regularization.clip": 1.0,
    }
    pace = staticmethod(pace)

    def __init__(
        self,
        source: int,
        target: int,
        *,
        layers: Count = 2,
        width: Count = 128,
        heads: Count = 4,
        feed: Count = 4,
        dropout: Fraction = 0.2,
        activation: ActivationName = "gelu",
        positions: Positions = "rotary",
        norm: Norm = "pre",
    ) -> None:
        super().__init__()
        self.source, self.target = embedding(source, width), embedding(target, width)
        self.places = nn.ModuleList(Places(positions, width, heads, self.LENGTH) for _ in range(2))
        shape: dict[str, Any] = {"feed": feed, "dropout": dropout, "activation": activation, "norm": norm}
        self.encoder = nn.ModuleList(Block(width, heads, **shape) for _ in range(layers))
        self.decoder = nn.ModuleList(Block(width, heads, asks=True, **shape) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(width) if norm == "pre" else nn.Identity() for _ in range(2))
        self.query, self.key = (linear(width, width, bias=False) for _ in range(2))
        self.looks = Looks()
        self.lexicon = Lexicon(source, target)
        self.dropout = nn.Dropout(dropout)
        self.multiplications = sum(p.numel() for p in self.parameters()) - self.source.weight.numel()
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        for table in (self.source, self.target):
            nn.init.normal_(table.weight, 0.0, 1 / math.sqrt(table.embedding_dim), generator=generator)
        for blocks in (self.encoder, self.decoder):
            reset_blocks(blocks, generator, len(blocks))
        for layer in (self.query, self.key):
            initialize(layer, generator, initializer="xavier_uniform", gain=1.0)
        for places in self.places:
            places.reset(generator)  # type: ignore[operator]
        for norm in self.norms:
            if isinstance(norm, nn.LayerNorm):
                norm.reset_parameters()

    def read(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Ids (B, S) to what each is taken for (B, S, E), and where one is (B, S)."""
        mask = source != 0
        x, turned = self.places[0](self.dropout(self.source(source)))
        for block in self.encoder:
            x = block(x, mask, turned=turned)
        return self.norms[0](x), mask

    def forward(self, source: Tensor, said: Tensor) -> Tensor:
        """Ids (B, S) that are read and (B, T) that are said to logits (B, T, V)."""
        x, weights = self._written(source, said)
        logits: Tensor = self._logits(x) + self.lexicon(source, weights)
        return logits

    def begin(self, source: Tensor) -> State:
        """What is known once the source (B, S) is read: keys and values (B, L, H, S or 0, d) of each of L blocks."""
        memory, mask = self.read(source)
        blocks: list[Any] = list(self.decoder)
        known = [block.crossing.known(memory) for block in blocks]
        keys, values = (torch.stack(each, dim=1) for each in zip(*known))
        none = keys[:, :, :, :0]
        own = {"source": source, "looked": self.key(memory), "mask": mask}
        return {**own, "keys": keys, "values": values, "said_keys": none, "said_values": none}

    def next(self, said: Tensor, state: State) -> tuple[Tensor, State]:
        """The logits (B, V) of what comes after a token (B,) that was said, and what is known then."""
        place = state["said_keys"].shape[3]
        x, turned = self.places[1](self.dropout(self.target(said.unsqueeze(1))), place)
        keys, values = [], []
        for number, block in enumerate(self.decoder):
            cache = KeysAndValues.before(state["said_keys"][:, number], state["said_values"][:, number])
            memory = state["keys"][:, number], state["values"][:, number]
            x = block(x, turned=turned, cache=cache, memory=memory, memory_mask=state["mask"])
            keys.append(cache.keys)
            values.append(cache.values)
        told = {"said_keys": torch.stack(keys, dim=1), "said_values": torch.stack(values, dim=1)}
        x = self.norms[1](x)
        weights = self._looks(x, state["looked"], state["mask"]).squeeze(1)
        added = self.lexicon.step(state["source"], weights)
        return self._logits(x).squeeze(1) + added, {**state, **told}

    def maps(self, source: Tensor, said: Tensor) -> Tensor:
        """The weights (B, T, S) by which each place looked up the source in the lexicon."""
        return self._written(source, said)[1]

    def _written(self, source: Tensor, said: Tensor) -> tuple[Tensor, Tensor]:
        """The features (B, T, E) of what is said, and the weights (B, T, S) by which they look at the source."""
        memory, mask = self.read(source)
        x, turned = self.places[1](self.dropout(self.target(said)))
        for block in self.decoder:
            x = block(x, causal=True, turned=turned, memory=memory, memory_mask=mask)
        x = self.norms[1](x)
        return x, self._looks(x, self.key(memory), mask)

    def _looks(self, x: Tensor, looked: Tensor, mask: Tensor) -> Tensor:
        """(B, T, E) and keys (B, S, E) to weights (B, T, S)."""
        weights: Tensor = self.looks(attention(self.query(x), looked, looked, mask.unsqueeze(1))[1])
        return weights

    def _logits(self, x: Tensor) -> Tensor:
        logits: Tensor = x @ self.target.weight.T
        return logits
