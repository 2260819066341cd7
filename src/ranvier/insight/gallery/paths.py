"""Optimizers on two surfaces: a valley that is ten times as steep across as along, and Rosenbrock's bent one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from torch import Tensor, nn

from ...catalog import CATALOGUES, load
from ..report.traces import COLOURS, QUIET, Figure, layout_of
from . import Drawing, Gallery
from .curves import curves

STEPS = 100
RATES = tuple(digit * 10.0**power for power, digit in product(range(-4, 0), (1, 3)))


@dataclass(frozen=True)
class Surface:
    """J of two numbers; where the paths start; what is shown of it."""

    name: str
    value: Callable[[Tensor, Tensor], Tensor]
    start: tuple[float, float]
    x: tuple[float, float]
    y: tuple[float, float]
    formula: str


SURFACES = (
    Surface(
        "valley",
        lambda x, y: (x**2 + 10 * y**2) / 2,
        (-4.0, 1.6),
        (-5, 3),
        (-2.2, 2.2),
        "J = (x^2 + 10 y^2) / 2",
    ),
    Surface(
        "bend",
        lambda x, y: (1 - x) ** 2 / 4 + 5 * (y - x**2) ** 2,
        (-1.4, 1.2),
        (-2, 2),
        (-0.8, 2.6),
        "J = (1 - x)^2 / 4 + 5 (y - x^2)^2",
    ),
)


def optimizers() -> Gallery:
    """The path of every optimizer, each with the rate of a list that ends lowest."""
    drawings = []
    for surface in SURFACES:
        paths = {}
        for name in CATALOGUES["optimizers"]:
            rate, path, heights = best(surface, name)
            paths[f"{name} {rate:g}"] = (path, heights)
        drawings.append(
            Drawing(
                surface.name,
                f"{surface.formula}: the paths",
                f"From ({surface.start[0]:g}, {surface.start[1]:g}), {STEPS} steps.",
                _map(surface, {name: path for name, (path, _) in paths.items()}),
            )
        )
        heights_of = {name: (list(range(STEPS + 1)), heights) for name, (_, heights) in paths.items()}
        figure = curves(heights_of, "step", "J")
        figure["layout"]["yaxis"].update(type="log", exponentformat="power", range=[-12, 2])
        caption = "How far each has come down."
        drawings.append(Drawing(f"{surface.name}-J", f"{surface.formula}: J over the steps", caption, figure))
    lead = (
        f"Each optimizer with its default options and that learning rate (behind its name) of 1 and 3 times the "
        f"powers of ten from 0.0001 to 0.1 with which J is lowest after {STEPS} steps. What is best here need not be "
        "best for a network."
    )
    return Gallery(lead, drawings)


def best(surface: Surface, name: str) -> tuple[float, list[tuple[float, float]], list[float]]:
    """The rate that ends lowest, its path and J on the way."""
    found = [(rate, *_descend(surface, name, rate)) for rate in RATES]
    return min(found, key=lambda each: each[2][-1] if np.isfinite(each[2][-1]) else np.inf)


def _descend(surface: Surface, name: str, rate: float) -> tuple[list[tuple[float, float]], list[float]]:
    theta = nn.Parameter(torch.tensor([surface.start], dtype=torch.float64))  # a matrix (1, 2), as Muon wants
    optimizer = load("optimizers", name)([("hidden.weight", theta)], rate)
    path, heights = [], []
    for step in range(STEPS + 1):
        height = surface.value(theta[0, 0], theta[0, 1])
        path.append((round(theta[0, 0].item(), 5), round(theta[0, 1].item(), 5)))
        heights.append(float(f"{height.item():.6g}"))
        if not np.isfinite(heights[-1]) or heights[-1] > 1e6:
            return path, [np.inf]
        if step < STEPS:
            (theta.grad,) = torch.autograd.grad(height, theta)
            optimizer.step()
    return path, heights


def _map(surface: Surface, paths: dict[str, list[tuple[float, float]]]) -> Figure:
    x, y = np.linspace(*surface.x, 61), np.linspace(*surface.y, 61)
    across, up = torch.meshgrid(torch.tensor(x), torch.tensor(y), indexing="xy")
    z = np.sqrt(surface.value(across, up).numpy())
    ground = {
        "type": "contour",
        "x": np.round(x, 4).tolist(),
        "y": np.round(y, 4).tolist(),
        "z": np.round(z, 4).tolist(),
        "contours": {"coloring": "none", "start": 0.25, "end": 8, "size": 0.5},
        "line": {"color": QUIET, "width": 0.7},
        "showscale": False,
        "hoverinfo": "skip",
        "showlegend": False,
    }
    traces = [ground]
    for index, (name, path) in enumerate(paths.items()):
        colour = COLOURS[index % len(COLOURS)]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": [point[0] for point in path],
                "y": [point[1] for point in path],
                "line": {"color": colour, "width": 2},
                "marker": {"size": 4, "color": colour},
            }
        )
    layout = layout_of("x", "y")
    layout["xaxis"].update(range=list(surface.x))
    layout["yaxis"].update(range=list(surface.y))
    layout["height"] = 460
    return {"data": traces, "layout": layout}
