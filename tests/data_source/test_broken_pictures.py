"""Twenty-five broken pictures: each is dropped for its own reason, and every row is accounted for."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from ranvier.data.clean import clean
from ranvier.data.infer import infer_schema
from ranvier.data.ledger import Ledger
from ranvier.data.source import read

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


def test_each_broken_picture_is_dropped_for_its_reason_and_the_ledger_adds_up(tmp_path: Path):
    for number in range(12):
        place = tmp_path / "ab"[number % 2] / f"whole{number}.png"
        place.parent.mkdir(exist_ok=True)
        Image.new("L", (9, 9), number).save(place)
    for name, (content, _) in BROKEN.items():
        (tmp_path / "a" / name).write_bytes(content)
    ledger = Ledger()
    table = read(tmp_path, ledger)
    names = [Path(one).name for one in table.frame["picture"]]
    kept = clean(table, infer_schema(table, {}, None, None, ledger), ledger)
    ledger.reconcile({"train": len(kept)})
    assert len(BROKEN) == 25
    assert len(kept) == 12
    dropped = [entry for entry in ledger.entries if entry.outcome == "dropped"]
    assert sum(entry.count for entry in dropped) == 25
    found = {}
    for entry in dropped:
        said = entry.reason.partition(": ")[2].rpartition(" (")[0]
        found[said] = entry.count
    reasons = [reason for _, reason in BROKEN.values()]
    assert names.count("whole0.png") == 1
    assert found == {reason: reasons.count(reason) for reason in reasons}
