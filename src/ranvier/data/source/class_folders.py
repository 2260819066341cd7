"""A folder of pictures or of sounds: one subfolder a class, with ``train``, ``validation``, ``test`` above them or not.

    pictures/cat/1.jpg          pictures/train/cat/1.jpg
    pictures/dog/2.png          pictures/test/dog/2.png

A folder that holds pictures only, or a single picture, is a table without a target, for predictions. Of pictures and
sounds in one folder those are read that there are more of; the others are left out, which the ledger says.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from ...errors import DataError, Mistake
from .. import pictures, sounds
from ..ledger import Ledger
from ..pictures import each
from ..table import Table
from .endings import is_table
from .file import as_path, digest, ends_with, opening, path_of

CLASS = "class"
"""The name of the target's column."""


@dataclass(frozen=True)
class Sort:
    """What a folder holds.

    Args:
        column: the name of its column of paths.
        kind: of that column.
        endings: by which its files are known.
    """

    column: str
    kind: str
    endings: tuple[str, ...]

    def owns(self, path: Path) -> bool:
        """Whether a file is one by its ending."""
        return path.name.lower().endswith(self.endings)


SORTS = (Sort("picture", "image", pictures.ENDINGS), Sort("sound", "audio", sounds.ENDINGS))
NAMED = tuple(ending for sort in SORTS for ending in sort.endings)
"""The endings of all files that columns of paths name."""

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
"""So many files tell what a folder holds."""


def claims(location: object) -> bool:
    """Tell whether ``location`` is a picture or a sound, or a folder in which there are some among the first files."""
    path = as_path(location)
    if path is None or "\0" in str(path):
        return False
    if path.is_dir():
        return _sort(path) is not None
    return ends_with(path, NAMED)


def read(location: object, ledger: Ledger) -> Table:
    """Read the names of pictures or sounds and of the folders that they lie in; none is opened.

    The columns are ``picture`` or ``sound``, paths, and ``class``, the target. Files that are the same byte for byte
    have the path of the first, so that they are the same row. What is of another sort by its ending is left out, which
    is written into the ledger.

    Args:
        location: the folder, or one file.
        ledger: the number of files is added to it.

    Raises:
        DataError: the folder has files in folders of parts but none for training, or in no class folders there.
    """
    path = path_of(location)
    if not path.is_dir():
        with opening(path), path.open("rb"):
            pass
        alone = next(sort for sort in SORTS if sort.owns(path))
        return _table(alone, [path], path.parent, path.name, ledger)
    sort = _sort(path) or SORTS[0]
    folders = _folders(path)
    parts = {one: PARTS[one.name.lower()] for one in folders if one.name.lower() in PARTS}
    if parts:
        return _of_parts(sort, path, parts, ledger)
    files, classes = _classes(sort, path, ledger)
    if not classes:
        return _table(sort, _files(sort, path, ledger), path, path.name, ledger)
    return _table(sort, files, path, path.name, ledger, classes)


def _of_parts(sort: Sort, path: Path, parts: Mapping[Path, str], ledger: Ledger) -> Table:
    """The files of the folders of the parts."""
    files: list[Path] = []
    classes: list[str] = []
    given: list[str] = []
    mistakes: list[Mistake] = []
    if "train" not in parts.values():
        named = ", ".join(sorted(one.name for one in parts))
        mistakes.append(
            Mistake(f"{str(path)!r} has folders {named}, and none called train", f"training {sort.column}s")
        )
    for folder, part in sorted(parts.items()):
        found, own = _classes(sort, folder, ledger)
        if not own:
            mistakes.append(
                Mistake(
                    f"{str(folder)!r} holds no class folders with {sort.column}s",
                    f"{folder.name}/CLASS/{sort.column}{sort.endings[0]}",
                )
            )
        files += found
        classes += own
        given += [part] * len(found)
    if mistakes:
        raise DataError(*mistakes)
    others = [one.name for one in sorted(path.iterdir()) if one not in parts and not _is_hidden(one)]
    _left_out(others, ledger, "beside the folders of the parts")
    return _table(sort, files, path, path.name, ledger, classes, given)


def _classes(sort: Sort, path: Path, ledger: Ledger) -> tuple[list[Path], list[str]]:
    """The files in the class folders of ``path``, in the order of the classes' names, and the class of each."""
    files: list[Path] = []
    classes: list[str] = []
    empty: list[str] = []
    for folder in _folders(path):
        found = _files(sort, folder, ledger)
        files += found
        classes += [folder.name] * len(found)
        if not found:
            empty.append(folder.name)
    if files:
        shown = ", ".join(empty[:5]) + (", ..." if len(empty) > 5 else "")
        ledger.note("kept", f"folders without {sort.column}s are no classes: {shown}", len(empty))
        loose = [one.name for one in sorted(path.iterdir()) if one.is_file() and not _is_hidden(one)]
        _left_out(loose, ledger, "outside the class folders")
    return files, classes


def _files(sort: Sort, folder: Path, ledger: Ledger) -> list[Path]:
    """The files of the sort below a folder, in the order of their paths."""
    found: list[Path] = []
    others: list[Path] = []
    for one in _below(folder):
        (found if sort.owns(one) else others).append(one)
    _left_out([one.name for one in others], ledger, f"in {folder.name}, no {sort.column}s by their endings")
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
    sort: Sort,
    files: list[Path],
    folder: Path,
    origin: str,
    ledger: Ledger,
    classes: list[str] | None = None,
    parts: list[str] | None = None,
) -> Table:
    """A table of paths; the same bytes have one path."""
    contents = list(each(_content, files))
    first: dict[str, Path] = {}
    for content, file in zip(contents, files):
        first.setdefault(content, file)
    paths = [str(first[content]) for content in contents]
    columns = [pl.Series(sort.column, paths, dtype=pl.String)]
    if classes is not None:
        columns.append(pl.Series(CLASS, classes, dtype=pl.String))
    told = hashlib.sha256()
    for content, file in zip(contents, files):
        told.update(f"{file.relative_to(folder).as_posix()}:{content}\n".encode())
    ledger.read += len(paths)
    rows = np.arange(len(paths), dtype=np.int64)
    given = None if parts is None or len(set(parts)) < 2 else np.array(parts)
    target = None if classes is None else CLASS
    return Table(
        pl.DataFrame(columns), rows, origin, told.hexdigest(), {sort.column: sort.kind}, target, given
    )


def _content(path: Path) -> str:
    """The digest of a file; of one that may not be read its name, so that it is like no other."""
    try:
        return digest(path)
    except OSError:
        return str(path)


def _sort(path: Path) -> Sort | None:
    """What most of the first files below a folder are; nothing where a table stands beside its subfolders."""
    if any(is_table(one) for one in path.iterdir() if one.is_file() and not _is_hidden(one)):
        return None
    few = list(islice(_below(path), LOOKED_AT))
    counts = {sort: sum(map(sort.owns, few)) for sort in SORTS}
    most = max(SORTS, key=lambda sort: counts[sort])
    return most if counts[most] else None


def _folders(path: Path) -> list[Path]:
    return sorted(one for one in path.iterdir() if one.is_dir() and not _is_hidden(one))


def _is_hidden(path: Path) -> bool:
    return path.name.startswith((".", "__"))
