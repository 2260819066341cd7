"""What a network for pictures looks for: filters, feature maps of a picture, and how training changes pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...data.pictures import written
from ...errors import ModelFileError, SpecError
from .markup import Html, escape, join, section, tag

if TYPE_CHECKING:
    from ...delivery.model import Model

MOST = 32
"""So many filters, or maps of a layer, are shown."""
COLUMNS = 8
CHANGED = 16
"""So often a picture is shown that augmentation changes."""
GROUND = 255
"""The grey between them."""


@dataclass(frozen=True)
class Sheet:
    """Filters or feature maps beside one another.

    Args:
        image: as text, a PNG.
        caption: what it shows.
        width: of the image, in pixels.
    """

    image: str
    caption: str
    width: int


def read_sheets(path: Path, mistakes: Mapping[str, Any], changes: Mapping[str, Any]) -> list[Sheet]:
    """The sheets of a model file; none where there is no such file, or no network for pictures in it.

    Args:
        path: of the model file.
        mistakes: ``columns`` and ``values`` of the rows with the worst mistakes, of which the first is passed through.
        changes: the settings of ``augmentation``.
    """
    from ...delivery.file import load

    if not path.exists():
        return []
    try:
        model = load(path)
    except (SpecError, ModelFileError):  # a module of the user's own, or what whoever predicts is told
        return []
    for row, values in mistakes.get("values", {}).items():
        row_of = dict(zip(mistakes["columns"], values))
        return [
            *sheets(model, row_of, f"of row {row}, the worst mistake"),
            *changed(model, row_of, f"Row {row}", changes),
        ]
    return sheets(model)


def sheets(model: Model, row: Mapping[str, Any] | None = None, called: str = "of a picture") -> list[Sheet]:
    """The filters of the first convolution, and the maps of the first, the middle and the last one.

    Args:
        model: whose encoder of pictures is looked at; one without convolutions gives nothing.
        row: the pictures of one row, by column; a missing one has the mean colour. None leaves the maps out.
        called: the row, in words.
    """
    import torch

    encoders: Any = getattr(model.network, "encoders", {})
    if "image" not in encoders:
        return []
    layers = [(n, m) for n, m in encoders["image"].named_modules() if isinstance(m, torch.nn.Conv2d)]
    if not layers:
        return []
    name, first = layers[0]
    weight = first.weight.detach().cpu().numpy().astype(np.float64)
    tall, wide = weight.shape[2:]
    found = [
        _sheet(
            _symmetric(weight),
            f"Filters of the first layer, {_plain(name)}, {wide}x{tall} pixels each; grey is 0, light weighs a pixel "
            "up, dark weighs it down",
        )
    ]
    if row is None:
        return found
    block: Any = model.preparation.blocks["image"]
    raw = pl.DataFrame({column: pl.Series([row.get(column)], dtype=pl.String) for column in block.columns})
    for name, maps in _maps(encoders["image"], layers, block.transform(raw)):
        size = f"{maps.shape[2]}x{maps.shape[1]}"
        caption = f"Feature maps {called}: what {_plain(name)} gives, {size} each; dark is low, light is high"
        found.append(_sheet(_stretched(maps)[:, None], caption))
    return found


def changed(model: Model, row: Mapping[str, Any], called: str, changes: Mapping[str, Any]) -> list[Sheet]:
    """A picture as it is, and as augmentation changes the pictures of training; nothing where nothing is changed.

    Args:
        model: whose encoder reads one column of pictures; another gives nothing.
        row: the picture of one row, by column.
        called: the row, in words.
        changes: the settings of ``augmentation``; mixing with other pictures is not shown.
    """
    import torch

    from ...data.augment import Augment

    alone = {name: value for name, value in changes.items() if value and name not in ("mixup", "cutmix")}
    block: Any = model.preparation.blocks.get("image")
    if not alone or block is None or len(block.columns) != 1:
        return []
    raw = pl.DataFrame({block.columns[0]: pl.Series([row.get(block.columns[0])], dtype=pl.String)})
    picture = block.transform(raw)
    others = Augment(**alone)(picture.repeat(CHANGED - 1, 1, 1, 1), torch.Generator().manual_seed(0))
    pixels = torch.cat([picture, others.round().to(torch.uint8)]).numpy()
    said = ", ".join(name if value is True else f"{name} {value:g}" for name, value in alone.items())
    caption = (
        f"{called} as it is, and {CHANGED - 1} times as augmentation changes pictures of training: {said}"
    )
    return [_sheet(pixels, caption)]


def filters_section(shown: list[Sheet]) -> Html | str:
    """The sheets, one below another; nothing where there are none."""
    if not shown:
        return ""
    said = tag(
        "p",
        "What the first layer looks for is seen in its filters; a map shows where in the picture a layer found what it "
        "looks for.",
    )
    return section("filters", "Filters and feature maps", said, join(*(_figure(sheet) for sheet in shown)))


def _figure(sheet: Sheet) -> Html:
    wide = sheet.width * max(1, 480 // sheet.width)
    picture = Html(
        f'<img src="{sheet.image}" alt="{escape(sheet.caption)}" width="{wide}" '
        'style="image-rendering:pixelated;max-width:100%">'
    )
    return tag("figure", join(picture, tag("figcaption", sheet.caption)))


def _maps(encoder: Any, layers: list[tuple[str, Any]], block: Any) -> list[tuple[str, NDArray[np.float64]]]:
    """The maps (n, H, W) of some layers of an encoder in use, for one picture (1, C, H, W)."""
    import torch

    chosen = [layers[place] for place in sorted({0, len(layers) // 2, len(layers) - 1})]
    found: dict[str, NDArray[np.float64]] = {}

    def note(name: str) -> Any:
        def keep(_module: Any, _inputs: Any, output: Any) -> None:
            found[name] = output[0].detach().cpu().numpy().astype(np.float64)

        return keep

    hooks = [module.register_forward_hook(note(name)) for name, module in chosen]
    training = encoder.training
    encoder.eval()
    try:
        with torch.inference_mode():
            encoder(block)
    finally:
        encoder.train(training)
        for hook in hooks:
            hook.remove()
    return [(name, found[name]) for name, _ in chosen if name in found]


def _symmetric(weight: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Filters (n, C, h, w) as pixels, each scaled by its largest weight; all but three channels one after another."""
    if weight.shape[1] != 3:
        weight = weight.reshape(-1, 1, *weight.shape[2:])
    most = np.abs(weight).max(axis=(1, 2, 3), keepdims=True)
    return np.round(127.5 + 127.5 * weight / np.where(most > 0, most, 1.0)).astype(np.uint8)


def _stretched(maps: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Maps (n, H, W) as pixels, each from its lowest to its highest value."""
    low, high = (f(axis=(1, 2), keepdims=True) for f in (maps.min, maps.max))
    pixels: NDArray[np.uint8] = np.round(255.0 * (maps - low) / np.where(high > low, high - low, 1.0)).astype(
        np.uint8
    )
    return pixels


def _sheet(pictures: NDArray[np.uint8], caption: str) -> Sheet:
    """Pictures (n, C, h, w) in rows, a pixel apart; the first ``MOST`` of them."""
    shown = pictures[:MOST]
    count, channels, tall, wide = shown.shape
    columns = min(COLUMNS, count)
    lines = -(-count // columns)
    sheet = np.full((channels, lines * (tall + 1) - 1, columns * (wide + 1) - 1), GROUND, np.uint8)
    for place, picture in enumerate(shown):
        top, left = place // columns * (tall + 1), place % columns * (wide + 1)
        sheet[:, top : top + tall, left : left + wide] = picture
    more = f"; the first {count} of {len(pictures)}" if len(pictures) > count else ""
    return Sheet(written(sheet), caption + more, sheet.shape[2])


def _plain(name: str) -> str:
    return name.removeprefix("network.")
