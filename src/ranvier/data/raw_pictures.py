"""A column of raw pictures (paths, encoded bytes or arrays of bytes): what can be read of it."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..errors import DataError, Mistake
from .decoded_once import held
from .kinds.values import MISSING
from .pictures import Seen, Unreadable, decoded, each, resized, seen, written

ABSENT = "missing: the mean colour of the training pictures stands in"


def absent(values: pl.Series) -> NDArray[np.bool_]:
    """Which values (N,) of paths or encoded bytes are missing."""
    raw = text_of(values) if values.dtype == pl.String else values
    return raw.is_null().to_numpy()


def thumbnails(values: pl.Series, side: int = 64) -> list[str | None]:
    """Raw pictures as small ones, written as text; None where one is missing or cannot be read.

    Args:
        values: raw values (N).
        side: no side is longer.
    """
    if shape := shape_of(values.dtype):
        looked: list[Any] = [Seen(shape[0], shape[1], len(shape) == 3 and shape[2] > 1)] * len(values)
    else:
        raw = text_of(values) if values.dtype == pl.String else values
        looked = [None if one is None else tried(seen, one) for one in raw.to_list()]
    found: list[str | None] = []
    for place, one in enumerate(looked):
        if not isinstance(one, Seen):
            found.append(None)
            continue
        scale = min(1.0, side / max(one.height, one.width))
        size = max(1, round(one.height * scale)), max(1, round(one.width * scale))
        block = np.zeros((1, 3 if one.colour else 1, *size), dtype=np.uint8)
        wrong = filled(block, values[place : place + 1], block.shape[1], size)
        found.append(None if wrong else written(block[0]))
    return found


def names_of(values: pl.Series, most: int = 3) -> str:
    """The names of the first files, for a sentence.

    >>> names_of(pl.Series(["a/1.png", "a/2.png"])), names_of(pl.Series([b"12"]))
    (' (1.png, 2.png)', '')
    """
    if values.dtype != pl.String:
        return ""
    names = [PurePath(one).name for one in values.head(most).to_list() if not one.startswith("data:")]
    more = ", ..." if len(values) > most else ""
    return f" ({', '.join(names)}{more})" if names else ""


def tried(function: Any, raw: Any) -> Any:
    """What ``function`` makes of a raw picture, or the reason why it cannot be read."""
    try:
        return function(raw)
    except Unreadable as error:
        return str(error)


def text_of(values: pl.Series) -> pl.Series:
    """Texts without spaces around them; None where they say that a value is missing."""
    text = values.str.strip_chars()
    return text.set(text.is_in(list(MISSING)), None)


def shape_of(dtype: Any) -> tuple[int, ...] | None:
    """The shape of the arrays of bytes that a column holds: (H, W) or (H, W, C)."""
    if not isinstance(dtype, pl.Array):
        return None
    inner: Any = dtype
    while isinstance(inner, pl.Array):
        inner = inner.inner
    shape = tuple(dtype.shape)
    good = inner == pl.UInt8 and (len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3, 4)))
    return shape if good else None


def check_type(values: pl.Series) -> None:
    """Refuse a column that cannot hold pictures.

    Raises:
        DataError: its values are neither texts, bytes nor arrays of bytes.
    """
    if values.dtype in (pl.String, pl.Binary, pl.Null) or shape_of(values.dtype):
        return
    raise DataError(
        Mistake(
            f"column {values.name!r} holds values of type {values.dtype}",
            "pictures: paths, encoded bytes, or arrays of bytes of shape (height, width) or (height, width, channels)",
            "give it another kind, or leave it out",
        )
    )


def filled(
    block: NDArray[np.uint8], values: pl.Series, channels: int, size: tuple[int, int]
) -> dict[int, str]:
    """Write the pictures into ``block`` (N, C, H, W); give back the places that have none, and why."""
    check_type(values)
    known = values.is_not_null().to_numpy()
    wrong = dict.fromkeys(np.flatnonzero(~known).tolist(), ABSENT)
    if shape := shape_of(values.dtype):
        present = values if known.all() else values.drop_nulls()
        _fill_arrays(block, np.flatnonzero(known), _array(present, shape), size)
        return wrong
    if values.dtype == pl.Null:
        return wrong
    raw = text_of(values) if values.dtype == pl.String else values
    places = np.flatnonzero(raw.is_not_null().to_numpy()).tolist()
    wrong = dict.fromkeys(np.flatnonzero(raw.is_null().to_numpy()).tolist(), ABSENT)
    known_pixels = held() or {}

    def fill(place: int) -> str | None:
        pixels = known_pixels.get((raw[place], channels, *size))
        if pixels is None:
            pixels = tried(lambda one: decoded(one, channels, *size), raw[place])
        if isinstance(pixels, str):
            return pixels
        block[place] = pixels
        return None

    for place, why in zip(places, each(fill, places)):
        if why:
            wrong[place] = why
    return dict(sorted(wrong.items()))


def _array(present: pl.Series, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    flat = present.explode()
    while isinstance(flat.dtype, pl.Array):
        flat = flat.explode()
    return flat.to_numpy().reshape(len(present), *shape)


def _fill_arrays(
    block: NDArray[np.uint8], places: NDArray[np.int64], pixels: NDArray[np.uint8], size: tuple[int, int]
) -> None:
    """Write arrays (N, H, W) or (N, H, W, C) into the places of a block (N, C, H, W)."""
    channels = block.shape[1]
    own = pixels.shape[3] if pixels.ndim == 4 else 1
    if pixels.shape[1:3] == size and own == channels:
        block[places] = pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2)
        return
    for place, picture in zip(places, pixels):
        block[place] = resized(picture, channels, *size)
