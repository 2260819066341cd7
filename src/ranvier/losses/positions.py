"""Losses of outputs at each of many positions: frames, tokens, places of a passage."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from ..errors import Mistake, SpecError
from . import shown


class CTC:
    """Connectionist temporal classification: -ln of the probability of a spelling, for each of its symbols.

        -1/S ln sum over all paths that spell y of prod_t p_t(path_t)

    A path has a symbol, or the blank 0, at each frame (Graves et al. 2006). A row that has fewer frames than its
    spelling takes adds nothing; one without any frame is NaN.
    """

    outputs: ClassVar[tuple[str, ...]] = ("spelling",)
    positions: ClassVar[bool] = True

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, T, K) and (B, S) to (B,)."""
        if outputs.ndim != 3 or target.ndim != 2 or len(outputs) != len(target) or target.is_floating_point():
            raise SpecError(
                Mistake(
                    f"loss 'ctc' was given outputs of shape {shown(outputs)} for a target of shape {shown(target)}",
                    "outputs of shape (rows, frames, symbols) for a target of shape (rows, symbols spelt)",
                    "let the network give outputs for each frame",
                )
            )
        there = ~outputs.isnan().any(dim=2)  # (B, T)
        logs = outputs.masked_fill(~there.unsqueeze(2), 0.0).log_softmax(dim=2).transpose(0, 1)
        frames, symbols = there.sum(dim=1), (target >= 0).sum(dim=1)
        spelt = target.clamp_min(0)
        losses = functional.ctc_loss(logs, spelt, frames, symbols, reduction="none", zero_infinity=True)
        return torch.where(frames > 0, losses / symbols.clamp_min(1), torch.nan)


class TokenCrossEntropy:
    """The cross-entropy of the tag of each token, -log softmax(z)_y, its mean over the tokens of a row.

    A row without tokens adds nothing.
    """

    outputs: ClassVar[tuple[str, ...]] = ("tags",)
    positions: ClassVar[bool] = True

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, T, K) and (B, T) to (B,)."""
        if outputs.ndim != 3 or target.shape != outputs.shape[:2] or target.is_floating_point():
            raise SpecError(
                Mistake(
                    f"loss 'token_cross_entropy' was given outputs of shape {shown(outputs)} for a target of shape "
                    f"{shown(target)}",
                    "outputs of shape (rows, tokens, tags) for a target of shape (rows, tokens)",
                    "let the network give outputs for each token",
                )
            )
        there = target >= 0
        logits = outputs.masked_fill(~there.unsqueeze(2), 0.0)
        losses = functional.cross_entropy(
            logits.flatten(0, 1), target.flatten(), ignore_index=-1, reduction="none"
        )
        return losses.view(target.shape).sum(dim=1) / there.sum(dim=1).clamp_min(1)


class SpanCrossEntropy:
    """The cross-entropies of where a span begins and where it ends, their mean (Devlin et al. 2019, section 4.2).

    The two outputs of each place are the scores of both, and the softmax is over the places of the row. A row without a
    span (-1) adds nothing; one without any place is NaN.
    """

    outputs: ClassVar[tuple[str, ...]] = ("spans",)
    positions: ClassVar[bool] = True

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, P, 2) and (B, 2), the first place and the last, to (B,)."""
        if outputs.ndim != 3 or outputs.shape[2] != 2 or target.shape != (len(outputs), 2):
            raise SpecError(
                Mistake(
                    f"loss 'span_cross_entropy' was given outputs of shape {shown(outputs)} for a target of shape "
                    f"{shown(target)}",
                    "outputs of shape (rows, places, 2) for a target of shape (rows, 2)",
                    "let the network give two outputs for each place",
                )
            )
        there = ~outputs.isnan().any(dim=2, keepdim=True)  # (B, P, 1)
        logs = outputs.masked_fill(~there, -torch.inf).log_softmax(dim=1).masked_fill(~there, 0.0)
        own = logs.gather(1, target.clamp_min(0).unsqueeze(1))[:, 0]  # (B, 2)
        losses = -torch.where(target >= 0, own, 0.0).mean(dim=1)
        return torch.where(there.any(dim=1)[:, 0], losses, torch.nan)
