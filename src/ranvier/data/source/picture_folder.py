"""A folder of pictures: one subfolder a class, with folders ``train``, ``validation`` and ``test`` above them or not.

    pictures/cat/1.jpg          pictures/train/cat/1.jpg
    pictures/dog/2.png          pictures/test/dog/2.png

A folder that holds pictures only, or a single picture, is a table without a target, for predictions.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from ...errors import DataError, Mistake
from ..ledger import Ledger
from ..pictures import ENDINGS as PICTURES
from ..pictures import each
from ..table import Table
from .file import as_path, digest, ends_with, opening, path_of

PICTURE, CLASS = "picture", "class"
"""The names of the columns."""

PARTS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}
"""What folders of the parts are called."""

LOOKED_AT = 1_000
"""So many files tell whether a folder holds pictures."""


def claims(location: object) -> bool:
    """Tell whether ``location`` is a picture, or a folder in which the first files are pictures."""
    path = as_path(location)
    if path is None or "\0" in str(path):
        return False
    if path.is_dir():
        return _holds_pictures(path)
    return ends_with(path, PICTURES)


def read(location: object, ledger: Ledger) -> Table:
    """Read the names of pictures and of the folders that they lie in; no picture is opened.

    The columns are ``picture``, paths, and ``class``, the target. Files that are the same byte for byte have the path
    of the first, so that they are the same row. What is no picture by its ending is left out, which is written into
    the ledger.

    Args:
        location: the folder, or one picture.
        ledger: the number of pictures is added to it.

    Raises:
        DataError: the folder has pictures in folders of parts but none for training, or in no class folders there.
    """
    path = path_of(location)
    if not path.is_dir():
        with opening(path), path.open("rb"):
            pass
        return _table([path], path.parent, path.name, ledger)
    folders = _folders(path)
    parts = {one: PARTS[one.name.lower()] for one in folders if one.name.lower() in PARTS}
    if parts:
        return _of_parts(path, parts, ledger)
    pictures, classes = _classes(path, ledger)
    if not classes:
        return _table(_pictures(path, ledger), path, path.name, ledger)
    return _table(pictures, path, path.name, ledger, classes)


def _of_parts(path: Path, parts: Mapping[Path, str], ledger: Ledger) -> Table:
    """The pictures of the folders of the parts."""
    pictures: list[Path] = []
    classes: list[str] = []
    given: list[str] = []
    mistakes: list[Mistake] = []
    if "train" not in parts.values():
        named = ", ".join(sorted(one.name for one in parts))
        mistakes.append(
            Mistake(f"{str(path)!r} has folders {named}, and none called train", "training pictures")
        )
    for folder, part in sorted(parts.items()):
        found, own = _classes(folder, ledger)
        if not own:
            mistakes.append(
                Mistake(
                    f"{str(folder)!r} holds no class folders with pictures",
                    f"{folder.name}/CLASS/picture.png",
                )
            )
        pictures += found
        classes += own
        given += [part] * len(found)
    if mistakes:
        raise DataError(*mistakes)
    others = [one.name for one in sorted(path.iterdir()) if one not in parts and not _is_hidden(one)]
    _left_out(others, ledger, "beside the folders of the parts")
    return _table(pictures, path, path.name, ledger, classes, given)


def _classes(path: Path, ledger: Ledger) -> tuple[list[Path], list[str]]:
    """The pictures in the class folders of ``path``, in the order of the classes' names, and the class of each."""
    pictures: list[Path] = []
    classes: list[str] = []
    empty: list[str] = []
    for folder in _folders(path):
        found = _pictures(folder, ledger)
        pictures += found
        classes += [folder.name] * len(found)
        if not found:
            empty.append(folder.name)
    if pictures:
        shown = ", ".join(empty[:5]) + (", ..." if len(empty) > 5 else "")
        ledger.note("kept", f"folders without pictures are no classes: {shown}", len(empty))
        loose = [one.name for one in sorted(path.iterdir()) if one.is_file() and not _is_hidden(one)]
        _left_out(loose, ledger, "outside the class folders")
    return pictures, classes


def _pictures(folder: Path, ledger: Ledger) -> list[Path]:
    """The pictures below a folder, in the order of their paths."""
    found: list[Path] = []
    others: list[Path] = []
    for one in _below(folder):
        (found if one.name.lower().endswith(PICTURES) else others).append(one)
    _left_out([one.name for one in others], ledger, f"in {folder.name}, no pictures by their endings")
    return found


def _below(folder: Path) -> Iterator[Path]:
    """The files below a folder; hidden ones are passed over."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        yield from (Path(place, name) for name in sorted(files) if not name.startswith("."))


def _left_out(names: list[str], ledger: Ledger, where: str) -> None:
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    ledger.note("kept", f"files left out, {where}: {shown}", len(names))


def _table(
    pictures: list[Path],
    folder: Path,
    origin: str,
    ledger: Ledger,
    classes: list[str] | None = None,
    parts: list[str] | None = None,
) -> Table:
    """A table of paths; the same bytes have one path."""
    contents = list(each(_content, pictures))
    first: dict[str, Path] = {}
    for content, picture in zip(contents, pictures):
        first.setdefault(content, picture)
    paths = [str(first[content]) for content in contents]
    columns = [pl.Series(PICTURE, paths, dtype=pl.String)]
    if classes is not None:
        columns.append(pl.Series(CLASS, classes, dtype=pl.String))
    told = hashlib.sha256()
    for content, picture in zip(contents, pictures):
        told.update(f"{picture.relative_to(folder).as_posix()}:{content}\n".encode())
    ledger.read += len(paths)
    rows = np.arange(len(paths), dtype=np.int64)
    given = None if parts is None or len(set(parts)) < 2 else np.array(parts)
    target = None if classes is None else CLASS
    return Table(pl.DataFrame(columns), rows, origin, told.hexdigest(), {PICTURE: "image"}, target, given)


def _content(path: Path) -> str:
    """The digest of a file; of one that may not be read its name, so that it is like no other."""
    try:
        return digest(path)
    except OSError:
        return str(path)


def _holds_pictures(path: Path) -> bool:
    """Tell whether there is a picture in the folder, and no table beside its subfolders."""
    from .several import is_table

    if any(is_table(one) for one in path.iterdir() if one.is_file() and not _is_hidden(one)):
        return False
    few = islice(_below(path), LOOKED_AT)
    return any(one.name.lower().endswith(PICTURES) for one in few)


def _folders(path: Path) -> list[Path]:
    return sorted(one for one in path.iterdir() if one.is_dir() and not _is_hidden(one))


def _is_hidden(path: Path) -> bool:
    return path.name.startswith((".", "__"))
