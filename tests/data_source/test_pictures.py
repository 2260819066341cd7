"""Pictures of every sort, against pixels that are known."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image

from ranvier.data.kinds.image import Picture
from ranvier.data.ledger import Ledger
from ranvier.data.pictures import Unreadable, decoded, seen
from ranvier.errors import DataError

COLOURS = np.array(
    [[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[9, 9, 9], [100, 120, 140], [255, 255, 255]]], np.uint8
)
GREY = np.array([[0, 128, 255], [10, 20, 30]], np.uint8)


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(Image.fromarray(COLOURS), exif=exif)


def pixels(raw: bytes, channels: int, height: int = 2, width: int = 3) -> np.ndarray:
    found = decoded(raw, channels, height, width)
    assert found.dtype == np.uint8
    return found[0] if channels == 1 else found.transpose(1, 2, 0)


LOSSLESS = {
    "png": saved(Image.fromarray(COLOURS)),
    "bmp": saved(Image.fromarray(COLOURS), "BMP"),
    "tiff": saved(Image.fromarray(COLOURS), "TIFF"),
    "webp": saved(Image.fromarray(COLOURS), "WEBP", lossless=True, exact=True),
    "ppm": saved(Image.fromarray(COLOURS), "PPM"),
    "gif": saved(Image.fromarray(COLOURS).quantize(6), "GIF"),
    "palette": saved(Image.fromarray(COLOURS).quantize(6)),
}


@pytest.mark.parametrize("form", LOSSLESS)
def test_formats_without_loss_give_the_very_pixels(form):
    assert np.array_equal(pixels(LOSSLESS[form], 3), COLOURS)
    assert seen(LOSSLESS[form], whole=True).colour


def test_jpeg_is_near():
    smooth = np.tile(np.linspace(0, 255, 32).astype(np.uint8)[None, :, None], (32, 1, 3))
    assert (
        np.abs(
            pixels(saved(Image.fromarray(smooth), "JPEG", quality=95), 3, 32, 32) - smooth.astype(int)
        ).max()
        < 9
    )
    cmyk = saved(Image.fromarray(smooth).convert("CMYK"), "JPEG", quality=95)
    assert pixels(cmyk, 3, 32, 32).shape == (32, 32, 3)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (saved(Image.fromarray(GREY)), GREY),
        (saved(Image.fromarray(GREY.astype(np.uint16) * 256 + 7)), GREY),
        (saved(Image.fromarray((GREY / 255).astype(np.float32)), "TIFF"), GREY),
        (saved(Image.fromarray((GREY > 100).astype(np.uint8) * 255).convert("1")), (GREY > 100) * 255),
    ],
    ids=["8 bits", "16 bits", "floats", "1 bit"],
)
def test_grey_of_any_depth(raw, expected):
    assert np.array_equal(pixels(raw, 1), expected)
    assert not seen(raw).colour
    assert np.array_equal(pixels(raw, 3), np.repeat(np.asarray(expected)[..., None], 3, axis=2))


def test_transparent_pictures_lie_on_white():
    alpha = np.dstack([COLOURS, np.full((2, 3), 0, np.uint8)])
    assert (pixels(saved(Image.fromarray(alpha)), 3) == 255).all()
    half = np.dstack([GREY, np.full((2, 3), 128, np.uint8)])
    on_white = GREY * (128 / 255) + 255 * (127 / 255)
    assert np.abs(pixels(saved(Image.fromarray(half, "LA")), 1) - on_white).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(orientation):
    """The eight orientations of EXIF 2.32, as turns and mirrors of NumPy."""
    upright = {
        1: COLOURS,
        2: COLOURS[:, ::-1],
        3: COLOURS[::-1, ::-1],
        4: COLOURS[::-1],
        5: COLOURS.transpose(1, 0, 2),
        6: np.rot90(COLOURS, -1),
        7: np.rot90(COLOURS, 2).transpose(1, 0, 2),
        8: np.rot90(COLOURS, 1),
    }[orientation]
    looked = seen(turned(orientation))
    assert (looked.height, looked.width) == upright.shape[:2]
    assert np.array_equal(pixels(turned(orientation), 3, *upright.shape[:2]), upright)


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8))
BEYOND = Image.fromarray(np.full((2, 2), 7.5, np.float32))
WRONG = {
    "there is no such file": "no/such/picture.png",
    "empty": b"",
    "not a picture, or of a format that is not read": b"%PDF-1.4 is not read",
    "broken or cut off": saved(NOISE)[:900],
    "its numbers are neither of 16 bits nor from 0 to 1": saved(BEYOND, "TIFF"),
    "a folder, or a file that may not be read": ".",
}


@pytest.mark.parametrize("reason", WRONG)
def test_what_cannot_be_read_is_said_in_a_clause(reason):
    for function in (lambda raw: seen(raw, whole=True), lambda raw: decoded(raw, 3, 8, 8)):
        with pytest.raises(Unreadable, match=f"^{reason}$"):
            function(WRONG[reason])


def test_text_that_is_no_base_64_is_broken():
    with pytest.raises(Unreadable, match="broken or cut off"):
        seen("data:image/png;base64,***")


def test_an_empty_file_and_a_claim_of_too_many_pixels_are_refused(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(Unreadable, match="empty"):
        seen(str(tmp_path / "a.png"))
    monkeypatch.setattr("ranvier.data.pictures.MOST_PIXELS", 5)
    with pytest.raises(Unreadable, match="more than 5 pixels"):
        seen(LOSSLESS["png"])
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2)
    with pytest.raises(Unreadable, match="more than 5 pixels"):
        seen(LOSSLESS["png"])


def column(*sizes: tuple[int, int]) -> pl.DataFrame:
    made = [saved(Image.new("L", size, 60 * number)) for number, size in enumerate(sizes)]
    return pl.DataFrame({"p": pl.Series(made, dtype=pl.Binary)})


@pytest.mark.parametrize(
    ("sizes", "said", "size", "words"),
    [
        ([(9, 10), (9, 10), (20, 20)], None, (10, 9), "resized to 9x10 pixels: the most frequent size"),
        ([(8, 8), (10, 12), (20, 20)], None, (12, 10), "resized to 10x12 pixels: the median size"),
        ([(8, 8), (10, 12), (20, 20)], 16, (16, 16), "resized to 16x16 pixels: as you said"),
        ([(8, 8), (10, 12)], [20, 30], (20, 30), "resized to 30x20 pixels: as you said"),
        ([(200, 100)], None, (32, 64), r"resized to 64x32 pixels: the only size \(200x100\) made smaller"),
        ([(9, 9), (9, 9)], None, (9, 9), "^$"),
    ],
)
def test_one_size_is_chosen_and_said(sizes, said, size, words):
    kind, ledger = Picture.fit(column(*sizes), said), Ledger()
    assert kind.size == size
    assert kind.transform(column(*sizes), ledger).shape == (len(sizes), 1, *size)
    assert re.search(words, kind.sizes)
    assert [entry.reason for entry in ledger.entries] == ([kind.sizes] if kind.sizes else [])


def test_mean_and_deviation_are_those_of_all_pixels():
    array = np.random.default_rng(0).integers(0, 256, (7, 9, 8, 3), np.uint8)
    kind = Picture.fit(pl.DataFrame({"p": array}))
    assert np.allclose(kind.mean, array.mean(axis=(0, 1, 2)))
    assert np.allclose(kind.deviation, array.std(axis=(0, 1, 2)))
    assert torch.equal(
        kind.transform(pl.DataFrame({"p": array})), torch.from_numpy(array.transpose(0, 3, 1, 2).copy())
    )


def test_arrays_of_another_size_or_with_transparency_are_brought_to_the_fitted_one():
    kind = Picture.fit(pl.DataFrame({"p": np.zeros((2, 9, 8), np.uint8)}))
    assert kind.transform(pl.DataFrame({"p": np.full((1, 18, 16), 7, np.uint8)})).unique().tolist() == [7]
    alpha = np.dstack([np.zeros((9, 8, 3), np.uint8), np.full((9, 8), 0, np.uint8)])[None]
    assert kind.transform(pl.DataFrame({"p": alpha})).unique().tolist() == [255]


def test_a_column_of_what_are_no_pictures_is_refused():
    with pytest.raises(DataError, match="'p' is read as pictures, but none of its 2 values"):
        Picture.fit(pl.DataFrame({"p": ["a.png", "b.png"]}))


def test_bytes_are_inferred_by_what_they_hold(tmp_path: Path):
    assert Picture.infer(column((9, 9))["p"]).confidence == 1.0
    assert Picture.infer(pl.Series([b"abc"])).confidence == 0.0
