"""Hidden tokens: what a network that looks both ways learns a text by (Devlin et al. 2019, section 3.1)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .tokens import FIRST, UNKNOWN

HIDDEN = 0.15
"""The share of the tokens that are to be told."""

MASKED, OTHER = 0.8, 0.1
"""Of these so many read as the unknown token, and so many as another; the rest stays as it is."""

UNASKED = -100
"""Stands in the target where a token is not to be told: the number that PyTorch's cross-entropy leaves out."""


def hide(ids: NDArray[np.int64], size: int, draw: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Hide some tokens of windows.

    Tokens that were not seen in training are never asked for; at least one other is, where there is one.

    Args:
        ids: (B, T).
        size: V; tokens are below it.
        draw: decides which.

    Returns:
        What the network reads (B, T), and what it is to tell (B, T): the token, or ``UNASKED``.

    >>> read, told = hide(np.full((2, 50), 7), 9, np.random.default_rng(0))
    >>> int((told == 7).sum()), int((read == UNKNOWN).sum())
    (15, 12)
    """
    known = ids >= FIRST
    asked = (draw.random(ids.shape) < HIDDEN) & known
    if not asked.any() and known.any():
        asked.flat[int(np.flatnonzero(known)[0])] = True
    how = draw.random(ids.shape)
    others = draw.integers(FIRST, max(size, FIRST + 1), ids.shape)
    read = np.where(asked & (how < MASKED), UNKNOWN, ids)
    read = np.where(asked & (how >= MASKED) & (how < MASKED + OTHER), others, read)
    return torch.from_numpy(read), torch.from_numpy(np.where(asked, ids, UNASKED))
