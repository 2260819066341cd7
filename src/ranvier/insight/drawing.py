"""Small pictures of lines, points and cells as SVG, with no library: those of the guide, and yours.

    from ranvier.insight.drawing import Panel, draw

    draw("tanh.svg", Panel("tanh", lines={"f(z)": (z, np.tanh(z))}, x="z"))

The same values give the same bytes, and the text follows the reader's light or dark setting. A name has one colour in
all panels and one entry in the legend below them; what has a name that starts with ``_`` is thin, grey and not listed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files import write_text
from .report.traces import COLOURS

Series = Mapping[str, tuple[Any, Any]]
"""By name, the x and the y of a line or of points: two sequences of one length."""

WIDTH, HEIGHT = 340, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 18, 30, 44
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1b2430}.soft{fill:#56606e}.card{fill:#fff;stroke:#dde2e9}"
    ".grid{stroke:#e3e7ed}.quiet{stroke:#8d97a5}path{fill:none;stroke-width:2;stroke-linejoin:round}"
    ".quiet{stroke-width:1}@media (prefers-color-scheme:dark){text{fill:#e7ebf1}.soft{fill:#a3adbb}"
    ".card{fill:#171e28;stroke:#2b3543}.grid{stroke:#2b3543}}"
)


@dataclass(frozen=True)
class Panel:
    """One pair of axes.

    Args:
        title: above it.
        lines: drawn through their points; a value that is not finite interrupts a line.
        points: drawn as dots.
        cells: (rows, columns) of numbers as squares, the lowest white, the highest blue; the first row is on top and
            the axes count rows and columns.
        x: what the horizontal axis is.
        y: what the vertical axis is.
        y_range: the lowest and the highest y that is shown; None shows all.
        log: whether the vertical axis is logarithmic; what is not positive is left out.
    """

    title: str = ""
    lines: Series = field(default_factory=dict)
    points: Series = field(default_factory=dict)
    cells: Any = None
    x: str = ""
    y: str = ""
    y_range: tuple[float, float] | None = None
    log: bool = False


def draw(path: str | Path, *panels: Panel) -> Path:
    """Write a picture of panels, two or three side by side; gives its path.

    Args:
        path: of the SVG file; a file that is there is replaced.
        panels: one or more.

    Raises:
        RunError: the place cannot be written.
    """
    path = Path(path)
    write_text(path, svg(*panels))
    return path


def svg(*panels: Panel) -> str:
    """The picture as text.

    >>> svg(Panel("a line", lines={"y = x": ([0, 1], [0, 1])}))[:38]
    '<svg xmlns="http://www.w3.org/2000/svg'
    """
    columns = len(panels) if len(panels) < 4 else 2 if len(panels) == 4 else 3
    rows = math.ceil(len(panels) / columns)
    names = [name for panel in panels for name in (*panel.lines, *panel.points) if not name.startswith("_")]
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(dict.fromkeys(names))}
    width = columns * WIDTH
    legend, legend_height = _legend(colours, rows * HEIGHT, width)
    height = rows * HEIGHT + legend_height
    title = escape("; ".join(panel.title for panel in panels if panel.title))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
        f"<title>{title}</title><style>{STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
    ]
    for index, panel in enumerate(panels):
        at = f'<g transform="translate({index % columns * WIDTH} {index // columns * HEIGHT})">'
        parts += [at, *_panel(panel, colours, index), "</g>"]
    return "\n".join([*parts, *legend, "</svg>", ""])


def _legend(colours: Mapping[str, str], top: int, width: int) -> tuple[list[str], int]:
    """The names with their colours, in as many rows as they need, and the height of these."""
    parts, left, row = [], LEFT, 0
    for name, colour in colours.items():
        wide = 30 + 7 * len(name)
        if left + wide > width and left > LEFT:
            left, row = LEFT, row + 1
        y = top + 10 + 20 * row
        parts.append(f'<rect x="{left}" y="{y - 2}" width="14" height="4" rx="2" fill="{colour}"/>')
        parts.append(f'<text x="{left + 20}" y="{y + 4}">{escape(name)}</text>')
        left += wide
    return parts, 20 * (row + 1) + 8 if parts else 0


def _panel(panel: Panel, colours: Mapping[str, str], index: int) -> Iterator[str]:
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    cells = None if panel.cells is None else np.asarray(panel.cells, dtype=np.float64)
    lines = {name: _pair(pair, panel.log) for name, pair in panel.lines.items()}
    points = {name: _pair(pair, panel.log) for name, pair in panel.points.items()}
    every = [*lines.values(), *points.values()]
    if cells is not None:
        x_low, x_high, y_low, y_high = 0.0, float(cells.shape[1]), float(cells.shape[0]), 0.0
    else:
        x_low, x_high = _limits([x for x, _ in every], 0.03 if points else 0.0)
        y_low, y_high = _limits([y for _, y in every], 0.06)
    if panel.y_range is not None:
        y_low, y_high = (math.log10(v) if panel.log else v for v in panel.y_range)

    def right(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return LEFT + (x - x_low) / (x_high - x_low) * inner_width

    def down(y: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip(TOP + (y_high - y) / (y_high - y_low) * inner_height, -999, 9999)

    yield f'<text x="{LEFT}" y="19" font-weight="600">{escape(panel.title)}</text>'
    if cells is None:
        for tick in _ticks(x_low, x_high):
            at = right(np.array(tick))
            yield f'<path class="grid" style="stroke-width:1" d="M{at:.1f} {TOP}v{inner_height}"/>'
            yield (
                f'<text class="soft" x="{at:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{_short(tick)}</text>'
            )
        for tick in _decades(y_low, y_high) if panel.log else _ticks(y_low, y_high):
            at, shown = down(np.array(tick)), _short(10.0**tick if panel.log else tick)
            yield f'<path class="grid" style="stroke-width:1" d="M{LEFT} {at:.1f}h{inner_width}"/>'
            yield f'<text class="soft" x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{shown}</text>'
    centre, middle = LEFT + inner_width / 2, TOP + inner_height / 2
    yield f'<text class="soft" x="{centre:g}" y="{HEIGHT - 10}" text-anchor="middle">{escape(panel.x)}</text>'
    yield (
        f'<text class="soft" x="12" y="{middle:g}" text-anchor="middle" '
        f'transform="rotate(-90 12 {middle:g})">{escape(panel.y)}</text>'
    )
    frame = f'<rect x="{LEFT}" y="{TOP}" width="{inner_width}" height="{inner_height}"/>'
    yield f'<clipPath id="c{index}">{frame}</clipPath>'
    yield f'<g clip-path="url(#c{index})">'
    if cells is not None:
        yield from _cells(cells, inner_width, inner_height)
    for name, (x, y) in lines.items():
        how = 'class="quiet"' if name.startswith("_") else f'stroke="{colours[name]}"'
        yield f'<path {how} d="{_path(right(x), down(y))}"/>'
    for name, (x, y) in points.items():
        fill = "#8d97a5" if name.startswith("_") else colours[name]
        dots = "".join(
            f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.2"/>'
            for a, b in zip(right(x), down(y))
            if math.isfinite(b)
        )
        yield f'<g fill="{fill}">{dots}</g>'
    yield "</g>"


def _pair(pair: tuple[Any, Any], log: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = (np.asarray(values, dtype=np.float64).ravel() for values in pair)
    if log:
        y = np.log10(np.where(y > 0, y, np.nan))
    return x, y


def _limits(values: list[NDArray[np.float64]], margin: float) -> tuple[float, float]:
    """The lowest and the highest of all values, with a margin as a share of their distance."""
    every = np.concatenate([np.zeros(0), *values])
    every = every[np.isfinite(every)]
    low, high = (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)
    space = margin * (high - low) or (0.0 if high > low else 0.5)
    return low - space, high + space


def _ticks(low: float, high: float) -> list[float]:
    """About five round numbers between two.

    >>> _ticks(-1.1, 1.1)
    [-1.0, -0.5, 0.0, 0.5, 1.0]
    """
    low, high = min(low, high), max(low, high)
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) + 0.0 for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _decades(low: float, high: float) -> list[float]:
    """Powers of ten between two, as their logarithms; where there are few, 2 and 5 times as much too.

    >>> [round(10**tick, 4) for tick in _decades(-1.2, 0.5)]
    [0.1, 0.2, 0.5, 1.0, 2.0]
    """
    first, last = math.floor(low), math.ceil(high)
    every, factors = (max(1, math.ceil((high - low) / 6)), (1,)) if high - low > 2 else (1, (1, 2, 5))
    ticks = (n + math.log10(f) for n in range(first, last + 1) if n % every == 0 for f in factors)
    return [tick for tick in ticks if low <= tick <= high]


def _short(value: float) -> str:
    """A number on an axis.

    >>> _short(0.5), _short(2000.0), _short(1e-05), _short(1e6)
    ('0.5', '2000', '1e-5', '1e6')
    """
    value = float(f"{value:.6g}")
    far = value != 0 and not 1e-3 <= abs(value) < 1e5
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e") if far else f"{value:g}"


def _path(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """The points as a path, interrupted where one is not finite."""
    parts, pen = [], "M"
    for a, b in zip(x, y):
        if math.isfinite(a) and math.isfinite(b):
            parts.append(f"{pen}{a:.1f} {b:.1f}")
            pen = "L"
        else:
            pen = "M"
    return "".join(parts)


def _cells(cells: NDArray[np.float64], width: float, height: float) -> Iterator[str]:
    low, high = float(cells.min()), float(cells.max())
    rows, columns = cells.shape
    side = min(width / columns, height / rows)
    left, top = LEFT + (width - side * columns) / 2, TOP + (height - side * rows) / 2
    for (row, column), value in np.ndenumerate(cells):
        share = (value - low) / (high - low) if high > low else 0.0
        red, green, blue = (round(255 + share * (dark - 255)) for dark in (29, 78, 216))
        yield (
            f'<rect x="{left + column * side:.1f}" y="{top + row * side:.1f}" width="{side:.1f}" '
            f'height="{side:.1f}" fill="#{red:02x}{green:02x}{blue:02x}" stroke="#8d97a5" stroke-width="0.3"/>'
        )
