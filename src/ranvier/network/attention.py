"""Attention: each place of a sequence asks all others, and takes what answers (Vaswani et al. 2017).

    attention(Q, K, V) = softmax(Q K^T / sqrt(d)) V

B rows, T places that ask and S that are asked, E features, H heads of d = E / H features each.

Masks are true where a place may be looked at. A place that may look at nothing gets zeros.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..errors import Mistake, SpecError
from .in_use import device_of, in_use
from .layers import linear

Positions = Literal["sinusoidal", "learned", "rotary"]
"""How a network knows the order: a pattern of sines that is added, vectors that are learnt and added, or keys and
queries that are turned (Su et al. 2021)."""


BY_PRODUCTS = 512
"""Of so many places at most all pairs are compared at once, where that is quicker."""


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Scaled dot-product attention, as the formula has it.

    Args:
        q: queries (..., T, d).
        k: keys (..., S, d).
        v: values (..., S, e).
        mask: (..., T, S), or what spreads to it: true where a query may look at a key.

    Returns:
        What each query takes (..., T, e), and the weights (..., T, S) by which it does: the map.

    >>> q = k = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> taken, weights = attention(q, k, torch.tensor([[10.0], [20.0]]))
    >>> taken.squeeze(1)
    tensor([13.3024, 16.6976])
    """
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (..., T, S)
    if mask is None:
        weights = scores.softmax(dim=-1)
    else:
        weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=-1)
        weights = weights.masked_fill(~mask.any(dim=-1, keepdim=True), 0.0)  # nothing to look at
    return weights @ v, weights


def causal_mask(asking: int, asked: int, device: torch.device | str | None = None) -> Tensor:
    """(T, S) true where a place may look at itself and at what came before; the last of both is the same place.

    >>> causal_mask(2, 3)
    tensor([[ True,  True, False],
            [ True,  True,  True]])
    """
    full = torch.ones(asking, asked, dtype=torch.bool, device=device)
    return full.tril(diagonal=asked - asking)


def sinusoids(length: int, width: int) -> Tensor:
    """(length, width) the pattern of sines and cosines of Vaswani et al. 2017, section 3.5.

    P[t, 2i] = sin(t / 10000^(2i / width)), P[t, 2i + 1] = cos of the same.
    """
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angles = torch.arange(length).unsqueeze(1) * rates
    pattern = torch.zeros(length, width)
    pattern[:, 0::2] = angles.sin()
    pattern[:, 1::2] = angles.cos()[:, : width // 2]
    return pattern


def rotations(length: int, width: int) -> Tensor:
    """(2, length, width / 2) cosines and sines of the angles by which rotary positions turn pairs of features."""
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angles = torch.arange(length).unsqueeze(1) * rates
    return torch.stack([angles.cos(), angles.sin()])


def rotate(x: Tensor, turned: Tensor) -> Tensor:
    """Turn the features i and i + d / 2 of each place by its angle: (..., T, d) with ``turned`` (2, T, d / 2).

    The product of a query and a key then depends on how far apart they are, and on their places in no other way.
    """
    cosine, sine = turned.to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)


class KeysAndValues:
    """What a layer has computed of the places so far, so that a further place need not compute it again.

    Args:
        rows: B.
        heads: H.
        length: so many places at most.
        width: d.
    """

    def __init__(self, rows: int, heads: int, length: int, width: int) -> None:
        self.keys = torch.empty(rows, heads, length, width)
        self.values = torch.empty(rows, heads, length, width)
        self.filled = 0

    @classmethod
    def before(cls, keys: Tensor, values: Tensor) -> KeysAndValues:
        """Those (B, H, T, d) of the T places so far, with room for one more."""
        made = cls(0, 0, 0, 0)
        room = keys.new_empty(*keys.shape[:2], 1, keys.shape[3])
        made.keys, made.values = torch.cat([keys, room], dim=2), torch.cat([values, room], dim=2)
        made.filled = keys.shape[2]
        return made

    def add(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Remember keys and values (B, H, T, d) of T further places; gives those of all places so far."""
        end = self.filled + k.shape[2]
        self.keys[:, :, self.filled : end] = k
        self.values[:, :, self.filled : end] = v
        self.filled = end
        return self.keys[:, :, :end], self.values[:, :, :end]


class MultiHeadAttention(nn.Module):
    """Several attentions side by side, each of its own projections, joined by one more (Vaswani et al. 2017, 3.2.2).

    Args:
        width: E; a multiple of ``heads``.
        heads: H.
        bias: whether the projections have one.

    Attributes:
        maps: the weights (B, H, T, S) of the last forward pass, within ``attention_maps``; else None.

    Raises:
        SpecError: the heads do not divide the width.
    """

    def __init__(self, width: int, heads: int, *, bias: bool = True) -> None:
        super().__init__()
        if width % heads:
            raise SpecError(
                Mistake(
                    f"{heads} heads of attention cannot share {width} features",
                    "a width that is a multiple of heads",
                    f"for example network.width = {heads * math.ceil(width / heads)}",
                )
            )
        self.heads = heads
        self.query, self.key, self.value, self.joined = (linear(width, width, bias=bias) for _ in range(4))
        self.kept = False
        self.maps: Tensor | None = None

    def forward(
        self,
        x: Tensor,
        memory: Tensor | tuple[Tensor, Tensor] | None = None,
        mask: Tensor | None = None,
        *,
        causal: bool = False,
        turned: Tensor | None = None,
        cache: KeysAndValues | None = None,
    ) -> Tensor:
        """What each place takes from the others.

        Args:
            x: (B, T, E) the places that ask.
            memory: (B, S, E) those that are asked, or what ``known`` gave for them; None asks ``x`` itself.
            mask: (B, S) true where a place is there, or (B, T, S) true where it may be looked at; None for all.
            causal: whether a place may only look at itself and what came before.
            turned: rotary angles of the places of ``x`` (``rotations``); where there are none, keys are not turned.
            cache: of the places before those of ``x``.

        Returns:
            (B, T, E).
        """
        q = self._apart(self.query(x))
        k, v = memory if isinstance(memory, tuple) else self.known(x if memory is None else memory)
        if turned is not None:
            q, k = rotate(q, turned), rotate(k, turned)
        if cache is not None:
            k, v = cache.add(k, v)
        taken = self._attend(q, k, v, mask, causal)  # (B, H, T, d)
        together: Tensor = self.joined(taken.transpose(1, 2).flatten(2))  # (B, T, E)
        return together

    def known(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values (B, H, S, d) of those that are asked (B, S, E), to be asked more than once."""
        return self._apart(self.key(memory)), self._apart(self.value(memory))

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
        """By the formula where the map is to be read, else by torch's fused kernel, which gives the same."""
        asking, asked = q.shape[2], k.shape[2]
        whole_square = causal and asking == asked and mask is None
        if mask is not None:
            mask = mask[:, None, None, :] if mask.ndim == 2 else mask[:, None]  # (B, 1, T or 1, S)
        if causal and asking > 1 and not (whole_square and not self.kept):
            seen = causal_mask(asking, asked, q.device)
            mask = seen if mask is None else mask & seen
        if self.kept:
            taken, self.maps = attention(q, k, v, mask)
            return taken
        if mask is None:
            if q.dtype == torch.bfloat16 and q.device.type == "cpu" and asking <= BY_PRODUCTS:
                return _by_products(q, k, v, causal and asking > 1)
            return F.scaled_dot_product_attention(q, k, v, is_causal=whole_square and asking > 1)
        some = mask.any(dim=-1, keepdim=True)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask | ~some).masked_fill(~some, 0.0)

    def _apart(self, x: Tensor) -> Tensor:
        """(B, T, E) to heads (B, H, T, d)."""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Looks(nn.Module):
    """The weights of an attention that is no ``MultiHeadAttention``: they pass through it, to be read as a map.

    Attributes:
        maps: the weights (B, 1, T, S) of the last forward pass, within ``attention_maps``; else None.
    """

    def __init__(self) -> None:
        super().__init__()
        self.kept = False
        self.maps: Tensor | None = None

    def forward(self, weights: Tensor) -> Tensor:
        """(B, T, S) to the same."""
        if self.kept:
            self.maps = weights.unsqueeze(1)
        return weights


def _by_products(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Attention by two products of matrices: of 16-bit numbers on a CPU a sixth of the time of torch's fused kernel."""
    asking, asked = q.shape[2], k.shape[2]
    allowed = q.new_zeros(asking, asked)
    if causal:
        allowed.masked_fill_(~causal_mask(asking, asked, q.device), -torch.inf)
    keys = k.flatten(0, 1).transpose(1, 2)  # (B H, d, S)
    scores = torch.baddbmm(allowed, q.flatten(0, 1), keys, alpha=1 / math.sqrt(q.shape[-1]))
    return (scores.softmax(dim=-1) @ v.flatten(0, 1)).view(*q.shape[:3], v.shape[-1])


@contextmanager
def attention_maps(network: nn.Module) -> Iterator[dict[str, MultiHeadAttention | Looks]]:
    """Let every attention layer of a network keep its map while the block runs; gives the layers by their names.

    >>> layer = MultiHeadAttention(4, 2)
    >>> with attention_maps(layer) as layers:
    ...     _ = layer(torch.zeros(1, 3, 4))
    ...     layers[""].maps[0, 0]
    tensor([[0.3333, 0.3333, 0.3333],
            [0.3333, 0.3333, 0.3333],
            [0.3333, 0.3333, 0.3333]], grad_fn=<SelectBackward0>)
    """
    kinds = (MultiHeadAttention, Looks)
    layers = {name: each for name, each in network.named_modules() if isinstance(each, kinds)}
    for each in layers.values():
        each.kept = True
    try:
        yield layers
    finally:
        for each in layers.values():
            each.kept, each.maps = False, None


@torch.no_grad()
def read_maps(network: nn.Module, inputs: Mapping[str, Tensor] | Tensor) -> dict[str, Tensor]:
    """The maps (B, H, T, S) of every attention layer of a network in one pass, by the layers' names, in their order.

    Args:
        network: any; one without such layers has no maps. It is in evaluation mode for that pass.
        inputs: what its ``forward`` takes.
    """
    device = device_of(network)
    fed = inputs.to(device) if isinstance(inputs, Tensor) else {n: x.to(device) for n, x in inputs.items()}
    with in_use(network), attention_maps(network) as layers:
        if layers:
            network(fed)
        return {name: each.maps for name, each in layers.items() if each.maps is not None}
