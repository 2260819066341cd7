"""What the columns beside a forecast are worth to it: its measure once each is shuffled between the windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..data.series.covariates import CALENDAR
from ..delivery.model import forward
from ..evaluation.forecast_baselines import spaced
from ..evaluation.forecasting import mase
from ..tasks.forecast import Forecast

MOST = 1_000
"""So many windows at most are looked at, evenly spaced."""


def covariate_effects(
    task: Forecast, block: Tensor, target: Tensor, network: nn.Module, seed: int
) -> list[dict[str, Any]]:
    """For each covariate when it is known, and the MASE where windows have it from one another (Breiman 2001).

    Args:
        task: of the network.
        block: the windows (N, L, C) or (N, L + H, C) of a part that took no part in the training.
        target: (N, 2 + H).
        network: trained.
        seed: of the shuffling.

    Returns:
        An entry a column: ``column``, ``known``, ``mase`` as it is, ``shuffled``.
    """
    if not task.covariates or len(block) < 2:
        return []
    some = torch.from_numpy(spaced(len(block), MOST))
    block, truth = block[some], task.truth(target[some])

    def measured(windows: Tensor) -> float:
        return float(mase(truth, task.decode(forward(network, {"series": windows})))[0])

    generator = np.random.Generator(np.random.PCG64(seed))
    now, known = measured(block), {one.column: one.known for one in task.covariates.each}
    found = []
    for name, (first, end) in task.covariates.spans.items():
        shuffled = block.clone()
        order = torch.from_numpy(generator.permutation(len(block)))
        shuffled[:, :, 1 + first : 1 + end] = block[order][:, :, 1 + first : 1 + end]
        when = "future" if name == CALENDAR else known[name]
        found.append({"column": name, "known": when, "mase": now, "shuffled": measured(shuffled)})
    return found
