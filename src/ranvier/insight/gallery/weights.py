"""Initializers: the weights they draw, and what becomes of a signal in thirty layers."""

from __future__ import annotations

import numpy as np
import torch

from ...catalog import CATALOGUES, load
from ...network import gain
from ..report.traces import COLOURS, Figure, layout_of
from . import Drawing, Gallery
from .curves import curves

WIDTH, LAYERS = 128, 30


def initializers() -> Gallery:
    """The size of a signal after each of 30 ReLU layers of 128 neurons, and the weights of one layer."""
    sizes, each = {}, []
    for index, name in enumerate(CATALOGUES["initializers"]):
        found, weight = _signal(name)
        sizes[name] = (list(range(1, LAYERS + 1)), found)
        caption = f"standard deviation {weight.std().item():.3f}"
        each.append(Drawing(f"one-{name}", name, caption, _histogram(weight, index), small=True))
    figure = curves(sizes, "layer", "root mean square of a")
    figure["layout"]["yaxis"].update(type="log", exponentformat="power")
    lead = (
        f"{LAYERS} layers of {WIDTH} ReLU neurons, with the gain of ReLU. Where the signal keeps its size, so does "
        "the gradient on its way back, and learning can start."
    )
    caption = "Each line that falls or rises steeply is a network that cannot be trained."
    return Gallery(lead, [Drawing("signal", "The size of the signal", caption, figure), *each])


def _signal(name: str) -> tuple[list[float], torch.Tensor]:
    """The root mean square of a in each layer, and the weights of the first."""
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(256, WIDTH, generator=generator, dtype=torch.float64)
    found, weights = [], []
    for _ in range(LAYERS):
        weight = torch.empty(WIDTH, WIDTH, dtype=torch.float64)
        load("initializers", name)(weight, generator, gain=gain("relu"))
        a = torch.relu(a @ weight.T)
        found.append(float(f"{a.square().mean().sqrt().item():.6g}"))
        weights.append(weight)
    return found, weights[0]


def _histogram(weight: torch.Tensor, colour: int) -> Figure:
    counts, edges = np.histogram(weight.numpy(), bins=41)
    trace = {
        "type": "bar",
        "x": np.round((edges[1:] + edges[:-1]) / 2, 5).tolist(),
        "y": counts.tolist(),
        "marker": {"color": COLOURS[colour % len(COLOURS)]},
        "hovertemplate": "w about %{x:.3g}: %{y} weights<extra></extra>",
    }
    layout = layout_of("w", "weights", showlegend=False)
    layout["height"] = 240
    return {"data": [trace], "layout": layout}
