"""The Transformer (Vaswani et al. 2017): blocks of attention and a small network for each place."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor, nn

from ..catalog import load
from ..errors import Mistake, SpecError
from ..limits import ActivationName, Count, Fraction
from .attention import KeysAndValues, MultiHeadAttention, Positions, rotations, sinusoids
from .layers import embedding, linear

Norm = Literal["pre", "post"]
"""Where the normalisation is: before each part of a block (Xiong et al. 2020), or after it, as in the paper of 2017."""


class Block(nn.Module):
    """One block: attention, then a perceptron for each place, each added to what came in.

        pre:   y = x + attention(norm(x)),  z = y + feed(norm(y))
        post:  y = norm(x + attention(x)),  z = norm(y + feed(y))

    Args:
        width: E.
        heads: of the attention.
        feed: how many times E wide the hidden layer of the perceptron is.
        dropout: of what each part adds.
        activation: of the perceptron.
        norm: ``pre`` or ``post``.
        asks: whether, between the two, there is attention to a memory, as in a decoder.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        feed: int = 4,
        dropout: float = 0.0,
        activation: str = "gelu",
        norm: Norm = "pre",
        asks: bool = False,
    ) -> None:
        super().__init__()
        self.pre = norm == "pre"
        self.attention = MultiHeadAttention(width, heads)
        self.crossing = MultiHeadAttention(width, heads) if asks else None
        self.feed = nn.Sequential(
            linear(width, feed * width), load("activations", activation)(), linear(feed * width, width)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3 if asks else 2))
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        *,
        causal: bool = False,
        turned: Tensor | None = None,
        cache: KeysAndValues | None = None,
        memory: Tensor | tuple[Tensor, Tensor] | None = None,
        memory_mask: Tensor | None = None,
    ) -> Tensor:
        """(B, T, E) to the same; the arguments are those of ``MultiHeadAttention``."""
        seen = self.norms[0](x) if self.pre else x
        x = self._added(x, self.attention(seen, None, mask, causal=causal, turned=turned, cache=cache), 0)
        if self.crossing is not None:
            seen = self.norms[2](x) if self.pre else x
            x = self._added(x, self.crossing(seen, memory, memory_mask), 2)
        return self._added(x, self.feed(self.norms[1](x) if self.pre else x), 1)

    def _added(self, x: Tensor, change: Tensor, norm: int) -> Tensor:
        y: Tensor = x + self.dropout(change)
        return y if self.pre else self.norms[norm](y)


@torch.no_grad()
def reset_blocks(blocks: nn.Module, generator: Generator, layers: int) -> None:
    """Draw the weights of blocks anew: N(0, 1 / (3 n_in)), which for GPT-2's width of 768 is its deviation of 0.02.

    Those of what a block adds are smaller by sqrt(2 layers) (Radford et al. 2019), so that the sum does not grow with
    the depth. Biases are zero.
    """
    for name, module in blocks.named_modules():
        if isinstance(module, nn.Linear):
            adds = name.endswith(("joined", "feed.2"))
            std = 1 / math.sqrt(3 * module.in_features * (2 * layers if adds else 1))
            module.weight.normal_(0.0, std, generator=generator)
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, nn.LayerNorm):
            module.reset_parameters()


class Places(nn.Module):
    """What tells a network the order of the places.

    Args:
        positions: sinusoidal, learned or rotary.
        width: E.
        heads: of the attention, whose features rotary positions turn.
        length: so many places at most; sines and rotary angles are made longer where more are asked for.

    Raises:
        SpecError: rotary positions are to turn pairs, and a head has an odd number of features.
    """

    def __init__(self, positions: Positions, width: int, heads: int, length: int) -> None:
        super().__init__()
        self.positions, self.width, self.head = positions, width, width // heads
        if positions == "rotary" and self.head % 2:
            raise SpecError(
                Mistake(
                    f"rotary positions turn pairs of features, and {heads} heads of {width} features have {self.head} "
                    "each",
                    "an even number",
                    f"for example network.width = {heads * (self.head + 1)}, or other positions",
                )
            )
        self.learnt = embedding(length, width) if positions == "learned" else None
        self.register_buffer("pattern", self._made(length), persistent=False)
        self.pattern: Tensor

    def _made(self, length: int) -> Tensor:
        if self.positions == "rotary":
            return rotations(length, self.head)
        return sinusoids(length, self.width) if self.positions == "sinusoidal" else torch.empty(0, 0)

    def reset(self, generator: Generator) -> None:
        """Draw learned positions anew."""
        if self.learnt is not None:
            nn.init.normal_(self.learnt.weight, 0.0, 0.02, generator=generator)

    def forward(self, x: Tensor, first: int = 0) -> tuple[Tensor, Tensor | None]:
        """(B, T, E), with the places' vectors added, and the angles for the attention where places are turned.

        Args:
            x: of the places ``first``, ``first + 1``, ...
            first: the place of the first.
        """
        end = first + x.shape[1]
        if self.learnt is not None:
            last = self.learnt.num_embeddings - 1  # places beyond those learnt are taken for the last
            place = torch.arange(first, end, device=x.device).clamp_max(last)
            return x + self.learnt(place), None
        if end > self.pattern.shape[-2]:
            self.pattern = self._made(2 * end).to(x.device)
        pattern = self.pattern[..., first:end, :]
        return (x, pattern) if self.positions == "rotary" else (x + pattern, None)


class Transformer(nn.Module):
    """The encoder of a Transformer: every place looks at every other.

    Args:
        inputs: D, the width of what each place is given.
        layers: how many blocks.
        width: E.
        heads: of each attention.
        feed: how many times E wide the hidden layer of a block is.
        dropout: of what each part adds, and of what goes in.
        activation: of a block's perceptron.
        norm: ``pre`` or ``post``.
        positions: sinusoidal, learned (up to 512 places; those beyond are taken for the last) or rotary.

    Attributes:
        outputs: E.
    """

    role: ClassVar[str] = "sequence"
    reads: ClassVar[tuple[str, ...]] = ("text", "series", "audio")
    defaults: ClassVar[dict[str, object]] = {"training.learning_rate": 1e-3, "regularization.clip": 1.0}
    LENGTH: ClassVar[int] = 512

    def __init__(
        self,
        inputs: int,
        *,
        layers: Count = 2,
        width: Count = 64,
        heads: Count = 4,
        feed: Count = 4,
        dropout: Fraction = 0.1,
        activation: ActivationName = "gelu",
        norm: Norm = "pre",
        positions: Positions = "rotary",
    ) -> None:
        super().__init__()
        self.outputs = width
        self.inward = linear(inputs, width)
        self.places = Places(positions, width, heads, self.LENGTH)
        self.blocks = nn.ModuleList(
            Block(width, heads, feed=feed, dropout=dropout, activation=activation, norm=norm)
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width) if norm == "pre" else nn.Identity()
        self.dropout = nn.Dropout(dropout)
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        reset_blocks(self.blocks, generator, len(self.blocks))
        nn.init.normal_(self.inward.weight, 0.0, 1 / math.sqrt(self.inward.in_features), generator=generator)
        nn.init.zeros_(self.inward.bias)
        self.places.reset(generator)
        if isinstance(self.norm, nn.LayerNorm):
            self.norm.reset_parameters()

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) with ``mask`` (B, T), true where a place is there, to (B, T, E)."""
        x, turned = self.places(self.inward(x))
        x = self.dropout(x)
        for block in self.blocks:
            x = block(x, mask, turned=turned)
        y: Tensor = self.norm(x)
        return y
