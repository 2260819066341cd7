"""Tries to overfit one small batch: some dozen steps on the same rows, first with the user's own optimizer."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from .program import Overfit
from .recorder import Recorder

ATTEMPTS: tuple[tuple[float | None, int], ...] = ((None, 40), (1e-3, 60), (1e-2, 60))
"""Learning rates and steps, one after the other; None is the user's own optimizer, the others are Adam."""

WELL_BELOW = 0.9
"""Below this share of the first loss and of the trivial one the batch counts as overfitted."""

MOST_SECONDS = 2.5
"""Where all attempts together take longer, nothing is said."""

ALIKE = 1e-3
"""Outputs that differ between the rows by a smaller share of their size are one and the same."""

FEWEST = 8
"""Rows, below which nothing is said."""


def overfit(
    network: nn.Module,
    loss: Callable[[Any, Tensor], Tensor],
    forward: Callable[[nn.Module, Any], Any],
    rows: tuple[Any, Tensor],
    optimizer: torch.optim.Optimizer | None,
) -> Overfit | None:
    """How far the loss of a few rows falls, where nothing else is learnt.

    Args:
        network, loss, optimizer: stay as they are; each attempt has copies of its own.
        forward: gives the outputs for inputs.
        rows: inputs and targets.

    Returns:
        None where that cannot be said: there is not the time, the outputs are no tensor with a row for each target,
        many of the rows are the same, or there are fewer numbers to learn than rows.
    """
    until = time.monotonic() + MOST_SECONDS
    x, y = rows
    try:
        learnable = sum(p.numel() for p in network.parameters() if p.requires_grad)
        if len(y) < FEWEST or learnable < len(y) or not _told_apart(x, len(y)):
            return None
        with torch.no_grad():
            outputs = forward(network, x)
        if not isinstance(outputs, Tensor) or not outputs.ndim or len(outputs) != len(y):
            return None
        trivial = _trivial(loss, outputs, y)
        if trivial is None:
            return None
        lowest, first, steps, where = math.inf, math.nan, 0, ""
        for rate, most in ATTEMPTS:
            if rate is None and optimizer is None:
                continue
            net, own_loss, own = copy.deepcopy((network, loss, optimizer))
            learner = (
                own if rate is None and own is not None else torch.optim.Adam(net.parameters(), rate or 1e-3)
            )
            for _ in range(most):
                value = _step(net, own_loss, learner, forward, x, y)
                first = value if steps == 0 else first
                steps += 1
                if not math.isfinite(value):
                    break
                lowest = min(lowest, value)
                if lowest < WELL_BELOW * min(first, trivial):
                    return Overfit(len(y), steps, first, lowest, trivial)
                if time.monotonic() > until:
                    return None
            where = _merged(net, forward, x, len(y))
        return (
            Overfit(len(y), steps, first, lowest, trivial, where) if math.isfinite(first + lowest) else None
        )
    except Exception:  # noqa: BLE001 (whatever the user's code raises, another check says it)
        return None


def _step(
    network: nn.Module,
    loss: Callable[[Any, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    forward: Callable[[nn.Module, Any], Any],
    x: Any,
    y: Tensor,
) -> float:
    """One step; the loss before it."""

    def closure() -> float:
        optimizer.zero_grad()
        value = loss(forward(network, x), y).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    found = optimizer.step(closure)
    return float(found) if found is not None else math.nan


def _trivial(loss: Callable[[Any, Tensor], Tensor], outputs: Tensor, y: Tensor) -> float | None:
    """The lowest loss that outputs have which are the same for all rows; None where it is not above 0."""
    answer = torch.zeros_like(outputs[:1]).requires_grad_()
    with torch.no_grad():
        answer.copy_(outputs.mean(0, keepdim=True))
    solver = torch.optim.LBFGS([answer], max_iter=40, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        value = loss(answer.expand_as(outputs), y).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    solver.step(closure)  # type: ignore[no-untyped-call]
    value = float(closure().detach())
    return value if math.isfinite(value) and value > 1e-3 else None


def _told_apart(x: Any, rows: int) -> bool:
    """Whether nine of ten rows differ from each other."""
    each = x.values() if isinstance(x, dict) else x if isinstance(x, (tuple, list)) else [x]
    flat = [t.detach().reshape(rows, -1).double() for t in each if len(t) == rows]
    return bool(flat) and len(torch.unique(torch.cat(flat, 1), dim=0)) >= 0.9 * rows


@torch.no_grad()
def _merged(network: nn.Module, forward: Callable[[nn.Module, Any], Any], x: Any, rows: int) -> str:
    """The first module whose outputs are the same for all rows."""
    recorder = Recorder(network)
    with recorder.watching():
        forward(network, x)
    for name, _, _, output in recorder.calls:
        output = output[0] if isinstance(output, tuple) and output else output
        if isinstance(output, Tensor) and output.is_floating_point() and output.ndim and len(output) == rows:
            middle = output.mean(0, keepdim=True)
            if float((output - middle).norm()) <= ALIKE * float(output.norm()):
                return name
    return ""
