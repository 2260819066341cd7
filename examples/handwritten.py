"""Handwritten digits for the examples: MNIST from a folder, or scikit-learn's 1,797 digits where none is given.

A folder holds MNIST's four files as they are published (`train-images-idx3-ubyte` and so on), gzipped or not.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Digits(NamedTuple):
    """Pictures (N, side, side) from 0 to 1 and their classes (N,), for training and for the test."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    origin: str


def load(folder: str | Path | None = None, seed: int = 0) -> Digits:
    """MNIST from `folder`, split as published; without a folder the small digits, a quarter of them for the test."""
    if folder is not None:
        parts = [
            read_idx(Path(folder), f"{part}-{what}")
            for part in ("train", "t10k")
            for what in ("images-idx3-ubyte", "labels-idx1-ubyte")
        ]
        return Digits(parts[0] / 255, parts[1].astype(int), parts[2] / 255, parts[3].astype(int), "MNIST")
    from sklearn.datasets import load_digits

    small = load_digits()
    order = np.random.default_rng(seed).permutation(len(small.target))
    test, train = order[:450], order[450:]
    return Digits(
        small.images[train] / 16,
        small.target[train],
        small.images[test] / 16,
        small.target[test],
        "scikit-learn's digits of 8x8 pixels (no MNIST folder was given)",
    )


def read_idx(folder: Path, name: str) -> np.ndarray:
    """The array in an IDX file: two zero bytes, the type, the number of dimensions, their sizes, the values."""
    path = folder / name
    content = path.read_bytes() if path.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())
    shape = np.frombuffer(content, ">i4", count=content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)
