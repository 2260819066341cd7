"""IDX, the format of MNIST's files: pictures and their labels, each in one file, also gzipped.

A folder that holds ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte`` gives training rows, and
``t10k-...`` (or ``test-...``) beside them test rows. http://yann.lecun.com/exdb/mnist describes the format.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import DataError, Mistake
from ..ledger import Ledger
from ..table import Table
from .file import as_path, opening
from .fingerprint import fingerprint

PICTURE, LABEL = "picture", "label"
"""The names of the columns."""

_NAME = re.compile(r"^(?P<part>.+?)[-_.]images[-_.]?idx\d[-_.]ubyte(?P<zipped>\.gz)?$", re.IGNORECASE)
_PARTS = {
    "t10k": "test",
    "test": "test",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
}


def claims(location: object) -> bool:
    """Tell whether ``location`` is a folder that holds pictures in IDX files, or one such file."""
    path = as_path(location)
    if path is None or "\0" in str(path):
        return False
    if path.is_dir():
        return any(_NAME.match(one.name) for one in path.iterdir() if one.is_file())
    return _NAME.match(path.name) is not None


def read(location: object, ledger: Ledger, *, labels: Sequence[str] | None = None) -> Table:
    """Read pictures and labels.

    The columns are ``picture``, arrays of bytes, and ``label``, the target, where there is a file of labels.

    Args:
        location: the folder, or one file of pictures.
        ledger: the number of pictures is added to it.
        labels: what the labels 0, 1, ... are called; None leaves the numbers.

    Raises:
        DataError: a file is missing, damaged or cut off, or pictures and labels are not equally many.
    """
    path = Path(str(location)).expanduser()
    files = _chosen(sorted(path.iterdir()) if path.is_dir() else [path])
    pictures: list[NDArray[np.uint8]] = []
    answers: list[NDArray[np.uint8] | None] = []
    parts: list[str] = []
    for part, file in files:
        shown = _array(file, dimensions=(3, 4))
        beside = _labels_of(file)
        said = None if beside is None else _array(beside, dimensions=(1,))
        if said is not None and len(said) != len(shown):
            raise DataError(
                Mistake(
                    f"{file.name!r} holds {len(shown):,} pictures and {beside and beside.name!r} {len(said):,} labels",
                    "as many labels as pictures",
                )
            )
        pictures.append(shown)
        answers.append(said)
        parts += [part] * len(shown)
    _check_alike(files, pictures, answers)
    columns = [pl.Series(PICTURE, np.concatenate(pictures))]
    known = [one for one in answers if one is not None]
    if known:
        columns.append(_named(np.concatenate(known), labels))
    frame = pl.DataFrame(columns)
    ledger.read += frame.height
    return Table(
        frame,
        np.arange(frame.height, dtype=np.int64),
        path.resolve().name,
        fingerprint(frame),
        {PICTURE: "image"},
        LABEL if known else None,
        np.array(parts) if len(set(parts)) > 1 else None,
    )


def _chosen(files: Sequence[Path]) -> list[tuple[str, Path]]:
    """The files of pictures with their parts, training first; of a file and its gzipped twin the first."""
    found: dict[str, tuple[str, Path]] = {}
    for file in files:
        if file.name and (match := _NAME.match(file.name)) and not file.is_dir():
            part = _PARTS.get(match["part"].lower(), "train")
            found.setdefault(f"{part}:{match['part'].lower()}", (part, file))
    order = ("train", "validation", "test")
    return sorted(found.values(), key=lambda one: order.index(one[0]))


def _labels_of(file: Path) -> Path | None:
    """The file of labels beside one of pictures."""
    name = re.sub("images", "labels", file.name, flags=re.IGNORECASE)
    stem = re.sub(r"idx\d", "idx1", name, flags=re.IGNORECASE).removesuffix(".gz")
    beside = (file.with_name(stem), file.with_name(stem + ".gz"))
    return next((one for one in beside if one.exists()), None)


def _array(path: Path, dimensions: tuple[int, ...]) -> NDArray[np.uint8]:
    """The array in an IDX file of bytes.

    Raises:
        DataError: it is damaged, cut off, or of another type or number of dimensions.
    """
    with opening(path):
        content = path.read_bytes()
    if path.name.lower().endswith(".gz"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            raise DataError(Mistake(f"{path.name!r} is no gzip file, or is cut off", remedy=_ANEW)) from None
    if len(content) < 4 or content[:2] != b"\0\0":
        raise DataError(
            Mistake(f"{path.name!r} does not begin as an IDX file does", "two bytes of zero", _ANEW)
        )
    kind, count = content[2], content[3]
    if kind != 0x08 or count not in dimensions:
        wanted = " or ".join(map(str, dimensions))
        raise DataError(
            Mistake(
                f"{path.name!r} holds values of type 0x{kind:02x} in {count} dimensions",
                f"bytes (0x08) in {wanted} dimensions",
            )
        )
    header = 4 + 4 * count
    shape = np.frombuffer(content[:header].ljust(header, b"\0"), ">i4", offset=4).astype(np.int64)
    promised = int(np.prod(shape)) if (shape >= 0).all() else -1
    if promised != len(content) - header:
        raise DataError(
            Mistake(
                f"{path.name!r} promises {'x'.join(map(str, shape))} bytes and holds {max(len(content) - header, 0):,}",
                "as many as it promises",
                _ANEW,
            )
        )
    if not promised:
        raise DataError(Mistake(f"{path.name!r} is empty", "at least one row"))
    return np.frombuffer(content, np.uint8, offset=header).reshape(tuple(shape))


_ANEW = "get the file anew from its source"


def _check_alike(
    files: Sequence[tuple[str, Path]],
    pictures: Sequence[NDArray[np.uint8]],
    answers: Sequence[NDArray[np.uint8] | None],
) -> None:
    """Refuse files whose pictures differ in shape, or of which only some have labels."""
    mistakes: list[Mistake] = []
    for (_, file), shown in list(zip(files, pictures))[1:]:
        if shown.shape[1:] != pictures[0].shape[1:]:
            sizes = ["x".join(map(str, one.shape[1:])) for one in (shown, pictures[0])]
            mistakes.append(
                Mistake(
                    f"{file.name!r} holds pictures of {sizes[0]}, {files[0][1].name!r} of {sizes[1]}",
                    "one size",
                )
            )
    mistakes += _without_labels(files, answers)
    if mistakes:
        raise DataError(*mistakes)


def _without_labels(
    files: Sequence[tuple[str, Path]], answers: Sequence[NDArray[np.uint8] | None]
) -> Iterator[Mistake]:
    if any(answer is not None for answer in answers):
        for (_, file), answer in zip(files, answers):
            if answer is None:
                wanted = re.sub("images", "labels", file.name, flags=re.IGNORECASE).replace("idx3", "idx1")
                yield Mistake(f"{file.name!r} has no file of labels beside it", wanted)


def _named(labels: NDArray[np.uint8], names: Sequence[str] | None) -> pl.Series:
    if names is None:
        return pl.Series(LABEL, labels)
    return pl.Series(LABEL, np.array(names, dtype=object)[labels].tolist(), dtype=pl.String)
