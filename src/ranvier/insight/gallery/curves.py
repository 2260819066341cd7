"""Activations, losses and schedules: functions of one number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ...catalog import CATALOGUES, load
from ..report.traces import Figure, layout_of, line_of
from . import Drawing, Gallery

DASHES = ("solid", "dash", "dot")


Line = tuple[Sequence[float], Sequence[float]]
"""What is drawn as a line: x and y."""


def curves(lines: Mapping[str, Line], x: str, y: str, **layout: object) -> Figure:
    """Named lines in one figure, told apart by colour and, from the ninth on, by dashes too."""
    traces = []
    for index, (name, (across, up)) in enumerate(lines.items()):
        trace = line_of(name, across, up, index)
        trace["line"]["dash"] = DASHES[index // 8 % len(DASHES)]
        traces.append(trace)
    made = layout_of(x, y, **layout)
    made["height"] = 360 + 18 * max(len(lines) // 5 - 1, 0)
    return {"data": traces, "layout": made}


def activations() -> Gallery:
    """Every activation and its derivative from -5 to 5; softmax as that of (z, 0)."""
    z = torch.linspace(-5, 5, 201, dtype=torch.float64)
    values, slopes, each = {}, {}, []
    for name in CATALOGUES["activations"]:
        f = load("activations", name)()
        values[name], slopes[name] = _with_slope(z, partial(_alone, f))
        pair = {"f(z)": values[name], "f'(z)": slopes[name]}
        caption = "of (z, 0), its first value" if name == "softmax" else f"f'(0) = {slopes[name][1][100]:.4g}"
        each.append(Drawing(f"one-{name}", name, caption, _small(pair, "z"), small=True))
    lead = "What each does to the weighted sum z, and how much of an error it passes back, f'(z)."
    shown = {"yaxis": {**layout_of("", "")["yaxis"], "range": [-1.5, 3]}}
    return Gallery(
        lead,
        [
            Drawing("values", "f(z)", "The functions.", curves(values, "z", "f(z)", **shown)),
            Drawing("slopes", "f'(z)", "Their derivatives.", curves(slopes, "z", "f'(z)", **shown)),
            *each,
        ],
    )


def _alone(f: torch.nn.Module, z: Tensor) -> Tensor:
    """f(z) of each element; of what takes a whole vector, the first value for (z, 0)."""
    if type(f).__name__ == "Softmax":
        pair: Tensor = f(torch.stack([z, torch.zeros_like(z)], dim=-1))
        return pair[:, 0]
    value: Tensor = f(z)
    return value


def losses() -> Gallery:
    """Every loss of one value against the error, of one label against the logit, with its derivative."""
    at = torch.linspace(-4, 4, 161, dtype=torch.float64)
    numbers: dict[str, tuple[Line, Line]] = {}
    classes: dict[str, tuple[Line, Line]] = {}
    counts: dict[str, tuple[Line, Line]] = {}
    left_out = []
    for name in CATALOGUES["losses"]:
        loss = load("losses", name)()
        forms = getattr(loss, "outputs", ())
        if "values" in forms:
            numbers[name] = _with_slope(at, partial(_of_error, loss))
        elif "classes" in forms and "single" not in forms:
            classes[name] = _with_slope(at, partial(_of_logits, loss))
        elif "single" in forms or "ordered" in forms:  # two classes in an order have one logit, too
            classes[name] = _with_slope(at, partial(_of_logit, loss))
        elif "rates" in forms:
            counts[name] = _with_slope(at, partial(_of_rate, loss))
        else:
            left_out.append(name)
    told = (
        "Of a number, over the error y_hat - y; of a class, over the logit z where the label is 1; of a count, over "
        "the logarithm z of the rate where the count is 1."
    )
    drawings = []
    for kind, found, x in (
        ("numbers", numbers, "y_hat - y"),
        ("classes", classes, "z"),
        ("counts", counts, "z"),
    ):
        if not found:
            continue
        value, slope = ({name: both[part] for name, both in found.items()} for part in (0, 1))
        drawings += [
            Drawing(kind, f"{kind}: J", "What one row loses.", curves(value, x, "J")),
            Drawing(
                f"{kind}-slope", f"{kind}: the slope", "The derivative of J.", curves(slope, x, f"dJ/d({x})")
            ),
        ]
    return Gallery(told + (f" Not drawn: {', '.join(left_out)}." if left_out else ""), drawings)


def _of_error(loss: Callable[[Tensor, Tensor], Tensor], error: Tensor) -> Tensor:
    return loss(error[:, None], torch.zeros_like(error)[:, None])


def _of_logit(loss: Callable[[Tensor, Tensor], Tensor], z: Tensor) -> Tensor:
    return loss(z[:, None], torch.ones(len(z), dtype=torch.int64))


def _of_logits(loss: Callable[[Tensor, Tensor], Tensor], z: Tensor) -> Tensor:
    """Of the logits (0, z)."""
    return loss(torch.stack([torch.zeros_like(z), z], dim=1), torch.ones(len(z), dtype=torch.int64))


def _of_rate(loss: Callable[[Tensor, Tensor], Tensor], z: Tensor) -> Tensor:
    return loss(z[:, None], torch.ones_like(z)[:, None])


def schedules(total: int = 200) -> Gallery:
    """The factor of every schedule over a run; ``plateau`` watches a loss that stops falling after half of it."""
    lines, each = {}, []
    for name in CATALOGUES["schedules"]:
        schedule, factors = load("schedules", name)(), []
        for step in range(total):
            factors.append(schedule.factor(step, total))
            if step % 5 == 4:  # an epoch has five steps here
                schedule.observe(max(1 - step / (total / 2), 0.0))
        lines[name] = (list(range(total)), factors)
        caption = (
            "The validation loss stops falling at step 100; an epoch has 5 steps."
            if name == "plateau"
            else f"starts at {factors[0]:.3g}, ends at {factors[-1]:.3g}"
        )
        each.append(Drawing(f"one-{name}", name, caption, _small({name: lines[name]}, "step"), small=True))
    lead = f"The factor of the learning rate over a run of {total} steps, with the default options."
    return Gallery(
        lead, [Drawing("all-lines", "The factor", "From 0 to 1.", curves(lines, "step", "factor")), *each]
    )


def _with_slope(at: Tensor, f: Callable[[Tensor], Tensor]) -> tuple[Line, Line]:
    """A function of each element, and its derivative by autograd."""
    z = at.clone().requires_grad_()
    value = f(z)
    (slope,) = torch.autograd.grad(value.sum(), z)
    across = np.round(at.numpy(), 6).tolist()
    return (across, _rounded(value)), (across, _rounded(slope))


def _rounded(values: Tensor) -> list[float]:
    return [float(f"{value:.6g}") if math.isfinite(value) else math.nan for value in values.tolist()]


def _small(lines: Mapping[str, Line], x: str) -> Figure:
    figure = curves(lines, x, "", showlegend=len(lines) > 1)
    figure["layout"]["height"] = 240
    return figure
