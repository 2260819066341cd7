"""The samples of pictures: read from the folder that RANVIER_DATA names, or downloaded from their homes.

A download is kept in ``~/.cache/ranvier``, once its MD5, which its authors publish, is right.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from ...errors import DataError, Mistake
from ..ledger import Ledger
from ..table import Table
from . import idx
from .fingerprint import fingerprint


@dataclass(frozen=True)
class Home:
    """Where a sample comes from.

    Args:
        bases: addresses of folders, tried in this order.
        files: the MD5 of each file, in hex.
        target: what the target is called.
        labels: what the labels 0, 1, ... are called.
    """

    bases: tuple[str, ...]
    files: Mapping[str, str]
    target: str
    labels: tuple[str, ...]


HOMES = {
    "mnist": Home(
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        {
            "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
            "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
            "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
        },
        "digit",
        tuple("0123456789"),
    ),
    "fashion_mnist": Home(
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
        {
            "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
        },
        "garment",
        ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"),
    ),
    "cifar10": Home(
        ("https://www.cs.toronto.edu/~kriz/",),
        {"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"},
        "object",
        ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    ),
}

RECORD = 1 + 3 * 32 * 32
"""Bytes of a picture of CIFAR-10: its label, then its red, green and blue pixels."""


def read_sample(name: str, ledger: Ledger) -> Table:
    """Read a sample of pictures, with the test part that its authors set apart.

    Args:
        name: a key of ``HOMES``.
        ledger: the number of pictures is added to it.

    Raises:
        DataError: it is not there and cannot be downloaded, or a file is damaged.
    """
    home, folder = HOMES[name], _folder(name)
    if name != "cifar10":
        table = idx.read(folder, ledger, labels=home.labels)
        frame = table.frame.rename({idx.LABEL: home.target})
        return replace(table, frame=frame, origin=f"sample:{name}", target=home.target)
    pixels, labels, parts = [], [], []
    for part, content in _cifar(folder):
        if not content or len(content) % RECORD:
            raise DataError(Mistake(f"a file of {str(folder)!r} is cut off", "whole pictures of 3,073 bytes"))
        records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
        labels.append(records[:, 0])
        pixels.append(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
        parts += [part] * len(records)
    named = np.array(home.labels, dtype=object)[np.concatenate(labels)].tolist()
    frame = pl.DataFrame(
        [
            pl.Series(idx.PICTURE, np.ascontiguousarray(np.concatenate(pixels))),
            pl.Series(home.target, named, dtype=pl.String),
        ]
    )
    ledger.read += frame.height
    rows = np.arange(frame.height, dtype=np.int64)
    kinds = {idx.PICTURE: "image"}
    return Table(frame, rows, f"sample:{name}", fingerprint(frame), kinds, home.target, np.array(parts))


def _folder(name: str) -> Path:
    """The folder that holds a sample's files; they are downloaded where none does."""
    said = os.environ.get("RANVIER_DATA")
    for folder in (Path(said, name), Path(said)) if said else ():
        if _is_whole(name, folder):
            return folder
    kept = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "ranvier" / name
    for file, digest in HOMES[name].files.items():
        if not (kept / file).is_file():
            _download(name, file, digest, kept)
    return kept


def _is_whole(name: str, folder: Path) -> bool:
    """Tell whether all files are there, packed or not."""
    if name == "cifar10" and (folder / "cifar-10-batches-bin" / "test_batch.bin").is_file():
        return True
    files = HOMES[name].files
    return all((folder / file).is_file() or (folder / file.removesuffix(".gz")).is_file() for file in files)


def _download(name: str, file: str, digest: str, folder: Path) -> None:
    """Fetch a file from the first home that answers, and keep it once its digest is right.

    Raises:
        DataError: none answers, or what came is not the file.
    """
    reasons = []
    for base in HOMES[name].bases:
        part = folder / f"{file}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            found = hashlib.md5(usedforsecurity=False)
            with urllib.request.urlopen(base + file, timeout=60) as stream, part.open("wb") as out:
                while block := stream.read(1 << 20):
                    found.update(block)
                    out.write(block)
        except OSError as error:
            reasons.append(f"{base}: {error}")
            continue
        if found.hexdigest() == digest:
            part.replace(folder / file)
            return
        part.unlink()
        reasons.append(f"{base}: the MD5 of {file} is {found.hexdigest()}, not {digest}")
    raise DataError(
        Mistake(
            f"sample:{name} could not be downloaded ({'; '.join(reasons)})",
            "its files",
            f"put them into a folder {name!r}, and name the folder above it with RANVIER_DATA",
        )
    )


def _cifar(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The part and the bytes of each of the six files, training first."""
    names = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    parts = ["train"] * 5 + ["test"]
    plain = folder / "cifar-10-batches-bin"
    try:
        if plain.is_dir():
            yield from ((part, (plain / one).read_bytes()) for part, one in zip(parts, names))
            return
        with tarfile.open(folder / "cifar-10-binary.tar.gz") as archive:
            for part, one in zip(parts, names):
                member = archive.extractfile(f"cifar-10-batches-bin/{one}")
                yield part, member.read() if member else b""
    except (OSError, KeyError, EOFError, tarfile.TarError):
        raise DataError(
            Mistake(f"the files of CIFAR-10 in {str(folder)!r} are damaged or not complete", "its six files")
        ) from None
