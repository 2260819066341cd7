"""The loss of the trivial answer: the best one that is the same for all rows."""

from __future__ import annotations

import math

import torch
from torch import nn

from ...data.batches import Batch
from ...errors import RanvierError
from ...network.in_use import device_of
from ...training.objectives import Objective
from .measuring import in_evaluation

MOST_ROWS = 4096
"""So many rows are looked at, spread evenly."""


def trivial_loss(network: nn.Module, objective: Objective, rows: Batch) -> float | None:
    """The lowest loss that outputs can have which do not depend on the row.

    Args:
        network: says how many outputs there are; it stays as it is.
        objective: has the loss, as it counts on rows held out.
        rows: to be answered, such as the training rows.

    Returns:
        None where it is not finite, and where a row has more than one answer to give, as a sequence has.
    """
    if not isinstance(rows.target, torch.Tensor) or rows.target.ndim > 2:
        return None
    with in_evaluation(network), torch.no_grad():
        outputs = network(rows.take(slice(0, 2)).to(device_of(network)).inputs)
    if outputs.ndim not in (2, 3):
        return None
    some = slice(0, len(rows), max(1, math.ceil(len(rows) / MOST_ROWS)))
    weight = None if rows.weight is None else rows.weight[some]
    asked = Batch({}, rows.target[some], rows.rows[some], weight).to(outputs.device)
    with torch.enable_grad():
        answer = torch.zeros(outputs.shape[-1], device=outputs.device, requires_grad=True)
        solver = torch.optim.LBFGS([answer], max_iter=50, line_search_fn="strong_wolfe")

        def closure() -> torch.Tensor:
            solver.zero_grad()
            loss = objective.evaluate(answer.expand(len(asked), *outputs.shape[1:]), asked)
            loss.backward()  # type: ignore[no-untyped-call]
            return loss

        try:
            solver.step(closure)  # type: ignore[no-untyped-call]
            value = float(closure().detach())
        except (RuntimeError, RanvierError):  # beyond the range of numbers, or a loss of whole sequences
            return None
    return value if math.isfinite(value) else None
