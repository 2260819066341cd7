"""How alike the rows of a batch are, beside those of other batches: shuffled rows are as unlike in each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

BATCHES = 32
"""So many of the first batches are looked at."""

FEWEST = 16
"""Below so many nothing is said."""

FEATURES = 64
"""Of so many features, spread evenly."""


@torch.no_grad()
def figures_of(inputs: Tensor) -> list[list[float]] | None:
    """Of a batch (B, ...) of numbers: [B], and the means and the variances of some of the features."""
    if not inputs.is_floating_point() or inputs.ndim < 2 or len(inputs) < 4 or inputs.numel() == 0:
        return None
    flat = inputs.detach().flatten(1)
    kept = torch.linspace(0, flat.shape[1] - 1, min(FEATURES, flat.shape[1])).long().to(flat.device)
    variance, mean = torch.var_mean(flat[:, kept].double(), 0)
    if not bool(torch.isfinite(variance).all()):
        return None
    return [[float(len(flat))], mean.tolist(), variance.tolist()]


def alike(batches: Sequence[list[list[float]]]) -> float | None:
    """The variance of the batches' means, times their rows, over that within them, in the middle of the features.

    About 1 where each batch is drawn at random; far above where rows that are alike come together.

    >>> shuffled = [[[16.0], [0.25], [1.0]], [[16.0], [-0.25], [1.0]]] * 8
    >>> apart = [[[16.0], [2.0], [1.0]], [[16.0], [-2.0], [1.0]]] * 8
    >>> round(alike(shuffled), 1), round(alike(apart), 1)
    (1.1, 68.3)
    """
    if len(batches) < FEWEST or len({len(means) for _, means, _ in batches}) != 1:
        return None
    rows = np.array([size[0] for size, _, _ in batches])[:, None]
    means, variances = (np.array([batch[place] for batch in batches]) for place in (1, 2))
    middle = (rows * means).sum(0) / rows.sum()
    between = (rows * (means - middle) ** 2).sum(0) / (len(batches) - 1)
    within = variances.mean(0)
    return float(np.median(between[within > 0] / within[within > 0])) if (within > 0).any() else None
