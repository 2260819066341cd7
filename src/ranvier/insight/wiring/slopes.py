"""Compares the gradient with what the loss does along it: a derivative that is wrong or partly missing shows."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

STEPS = (1e-5, 1e-6)
"""Two lengths of the step, as shares of the parameter's norm (or of 1): where they disagree, nothing is said."""

MOST_SECONDS = 1.5


def slopes(
    network: nn.Module,
    loss: Callable[[Any, Tensor], Tensor],
    forward: Callable[[nn.Module, Any], Any],
    x: Any,
    y: Tensor,
) -> dict[str, float]:
    """For each parameter with a gradient g: (J(w + h g/|g|) - J(w - h g/|g|)) / (2 h |g|), which should be 1.

    In evaluation mode and double precision, on a copy; empty where the program cannot be computed so.
    """
    until = time.monotonic() + MOST_SECONDS
    try:
        network, loss = copy.deepcopy((network, loss))
        network = network.double().eval()
        if isinstance(loss, nn.Module):
            loss = loss.double().eval()
        x, y = _double(x), _double(y)
        network.zero_grad(set_to_none=True)
        loss(forward(network, x), y).sum().backward()

        def value() -> float:
            with torch.no_grad():
                return float(loss(forward(network, x), y).sum())

        found = {}
        for name, parameter in network.named_parameters():
            if parameter.grad is None or time.monotonic() > until:
                continue
            size = float(parameter.grad.norm())
            if size > 1e-7 and size < 1e7:
                found[name] = _slope(parameter, parameter.grad / size, value) / size
    except Exception:  # noqa: BLE001 (a program that needs single precision is no fault)
        return {}
    return {name: slope for name, slope in found.items() if slope == slope}


def _slope(parameter: nn.Parameter, direction: Tensor, value: Callable[[], float]) -> float:
    """The derivative along ``direction``; not a number where two lengths of the step disagree."""
    before = parameter.detach().clone()
    measured = []
    for share in STEPS:
        step = share * max(float(before.norm()), 1.0)
        with torch.no_grad():
            parameter.copy_(before + step * direction)
            up = value()
            parameter.copy_(before - step * direction)
            measured.append((up - value()) / (2 * step))
            parameter.copy_(before)
    one, two = measured
    return two if abs(one - two) <= 0.02 * max(abs(one), abs(two)) + 1e-7 else float("nan")


def _double(x: Any) -> Any:
    if isinstance(x, Tensor):
        return x.double() if x.is_floating_point() else x
    if isinstance(x, dict):
        return {name: _double(value) for name, value in x.items()}
    return type(x)(_double(value) for value in x)
