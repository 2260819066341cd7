"""Pictures as they are stored: opened, turned upright, laid on white, brought to 8 bits, resized.

| what is stored | becomes |
|---|---|
| PNG, JPEG, WebP, BMP, TIFF, GIF or PNM, of several frames the first | its pixels, 0 to 255 |
| an EXIF orientation | the picture turned upright |
| a transparent picture | the picture laid on white |
| 16 bits a channel | the upper 8 |
| 32-bit numbers from 0 to 1 | 255 times these, rounded |
| CMYK, YCbCr, Lab, a palette | red, green and blue |

Legend: N pictures, C channels (1 or 3), H height, W width in pixels.
"""

from __future__ import annotations

import base64
import binascii
import io
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm", ".pbm", ".pnm")
"""The endings by which files are known as pictures."""

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
"""What is decoded; other formats of Pillow's may start programs, such as PostScript."""

MOST_PIXELS = 178_956_970
"""A picture of more pixels is refused: a small file can claim a size that fills the memory."""

DATA = "data:image/"
"""How a picture begins that is written as text."""

SMALLEST = 8
"""Arrays of a shorter side are no pictures that a convolution could make something of."""

CHANNELS = (1, 3, 4)
"""How many channels pictures have: grey; red, green and blue; these and transparency."""

Raw = str | bytes
"""A path, text that begins with ``data:image/``, or the bytes of a file."""

_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True)
class Seen:
    """What is known of a picture without its pixels.

    Args:
        height, width: upright, in pixels.
        colour: whether it has more than grey.
    """

    height: int
    width: int
    colour: bool


class Unreadable(Exception):
    """A picture cannot be read; the message is a clause that says why, the same for all pictures of this sort."""


def seen(raw: Raw, whole: bool = False) -> Seen:
    """Look at a picture's header; ``whole`` decodes it too, so that a broken one is found.

    Raises:
        Unreadable: it is missing, no picture, broken or too large.
    """

    def look(image: Image.Image) -> Seen:
        width, height = image.size
        if image.getexif().get(0x0112, 1) in (5, 6, 7, 8):  # turned by a quarter
            width, height = height, width
        if whole:
            image.draft("RGB", (64, 64))  # JPEG alone: all of it is read, at an eighth of its size
            _eight_bits(image)
        return Seen(height, width, _has_colour(image))

    return _opened(raw, look)


def decoded(raw: Raw, channels: int, height: int, width: int) -> NDArray[np.uint8]:
    """The pixels of a picture, resized where it has another size (bilinear, averaging where it shrinks).

    Returns:
        (C, H, W) uint8.

    Raises:
        Unreadable: it is missing, no picture, broken or too large.
    """

    def pixels(image: Image.Image) -> NDArray[np.uint8]:
        image.draft("RGB" if channels == 3 else "L", (2 * max(height, width),) * 2)  # JPEG alone
        upright = ImageOps.exif_transpose(_eight_bits(image))
        return _resized(upright, channels, height, width)

    return _opened(raw, pixels)


def resized(pixels: NDArray[np.uint8], channels: int, height: int, width: int) -> NDArray[np.uint8]:
    """Pixels (H, W) or (H, W, C), C being 1, 3 or 4 (with transparency), as ``decoded`` gives them."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    return _resized(_eight_bits(Image.fromarray(pixels)), channels, height, width)


def written(pixels: NDArray[np.uint8]) -> str:
    """Pixels (C, H, W) as text: a PNG in base 64, which is read as a picture again.

    >>> written(np.zeros((1, 2, 2), np.uint8))[:22]
    'data:image/png;base64,'
    """
    image = Image.fromarray(
        pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0))
    )
    out = io.BytesIO()
    image.save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def as_pictures(features: NDArray[Any]) -> NDArray[np.uint8] | None:
    """X as pictures (N, H, W) or (N, H, W, C), or None where it holds none.

    Pictures are bytes of shape (N, H, W), (N, H, W, C) or (N, C, H, W), with 1, 3 or 4 channels C, and sides of at
    least 8 pixels.

    >>> as_pictures(np.zeros((5, 3, 32, 32), np.uint8)).shape, as_pictures(np.zeros((5, 4, 3), np.uint8))
    ((5, 32, 32, 3), None)
    """
    if features.dtype != np.uint8 or features.ndim not in (3, 4):
        return None
    if features.ndim == 4 and features.shape[3] not in CHANNELS and features.shape[1] in CHANNELS:
        features = features.transpose(0, 2, 3, 1)
    if min(features.shape[1:3]) < SMALLEST or features.shape[3:] not in ((), *((c,) for c in CHANNELS)):
        return None
    return np.ascontiguousarray(features)


def each(function: Callable[[_T], _R], items: Sequence[_T], together: int = 32) -> Iterable[_R]:
    """``function`` of each item, in their order, on as many threads as there are cores: decoding frees Python's lock.

    >>> list(each(abs, [1, -2, 3]))
    [1, 2, 3]
    """
    if len(items) <= together:
        yield from map(function, items)
        return
    groups = [items[start : start + together] for start in range(0, len(items), together)]
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for group in pool.map(lambda group: [function(item) for item in group], groups):
            yield from group


def _opened(raw: Raw, use: Callable[[Image.Image], _R]) -> _R:
    try:
        with Image.open(_stream(raw), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Unreadable(f"more than {MOST_PIXELS:,} pixels")
            return use(image)
    except Unreadable:
        raise
    except FileNotFoundError:
        raise Unreadable("there is no such file") from None
    except (IsADirectoryError, PermissionError):
        raise Unreadable("a folder, or a file that may not be read") from None
    except UnidentifiedImageError:
        raise Unreadable("not a picture, or of a format that is not read") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unreadable(f"more than {MOST_PIXELS:,} pixels") from None
    except Exception:  # noqa: BLE001 - of broken bytes Pillow's decoders raise nearly anything
        raise Unreadable("broken or cut off") from None


def _stream(raw: Raw) -> Any:
    if isinstance(raw, bytes):
        if not raw:
            raise Unreadable("empty")
        return io.BytesIO(raw)
    if raw.startswith(DATA):
        try:
            return io.BytesIO(base64.b64decode(raw.partition(",")[2], validate=True))
        except (binascii.Error, ValueError):
            raise Unreadable("broken or cut off") from None
    path = Path(raw).expanduser()
    if path.is_file() and not path.stat().st_size:
        raise Unreadable("empty")
    return path


def _has_colour(image: Image.Image) -> bool:
    return image.mode not in ("1", "L", "LA", "La", "I", "F") and not image.mode.startswith("I;")


def _eight_bits(image: Image.Image) -> Image.Image:
    """The picture as grey (L) or colour (RGB), on white; this decodes it.

    Raises:
        Unreadable: its numbers are neither of 8 nor of 16 bits, nor from 0 to 1.
    """
    mode = image.mode
    if mode in ("L", "RGB") and "transparency" not in image.info:
        image.load()
        return image
    if mode.startswith("I") or mode == "F":
        numbers = np.asarray(image).astype(np.float64)
        top = 1.0 if mode == "F" else 65535.0
        if not (
            np.isfinite(numbers).all() and numbers.min(initial=0.0) >= 0 and numbers.max(initial=0.0) <= top
        ):
            raise Unreadable("its numbers are neither of 16 bits nor from 0 to 1")
        scaled = np.round(numbers * 255.0) if mode == "F" else np.floor(numbers / 256.0)
        return _kept_turn(image, Image.fromarray(scaled.astype(np.uint8)))
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        grey = not _has_colour(image)
        over = image.convert("RGBA")
        paper = Image.new("RGBA", over.size, "white")
        paper.alpha_composite(over)
        return _kept_turn(image, paper.convert("L" if grey else "RGB"))
    return _kept_turn(image, image.convert("L" if mode == "1" else "RGB"))


def _kept_turn(image: Image.Image, converted: Image.Image) -> Image.Image:
    """Keep what says how the picture is to be turned."""
    turn = image.getexif().get(0x0112, 1)
    if turn != 1:
        converted.getexif()[0x0112] = turn
    return converted


def _resized(image: Image.Image, channels: int, height: int, width: int) -> NDArray[np.uint8]:
    image = image.convert("L" if channels == 1 else "RGB")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3.0)
    pixels = np.asarray(image)
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)
