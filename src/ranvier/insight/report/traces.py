"""What the pictures are put together from: lines, marks, the diagonal, the layout that they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Figure = dict[str, Any]

COLOURS = ("#3b82f6", "#d97706", "#059669", "#a855f7", "#ef4444", "#0891b2", "#b45309", "#db2777")
QUIET = "#808a99"
POINTS = 2000
"""So many points of a curve or a cloud are drawn at most."""


def some_of(rows: int) -> NDArray[np.int64]:
    """At most ``POINTS`` of the indices of so many rows, evenly over them."""
    return np.unique(np.linspace(0, rows - 1, min(rows, POINTS)).round().astype(np.int64))


def line_of(name: str, x: Sequence[Any], y: Sequence[Any], colour: int) -> Figure:
    """A line through points; one point alone is a mark."""
    return {
        "type": "scatter",
        "mode": "lines" if len(x) > 1 else "markers",
        "name": plain(name),
        "x": list(x),
        "y": list(y),
        "line": {"color": COLOURS[colour % len(COLOURS)], "width": 2},
    }


def plain(name: str) -> str:
    """A label as Plotly shows it: it would read ``<`` as the start of an element."""
    short = name if len(name) <= 28 else name[:27] + "…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace("%{", "% {")


def mark_at(name: str, x: float, y: float, colour: int) -> Figure:
    """One point with a ring around it."""
    marker = {"size": 10, "color": COLOURS[colour], "symbol": "circle-open", "line": {"width": 2}}
    return {"type": "scatter", "mode": "markers", "name": name, "x": [x], "y": [y], "marker": marker}


def diagonal(low: float = 0.0, high: float = 1.0) -> Figure:
    """The dashed line on which y is x."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [low, high],
        "y": [low, high],
        "line": {"color": QUIET, "width": 1, "dash": "dash"},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def squared(layout: Figure, curves: int) -> Figure:
    """The layout of a curve between 0 and 1 on both axes."""
    layout["xaxis"].update(range=[-0.02, 1.02])
    layout["yaxis"].update(range=[-0.02, 1.05])
    layout["showlegend"] = curves > 1
    layout["height"] = 380 + 18 * max(curves - 3, 0)
    return layout


def layout_of(x: str, y: str, **others: Any) -> Figure:
    """The layout that all pictures share, with the titles of its axes."""
    axis = {"gridcolor": "rgba(128,138,153,0.25)", "zeroline": False, "linecolor": QUIET, "automargin": True}
    return {
        "height": 340,
        "margin": {"l": 60, "r": 16, "t": 16, "b": 48},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": QUIET},
        "hoverlabel": {"bgcolor": "#1f2937", "font": {"color": "#ffffff"}},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "showlegend": True,
        "xaxis": {**axis, "title": {"text": x}},
        "yaxis": {**axis, "title": {"text": y}},
        **others,
    }
