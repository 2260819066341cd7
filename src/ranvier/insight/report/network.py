"""The network: drawn, and as a table of its layers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from .contents import Contents
from .layers import Layer, Network
from .markup import Html, escape, join, number, section, table, tag

WIDTH, HEIGHT, GAP = 340, 46, 22
MOST = 12
"""So many boxes are drawn; of more, those in the middle are left out."""


def network_section(contents: Contents) -> Html:
    """The drawing beside the table of layers."""
    network = contents.network
    if network is None:
        return section("network", "The network", tag("p", "There is no model file to read it from."))
    cost = (
        f" It makes about {network.multiplications:,} multiplications for a row."
        if network.multiplications
        else ""
    )
    said = tag("p", f"The network {network.name!r} learns {network.parameters:,} numbers.{cost}")
    if network.layers and not network.layers[0].kind:
        rows: list[tuple[str, ...]] = [
            (layer.name, layer.shape, number(layer.parameters)) for layer in network.layers
        ]
        listed = table("Parameters of the module", ["parameter", "shape", "numbers"], rows, [2])
        note = tag("p", "It is a module of your own, of which the model file holds the parameters alone.")
        return section("network", "The network", said, note, listed)
    rows = [
        (
            _breakable(layer.name),
            layer.kind,
            layer.shape,
            *(number(n) if n else "–" for n in (layer.parameters, layer.multiplications)),
        )
        for layer in network.layers
    ]
    header = ["layer", "kind", "gives", "parameters", "multiplications"]
    listed = table("Layers; B stands for the rows", header, rows, [3, 4])
    columns = tag("div", join(_drawing(network, contents), listed), class_="beside drawn")
    return section("network", "The network", said, columns)


def _breakable(name: str) -> Html:
    """The name of a layer, which may go on in the next line after a dot."""
    return Html(escape(name).replace(".", ".<wbr>"))


def _drawing(network: Network, contents: Contents) -> Html:
    """The blocks, their encoders, then layer by layer down to the prediction, as inline SVG."""
    blocks = [(name, _counted(made)) for name, made in network.blocks.items()]
    encoders = [layer for layer in network.layers if layer.name.startswith("encoders.")]
    rest = _groups([layer for layer in network.layers if not layer.name.startswith("encoders.")])
    if len(rest) > MOST:
        left_out = len(rest) - MOST
        rest = [*rest[: MOST // 2], (f"… {left_out} more …", ""), *rest[-MOST // 2 :]]
    told = f"{contents.metrics.get('task', 'predict')} {contents.record.get('target', '')!r}"
    boxes = [*rest, (told, _plural(network.outputs, "output"))]
    drawn = [blocks, [_encoder(encoders, name) for name, _ in blocks]] if encoders else [blocks]
    height, middle = (len(drawn) + len(boxes)) * (HEIGHT + GAP), WIDTH / 2
    parts = [_row(boxed, row) for row, boxed in enumerate(drawn)]
    centres = [WIDTH * (i + 0.5) / len(blocks) for i in range(len(blocks))]
    for row in range(len(drawn)):
        into_one = row == len(drawn) - 1
        parts += [_arrow(centre, middle if into_one else centre, row) for centre in centres]
    top = len(drawn)
    for i, (name, note) in enumerate(boxes):
        parts.append(_box(middle, WIDTH * 0.8, top + i, name, note))
        if i:
            parts.append(_arrow(middle, middle, top + i - 1))
    said = ", then ".join(name for name, _ in boxes)
    told = f"The network: {_plural(len(blocks), 'block')} of columns, then {said}"
    drawing = Html(
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" class="drawing" '
        f'aria-label="{escape(told)}">' + "".join(parts) + "</svg>"
    )
    return tag(
        "figure", join(drawing, tag("figcaption", "From the columns (top) to the prediction (bottom)"))
    )


def _groups(layers: Sequence[Layer]) -> list[tuple[str, str]]:
    """Layers in a row that share a parent, as one box: what they are, and what the last of them gives."""
    grouped = [list(group) for _, group in groupby(layers, lambda layer: layer.name.rpartition(".")[0])]
    return [(" · ".join(layer.kind for layer in group), group[-1].shape) for group in grouped]


def _encoder(encoders: Sequence[Layer], block: str) -> tuple[str, str]:
    """What encodes a block, and what it gives."""
    mine = [layer for layer in encoders if layer.name.split(".")[1] == block]
    return (mine[0].kind, mine[-1].shape) if mine else ("as it is", "")


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _counted(made_of: object) -> str:
    if isinstance(made_of, dict):
        if "cardinalities" in made_of:
            return _plural(len(made_of["cardinalities"]), "column")
        if "width" in made_of:
            return f"width {made_of['width']}"
    return ""


def _row(boxes: Sequence[tuple[str, str]], row: int) -> str:
    width = min(WIDTH * 0.8, WIDTH / len(boxes) - 8)
    return "".join(
        _box(WIDTH * (i + 0.5) / len(boxes), width, row, name, note) for i, (name, note) in enumerate(boxes)
    )


def _box(centre: float, width: float, row: int, name: str, note: str) -> str:
    y = row * (HEIGHT + GAP) + 1
    most = max(int(width / 7.2), 4)
    name = name if len(name) <= most else name[: most - 1] + "…"
    return (
        f'<rect x="{centre - width / 2:.1f}" y="{y}" width="{width:.1f}" height="{HEIGHT}" rx="8"/>'
        f'<text x="{centre:.1f}" y="{y + (20 if note else 28)}">{escape(name)}</text>'
        f'<text x="{centre:.1f}" y="{y + 36}" class="note">{escape(note)}</text>'
    )


def _arrow(start: float, end: float, row: int) -> str:
    y = row * (HEIGHT + GAP) + HEIGHT + 2
    return f'<path d="M{start:.1f} {y} C{start:.1f} {y + 12} {end:.1f} {y + 8} {end:.1f} {y + GAP - 2}"/>'
