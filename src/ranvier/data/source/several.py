"""Several files as one table: a list of paths, a pattern such as ``parts/*.csv``, or a folder."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from ...catalog import SOURCES, load
from ...errors import DataError, Mistake, raise_if_any
from ..ledger import Ledger
from ..table import Table
from . import class_folders, idx
from .beside import beside
from .endings import is_table
from .file import as_path, path_of
from .stack import continued, disagreements, stacked

_PARTS = {"train", "training", "validation", "valid", "val", "test"}
"""Names of files that are not meant to be mixed."""


def claims(location: object) -> bool:
    """Tell whether ``location`` is a list of paths, a pattern, or a folder without pictures or sounds."""
    if isinstance(location, (list, tuple)):
        return len(location) > 0 and all(isinstance(one, (str, os.PathLike)) for one in location)
    path = as_path(location)
    if path is None or "\0" in str(path):
        return False
    if path.is_dir():
        return not (idx.claims(path) or class_folders.claims(path))
    return _is_pattern(path) and not path.exists()


def read(location: object, ledger: Ledger) -> Table:
    """Read several files and stack their rows.

    The columns must agree by name, in any order; row numbers continue from one file into the next. The files of a
    pattern or a folder come in the order of their names; ``**`` in a pattern stands for any number of folders.
    Subfolders of a folder and files that are no tables are left out, which is written into the ledger.

    Args:
        location: a list of paths or addresses, a pattern, or a folder.
        ledger: the rows of all files are added to it.

    Raises:
        DataError: no file is meant, one is named twice or cannot be read, the columns do not agree, or the files are
            named as the training and test rows are.
    """
    given, left_out, origin = named(location)
    tables = _tables(given, ledger)
    table = stacked(tables, origin)
    if left_out:
        shown = ", ".join(left_out[:5]) + (", ..." if len(left_out) > 5 else "")
        ledger.note("kept", f"the folder also holds what is no table, and was left out: {shown}", len(table))
    return table


def named(location: object) -> tuple[list[str], list[str], str]:
    """The files that a list, a pattern or a folder means; what else a folder holds; and what they are called together.

    Raises:
        DataError: no file is meant, one is named twice, or they are named as the training and test rows are.
    """
    left_out: list[str] = []
    if isinstance(location, (list, tuple)):
        given, origin = [str(one) for one in location], f"{len(location)} files"
    else:
        path = path_of(location)
        given, left_out = _folder(path) if path.is_dir() else (matching(path), [])
        name = path.name if path.is_dir() else "/".join(path.parts[-2:])
        origin = f"{name} ({len(given)} file{'' if len(given) == 1 else 's'})"
        _check_parts(given, str(location))
    _check_once(given)
    return given, left_out, origin


def _tables(given: list[str], ledger: Ledger) -> dict[str, Table]:
    """Read each file and see that the columns agree; what is wrong with any is said together."""
    mistakes: list[Mistake] = []
    tables: dict[str, Table] = {}
    for place, one in enumerate(given):
        own = Ledger()
        try:
            tables[str(place)] = continued(_read(one, own), own, ledger)
        except DataError as error:
            mistakes += error.mistakes
    raise_if_any(DataError, mistakes)
    for place, one in enumerate(given[1:], 1):
        mistakes += disagreements(tables["0"], tables[str(place)], given[0], one)
    raise_if_any(DataError, mistakes)
    return tables


def _read(one: str, ledger: Ledger) -> Table:
    """Read one of the files, with a source that reads single ones; the last takes any path."""
    sources = (load("sources", name) for name in SOURCES)
    source = next(source for source in sources if source.__name__ != __name__ and source.claims(one))
    table: Table = source.read(one, ledger)
    return beside(table, one)


def _is_pattern(path: Path) -> bool:
    return glob.has_magic(str(path))


def matching(path: Path) -> list[str]:
    """The files that a pattern means.

    Raises:
        DataError: there are none.
    """
    names = glob.glob(str(path), recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
    found = sorted(name for name in names if Path(name).is_file())
    if not found:
        raise DataError(Mistake(f"no file matches {str(path)!r}", "at least one", _whereabouts(path)))
    return found


def _whereabouts(path: Path) -> str:
    """Say which folder is missing, or what the folder holds instead."""
    plain = path.parent
    while _is_pattern(plain):
        plain = plain.parent
    if not plain.is_dir():
        return f"there is no folder {str(plain)!r}"
    names = sorted(one.name for one in plain.iterdir())
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return f"the folder {str(plain)!r} holds {shown or 'nothing'}"


def _folder(path: Path) -> tuple[list[str], list[str]]:
    """The files of a folder that are tables, and the names of what else is in it."""
    files, others = [], []
    for one in sorted(path.iterdir()):
        hidden = one.name.startswith((".", "_"))  # _SUCCESS stands among the Parquet files of a job
        if one.is_file() and not hidden and is_table(one):
            files.append(str(one))
        else:
            others.append(one.name)
    if not files:
        shown = ", ".join(others[:5]) + (", ..." if len(others) > 5 else "")
        raise DataError(
            Mistake(
                f"{str(path)!r} is a folder that holds neither tables nor pictures, but {shown or 'nothing'}",
                "files such as .csv or .parquet, or class folders with pictures such as .png or .jpg",
                "name a file, or a pattern such as 'folder/**/*.csv'",
            )
        )
    return files, others


def _check_once(given: Iterable[str]) -> None:
    seen: dict[Path, str] = {}
    for one in given:
        path = as_path(one)
        if path is not None and path.absolute() in seen:
            raise DataError(Mistake(f"the file {one!r} is named twice", "each file once"))
        if path is not None:
            seen[path.absolute()] = one


def _check_parts(given: Iterable[str], location: str) -> None:
    """Refuse to mix rows that were set apart."""
    parts = [Path(one).name for one in given if Path(one).name.split(".")[0].lower() in _PARTS]
    if len(parts) > 1:
        raise DataError(
            Mistake(
                f"{location!r} holds {', '.join(parts)}, which seem to have been set apart",
                "rows that may be mixed",
                "name the training rows, and the others as validation and test (--validation, --test)",
            )
        )
