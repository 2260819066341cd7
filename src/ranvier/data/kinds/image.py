"""Pictures: paths, encoded bytes or arrays of pixels, brought to one size.

| raw value | becomes |
|---|---|
| a path, ``data:image/...`` as text, or the bytes of a file | its pixels, 0 to 255, as ``data.pictures`` has them |
| an array (H, W) or (H, W, C) of bytes | the same |
| a picture of another size | resized |
| missing | the mean colour of the training rows throughout |
| malformed: no such file, no picture, broken | as missing |

Each cell of the last two lines is counted in the ledger. Rows with a malformed picture are left out of training before
they come here (``data.clean.clean``).

The block is bytes: networks subtract the mean of each channel and divide by its deviation batch by batch. All columns
of pictures have one size, and their channels lie one after another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ..ledger import Ledger
from ..pictures import DATA, ENDINGS, SMALLEST, each, seen, written
from ..raw_pictures import ABSENT, check_type, filled, shape_of, text_of, tried
from . import Guess
from .values import ENOUGH, check_some, check_state, note_cells

BROKEN = "{reason}: the mean colour of the training pictures stands in"

LARGEST = 64
"""Where the user names no size, no side is longer: twice the side takes a network four times as long."""

LOOKED_AT = 5_000
"""So many training pictures, evenly spaced, tell the size, the mean and the deviation."""


@dataclass(frozen=True)
class Picture:
    """Columns of pictures (P of them), fitted to the training rows.

    Args:
        columns: their names.
        size: height H and width W in pixels, of all.
        channels: for each column 1 (grey) or 3 (red, green, blue); C together.
        mean: (C,) of the pixels of each channel, 0 to 255.
        deviation: (C,) their population standard deviation; 1 where all are the same.
        missing: for each column, whether training had missing cells.
        sizes: in words, what sizes the training pictures had and why this one was taken.
    """

    name: ClassVar[str] = "image"
    columns: tuple[str, ...]
    size: tuple[int, int]
    channels: tuple[int, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    missing: tuple[bool, ...]
    sizes: str

    @classmethod
    def infer(cls, values: pl.Series) -> Guess:
        """Say how well raw values are pictures: by the endings of paths, the type, or the shape of arrays.

        >>> Picture.infer(pl.Series(["cats/1.jpg", None, "dogs/7.PNG"]))
        Guess(confidence=1.0, reason='paths of pictures')
        """
        if values.dtype == pl.String:
            text = text_of(values).drop_nulls()
            named = text.str.to_lowercase().str.contains(rf"({'|'.join(ENDINGS)})$") | text.str.starts_with(
                DATA
            )
            if not len(text) or int(named.sum()) < ENOUGH * len(text):
                return Guess(0.0, "not paths of pictures")
            return Guess(1.0, "paths of pictures")
        if values.dtype == pl.Binary:
            some = values.drop_nulls().head(20).to_list()
            good = sum(not isinstance(tried(seen, raw), str) for raw in some)
            return Guess(good / max(len(some), 1), "encoded pictures" if good else "values of type Binary")
        if (shape := shape_of(values.dtype)) and min(shape[:2]) >= SMALLEST:
            return Guess(1.0, f"pictures of {shape[1]} by {shape[0]} pixels")
        return Guess(0.0, f"values of type {values.dtype}")

    @classmethod
    def fit(cls, frame: pl.DataFrame, size: int | Sequence[int] | None = None) -> Self:
        """Fit to the training rows.

        Args:
            frame: the training rows of the columns of pictures.
            size: of the pictures: the side of a square, or height and width; None chooses it.

        Raises:
            DataError: none of a column's values is a picture, or they are of another type.
        """
        found = {name: _looked_at(frame[name]) for name in frame.columns}
        shapes = Counter(shape for shapes, _, _ in found.values() for shape in shapes)
        chosen, words = size_of(shapes, size)
        channels = tuple(3 if colour else 1 for _, colour, _ in found.values())
        moments = [_moments(frame[name], wanted, chosen) for name, wanted in zip(frame.columns, channels)]
        return cls(
            tuple(frame.columns),
            chosen,
            channels,
            tuple(float(mean) for means, _ in moments for mean in means),
            tuple(float(deviation) for _, deviations in moments for deviation in deviations),
            tuple(missing for _, _, missing in found.values()),
            words,
        )

    def transform(
        self, frame: pl.DataFrame, ledger: Ledger | None = None, rows: NDArray[np.int64] | None = None
    ) -> Tensor:
        """Decode pictures.

        Args:
            frame: raw values (N rows), with at least the columns of this block.
            ledger: where cells without a picture are counted, and pictures of another size.
            rows: (N,) the row numbers in the source, from 0, for the ledger's examples.

        Returns:
            (N, C, H, W) uint8.
        """
        block = np.empty((frame.height, sum(self.channels), *self.size), dtype=np.uint8)
        start = 0
        for column, channels in zip(self.columns, self.channels):
            part = block[:, start : start + channels]
            wrong = filled(part, frame[column], channels, self.size)
            mean = np.round(self.mean[start : start + channels]).astype(np.uint8)
            for reason in dict.fromkeys(wrong.values()):
                cells = np.zeros(frame.height, dtype=np.bool_)
                cells[[place for place, why in wrong.items() if why == reason]] = True
                part[cells] = mean[:, None, None]
                note_cells(
                    ledger, ABSENT if reason == ABSENT else BROKEN.format(reason=reason), column, cells, rows
                )
            if ledger is not None and self.sizes and frame.height:
                ledger.note("kept", self.sizes, frame.height, column)
            start += channels
        return torch.from_numpy(block)

    def invert(self, tensor: Tensor) -> pl.DataFrame:
        """Turn a tensor (N, C, H, W) back into pictures as text."""
        pixels = tensor.detach().cpu().to(torch.uint8).numpy()
        columns, start = [], 0
        for column, channels in zip(self.columns, self.channels):
            own = pixels[:, start : start + channels]
            columns.append(pl.Series(column, [written(picture) for picture in own], dtype=pl.String))
            start += channels
        return pl.DataFrame(columns)

    def features(self) -> dict[str, Any]:
        """``channels`` (C), ``size`` (H, W), and of each channel ``mean`` and ``deviation``."""
        return {
            "channels": sum(self.channels),
            "size": list(self.size),
            "mean": list(self.mean),
            "deviation": list(self.deviation),
        }

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """Three rectangles on a plain ground, in colours with the fitted mean and deviation, as text.

        A tenth of the cells is missing in columns that had missing cells in training.
        """
        drawn, start = {}, 0
        for column, channels, missing in zip(self.columns, self.channels, self.missing):
            mean, deviation = (np.array(v[start : start + channels]) for v in (self.mean, self.deviation))
            absent = generator.random(count) < (0.1 if missing else 0.0)
            pictures = [self._rectangles(mean, deviation, generator) for _ in range(count)]
            texts = [None if gone else written(picture) for picture, gone in zip(pictures, absent)]
            drawn[column] = pl.Series(column, texts, dtype=pl.String)
            start += channels
        return pl.DataFrame(drawn)

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values; floats survive JSON exactly."""
        names = ("columns", "size", "channels", "mean", "deviation", "missing")
        return {**{name: list(getattr(self, name)) for name in names}, "sizes": self.sizes}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The kind that ``state`` described.

        Raises:
            ModelFileError: the lists have different lengths.
        """
        columns = tuple(state["columns"])
        check_state(cls.name, columns, {name: state[name] for name in ("channels", "missing")})
        names = ("size", "channels", "mean", "deviation", "missing")
        return cls(columns, **{name: tuple(state[name]) for name in names}, sizes=state["sizes"])

    def _rectangles(
        self, mean: NDArray[np.float64], deviation: NDArray[np.float64], generator: np.random.Generator
    ) -> NDArray[np.uint8]:
        height, width = self.size
        picture = np.empty((len(mean), height, width), dtype=np.uint8)
        for number in range(4):
            colour = np.clip(generator.normal(mean, deviation), 0, 255).astype(np.uint8)
            (top, bottom), (left, right) = (
                sorted(generator.integers(0, side + 1, 2)) if number else (0, side) for side in self.size
            )
            picture[:, top:bottom, left:right] = colour[:, None, None]
        return picture


def _looked_at(values: pl.Series) -> tuple[list[tuple[int, int]], bool, bool]:
    """The sizes of some of the pictures of a column, whether any has colour, and whether any is missing."""
    check_type(values)
    if shape := shape_of(values.dtype):
        known = len(values) - values.null_count()
        return [(shape[0], shape[1])] * min(known, 1), len(shape) == 3 and shape[2] > 1, known < len(values)
    raw = text_of(values) if values.dtype == pl.String else values
    present = most_of(raw.drop_nulls())
    looked: list[Any] = list(each(lambda one: tried(seen, one), present.to_list()))
    good = [one for one in looked if not isinstance(one, str)]
    malformed = np.array([isinstance(one, str) for one in looked], dtype=np.bool_)
    check_some(values.name, "pictures", malformed, ~malformed)
    missing = raw.null_count() > 0 or bool(malformed.any())
    return [(one.height, one.width) for one in good], any(one.colour for one in good), missing


def most_of(values: pl.Series, most: int = LOOKED_AT) -> pl.Series:
    """At most so many values, evenly spaced."""
    if len(values) <= most:
        return values
    return values[np.linspace(0, len(values) - 1, most).astype(np.int64)]


def size_of(
    shapes: Counter[tuple[int, int]], said: int | Sequence[int] | None
) -> tuple[tuple[int, int], str]:
    """The size (H, W) for all pictures, and in words why, where some are resized."""
    if not shapes:
        return (SMALLEST, SMALLEST), ""
    if said is not None:
        height, width = (said, said) if isinstance(said, int) else said
        why = "as you said"
    else:
        (height, width), most = min(shapes.items(), key=lambda item: (-item[1], item[0]))
        why = "the only size" if len(shapes) == 1 else "the most frequent size"
        if most * 2 < shapes.total():
            height = int(np.median([size[0] for size in shapes.elements()]))
            width = int(np.median([size[1] for size in shapes.elements()]))
            why = "the median size"
        if max(height, width) > LARGEST:
            why += f" ({width}x{height}) made smaller; 'size' of the column's settings takes another"
            scale = LARGEST / max(height, width)
            height, width = (max(SMALLEST, round(side * scale)) for side in (height, width))
    chosen = (max(int(height), 1), max(int(width), 1))
    if set(shapes) == {chosen}:
        return chosen, ""
    return chosen, f"pictures of other sizes are resized to {chosen[1]}x{chosen[0]} pixels: {why}"


def _moments(
    values: pl.Series, channels: int, size: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(C,) mean and (C,) deviation of the pixels of some of the pictures."""
    some = most_of(values)
    block = np.empty((len(some), channels, *size), dtype=np.uint8)
    wrong = filled(block, some, channels, size)
    block = np.delete(block, list(wrong), axis=0) if wrong else block
    if not block.size:
        return np.full(channels, 127.0), np.ones(channels)
    counts = np.stack(
        [np.bincount(block[:, channel].reshape(-1), minlength=256) for channel in range(channels)]
    )
    shares, levels = counts / counts.sum(axis=1, keepdims=True), np.arange(256.0)
    mean = shares @ levels
    deviation = np.sqrt((shares * (levels - mean[:, None]) ** 2).sum(axis=1))
    return mean, np.where(deviation > 0, deviation, 1.0)
