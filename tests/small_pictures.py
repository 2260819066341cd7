"""The folders of pictures and the table of photos that the README's commands name, made small."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from PIL import Image


def write_small_pictures(folder: Path) -> None:
    """Write ``pictures/`` (class folders), ``mnist/`` (four IDX files) and ``photos.csv`` with its pictures."""
    generator = np.random.default_rng(0)
    prices = []
    for number in range(40):
        bright = number % 2
        pixels = (generator.integers(0, 100, (12, 12, 3)) + 120 * bright).astype(np.uint8)
        for path in (folder / "pictures" / ("day" if bright else "night"), folder / "photos"):
            path.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path / f"{number}.png")
        prices.append(f"photos/{number}.png,{30 + number % 7},{100 + 50 * bright + number}")
    (folder / "photos.csv").write_text("\n".join(["photo,size,price", *prices]) + "\n")
    (folder / "mnist").mkdir()
    for part, count in (("train", 80), ("t10k", 20)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        pictures = generator.integers(0, 20, (count, 28, 28)).astype(np.uint8)
        pictures[np.arange(count), 2 * labels + 3] = 255
        for name, array in ((f"{part}-images-idx3-ubyte", pictures), (f"{part}-labels-idx1-ubyte", labels)):
            head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
            (folder / "mnist" / name).write_bytes(head + array.tobytes())
