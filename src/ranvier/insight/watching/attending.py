"""Sees the weights of every attention in one pass, whether torch's modules or its function compute them."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .recording import AttentionSample

MOST_ROWS, MOST_QUERIES = 8, 32
"""So many rows and queries of each attention are looked at."""

FEWEST = 4
"""Keys, below which nothing is said of one."""


class Attending(TorchFunctionMode):
    """While it is active, ``samples`` gets a line for each attention that the network computes.

    The weights are computed once more, of a few rows, so that what the network computes stays as it was.

    Args:
        network: whose modules give the places their names.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.samples: list[AttentionSample] = []
        self._network = network
        self._open: list[str] = []
        self._hooks: list[Any] = []

    def __enter__(self) -> Attending:
        """Follow the modules, and look on."""
        # none on the network itself: what looks on for one pass is taken away within a hook of it
        for name, module in self._network.named_modules():
            if name and any(True for _ in module.children()):
                self._hooks.append(module.register_forward_pre_hook(self._enter(name)))
                self._hooks.append(module.register_forward_hook(self._leave, always_call=True))
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: object) -> None:
        """Take the hooks away."""
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def _enter(self, name: str) -> Any:
        return lambda module, inputs: self._open.append(name)

    def _leave(self, *_: Any) -> None:
        if self._open:
            self._open.pop()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Make the call, and look at it."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if func is F.multi_head_attention_forward or func is F.scaled_dot_product_attention:
            with torch.no_grad():
                look = _of_module if func is F.multi_head_attention_forward else _of_function
                weights = look(*args, **kwargs)
            if weights is not None and (sample := self._sample(weights)):
                self.samples.append(sample)
        return result

    def _sample(self, weights: Tensor) -> AttentionSample | None:
        """What weights (B, H, Q, S) are like; each row of them sums to 1, and what a query may not see is 0."""
        if weights.shape[-1] < FEWEST or not bool(torch.isfinite(weights).all()):
            return None
        top = weights.mean(2).amax(-1).mean(0).min()
        seen = (weights > 0).sum(-1).clamp_min(1)
        entropy = -torch.special.xlogy(weights, weights).sum(-1)
        uneven = (seen.to(weights.dtype).log() - entropy).mean((0, 2)).max()
        name = self._open[-1] if self._open else ""
        return AttentionSample(name or "network", float(top), max(0.0, float(uneven)))


def _of_function(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    **options: Any,
) -> Tensor | None:
    """(B, H, Q, S): softmax(q k' / sqrt(d) + mask) of some rows and queries."""
    if query.ndim != 4 or key.shape[1] != query.shape[1]:
        return None
    asked = torch.linspace(0, query.shape[2] - 1, min(MOST_QUERIES, query.shape[2])).long().to(query.device)
    scale = options.get("scale") or 1.0 / math.sqrt(query.shape[-1])
    scores = (query[:MOST_ROWS, :, asked] @ key[:MOST_ROWS].transpose(-2, -1)).float() * scale
    if is_causal:
        later = torch.arange(key.shape[2], device=key.device) > asked[:, None]
        scores = scores.masked_fill(later, -math.inf)
    if attn_mask is not None:
        mask = attn_mask.expand(*query.shape[:-1], key.shape[2])[:MOST_ROWS, :, asked]
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
    return scores.softmax(-1)


def _of_module(query: Tensor, key: Tensor, value: Tensor, *args: Any, **kwargs: Any) -> Tensor | None:
    """(B, H, T, S) of some rows, as torch computes them for who asks; inputs are (T, B, E)."""
    mask, padding = kwargs.get("attn_mask"), kwargs.get("key_padding_mask")
    if query.ndim != 3 or (mask is not None and mask.ndim == 3):
        return None
    few = {
        **kwargs,
        "need_weights": True,
        "average_attn_weights": False,
        "training": False,
        "key_padding_mask": None if padding is None else padding[:MOST_ROWS],
        "is_causal": False,
    }
    if kwargs.get("is_causal") and mask is None:
        return None
    attend: Any = F.multi_head_attention_forward
    weights: Tensor | None = attend(*(t[:, :MOST_ROWS] for t in (query, key, value)), *args, **few)[1]
    return weights
