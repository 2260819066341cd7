"""Broken pictures and folders: each is dropped or refused for its own reason, and every row is accounted for."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import ranvier as rv
from ranvier.data.clean import clean
from ranvier.data.infer import infer_schema
from ranvier.data.ledger import Entry, Ledger
from ranvier.data.source import read
from ranvier.data.table import Table
from ranvier.errors import UserError

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8))
CUT, NONE, EMPTY = "broken or cut off", "not a picture, or of a format that is not read", "empty"
NUMBERS = "its numbers are neither of 16 bits nor from 0 to 1"


def saved(form: str, image: Image.Image = NOISE) -> bytes:
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def floats(value: float) -> bytes:
    return saved("TIFF", Image.fromarray(np.full((9, 9), value, np.float32)))


PNG, JPEG, BMP, TIFF, GIF, WEBP, PPM = map(saved, ("PNG", "JPEG", "BMP", "TIFF", "GIF", "WEBP", "PPM"))
DATA = PNG.index(b"IDAT") + 40
BROKEN = {
    "empty.png": (b"", EMPTY),
    "empty.jpg": (b"", EMPTY),
    "space.png": (b" ", NONE),
    "text.png": (b"this is text", NONE),
    "html.jpg": (b"<!DOCTYPE html><html>404</html>", NONE),
    "json.webp": (b'{"error": "not found"}', NONE),
    "pdf.png": (b"%PDF-1.4\n1 0 obj", NONE),
    "svg.png": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', NONE),
    "postscript.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", NONE),
    "zip.png": (b"PK\x03\x04" + bytes(60), NONE),
    "zeros.bmp": (bytes(200), NONE),
    "signature.png": (PNG[:8], NONE),
    "no_start.jpg": (JPEG[2:], NONE),
    "icon.gif": (saved("ICO"), NONE),
    "header.png": (PNG[:45], CUT),
    "half.png": (PNG[: len(PNG) // 2], CUT),
    "flipped.png": (PNG[:DATA] + bytes(b ^ 255 for b in PNG[DATA : DATA + 40]) + PNG[DATA + 40 :], CUT),
    "half.jpg": (JPEG[: len(JPEG) // 2], CUT),
    "half.bmp": (BMP[: len(BMP) // 2], CUT),
    "half.gif": (GIF[: len(GIF) // 2], CUT),
    "half.webp": (WEBP[: len(WEBP) // 2], CUT),
    "half.ppm": (PPM[: len(PPM) // 2], CUT),
    "beyond.tif": (floats(7.5), NUMBERS),
    "below.tif": (floats(-1.0), NUMBERS),
    "nan.tif": (floats(np.nan), NUMBERS),
}


def whole(folder: Path, classes: str = "ab", count: int = 6) -> None:
    for number in range(count * len(classes)):
        place = folder / classes[number % len(classes)] / f"whole{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (9, 9), number).save(place)


def cleaned(folder: Path) -> tuple[Table, Ledger]:
    ledger = Ledger()
    table = read(folder, ledger)
    kept = clean(table, infer_schema(table, {}, None, None, ledger), ledger)
    ledger.reconcile({"train": len(kept)})
    return kept, ledger


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_picture_is_dropped_and_the_ledger_says_why(name: str, tmp_path: Path) -> None:
    content, reason = BROKEN[name]
    whole(tmp_path)
    (tmp_path / "a" / name).write_bytes(content)
    row = sorted(["whole0.png", name]).index(name) * 6 + 1  # the others in class a begin with whole as well
    kept, ledger = cleaned(tmp_path)
    entry = Entry("dropped", f"a picture that cannot be read: {reason} ({name})", 1, "picture", (row,))
    assert (ledger.read, len(kept), ledger.entries) == (13, 12, [entry])


def test_broken_pictures_together_are_told_by_reason_and_the_ledger_adds_up(tmp_path: Path) -> None:
    whole(tmp_path)
    for name, (content, _) in BROKEN.items():
        (tmp_path / "a" / name).write_bytes(content)
    kept, ledger = cleaned(tmp_path)
    assert (len(BROKEN), len(kept)) == (25, 12)
    dropped = [entry for entry in ledger.entries if entry.outcome == "dropped"]
    found = {entry.reason.partition(": ")[2].rpartition(" (")[0]: entry.count for entry in dropped}
    assert found == Counter(reason for _, reason in BROKEN.values())


def emptied(folder: Path) -> None:
    whole(folder)
    for path in (folder / "b").iterdir():
        path.write_bytes(b"")


def made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def texts(folder: Path) -> None:
    for name in "ab":
        (folder / name).mkdir()
        (folder / name / "1.txt").write_text("x")


FOLDERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing in it": (
        lambda folder: None,
        "neither tables nor pictures, but nothing. Expected files such as .csv or .parquet, or class folders",
    ),
    "empty class folders": (lambda folder: (folder / "a").mkdir(), "neither tables nor pictures, but a"),
    "class folders of texts": (texts, "neither tables nor pictures, but a, b"),
    "one class": (lambda folder: whole(folder, "a", 12), "has a single class, 'a'. Expected at least two"),
    "a class without a whole picture": (
        emptied,
        "Target 'class' has a single class left, 'a': no row of 'b' can be used. Expected at least two classes",
    ),
    "few pictures": (lambda folder: whole(folder, count=2), "At least 10 rows are needed, 4 were left"),
    "one picture a class": (lambda folder: whole(folder, count=1), "2 of its 2 classes occur once"),
    "loose pictures": (lambda folder: NOISE.save(folder / "1.png"), "No target is named for pictures"),
    "no training pictures": (
        lambda folder: whole(folder / "test"),
        "has folders test, and none called train",
    ),
    "training pictures in no classes": (
        lambda folder: NOISE.save(made(folder / "train") / "1.png"),
        "/train' holds no class folders with pictures. Expected train/CLASS/picture.png",
    ),
    "an empty test folder": (
        lambda folder: (whole(folder / "train"), (folder / "test").mkdir()),
        "/test' holds no class folders with pictures. Expected test/CLASS/picture.png",
    ),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_that_cannot_be_learnt_from_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    build, sentence = FOLDERS[name]
    (tmp_path / "pictures").mkdir()
    build(tmp_path / "pictures")
    with pytest.raises(UserError, match=re.escape(sentence)):
        rv.inspect(tmp_path / "pictures")


def test_a_class_that_has_lost_all_of_its_pictures_is_told(tmp_path: Path) -> None:
    whole(tmp_path, "abc")
    for path in (tmp_path / "b").iterdir():
        path.write_bytes(b"")
    kept, ledger = cleaned(tmp_path)
    assert kept.frame["class"].unique().sort().to_list() == ["a", "c"]
    told = ledger.entries[-1]
    assert (told.count, told.reason) == (6, "classes of which no row can be used are not learnt: 'b'")
