"""NumPy's files: an ``.npz`` with the arrays X and y, or an ``.npy`` whose columns are named or counted."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ...errors import DataError, Mistake
from ..ledger import Ledger
from ..table import Table
from . import arrays
from .columns import to_series
from .file import digest, ends_of, ends_with, path_of
from .native import native_table, reason

ENDINGS = (".npz", ".npy")


def claims(location: object) -> bool:
    """Tell whether ``location`` names a file of NumPy's, by its ending."""
    return ends_with(location, ENDINGS)


def read(location: object, ledger: Ledger) -> Table:
    """Read a file of NumPy's.

    From an ``.npz``, the arrays X (N, ...) and y (N,) become the columns that ``arrays.read`` makes of them; y is the
    target. From an ``.npy``, a structured array (N,) keeps the names of its fields, and an array (N, D) has the
    columns ``x0`` to ``x{D-1}``, of which the user names the target.

    Args:
        location: the path.
        ledger: the number of rows is added to it, and what other arrays the file holds.

    Raises:
        DataError: the file is missing or damaged, holds Python objects, has no arrays X and y, or an array of
            another shape or type.
    """
    path = path_of(location)
    ends_of(path)
    if ends_with(path, (".npz",)):
        return _archive(path, ledger)
    array = _loaded(path)
    if isinstance(array, dict):
        raise DataError(Mistake(f"{path.name} is an archive of arrays", "a single array", "call it .npz"))
    frame = _counted(array, path.name) if array.dtype.names is None else _named(array, path.name)
    return native_table(frame, ledger, path.name, digest(path))


def _archive(path: Path, ledger: Ledger) -> Table:
    found = _loaded(path)
    if not isinstance(found, dict):
        raise DataError(Mistake(f"{path.name} is a single array", "an archive of X and y", "call it .npy"))
    if not {"x", "y"} <= set(map(str.lower, found)):
        held = f"the arrays {', '.join(list(found)[:10])}" if found else "no arrays"
        raise DataError(
            Mistake(
                f"{path.name} holds {held}", "the arrays X and y", "np.savez(path, X=..., y=...) writes them"
            )
        )
    arrays_by_name = {name.lower(): array for name, array in found.items()}
    table = arrays.read((arrays_by_name["x"], arrays_by_name["y"]), ledger)
    others = [name for name, array in found.items() if array is None]
    if others:
        ledger.note("kept", f"the file's other arrays are left out: {', '.join(others[:10])}", len(table))
    return replace(table, origin=path.name, fingerprint=digest(path))


def _loaded(path: Path) -> Any:
    """The array of an ``.npy``, or the names of an ``.npz`` with the arrays X and y, and None for each other."""
    with path.open("rb") as stream:
        try:
            found: Any = np.load(stream, allow_pickle=False)
            if not isinstance(found, np.lib.npyio.NpzFile):
                return found
            return {name: found[name] if name.lower() in ("x", "y") else None for name in found.files}
        except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise DataError(_damaged(path, error)) from None


def _damaged(path: Path, error: Exception) -> Mistake:
    if "allow_pickle" in str(error) or "pickled" in str(error):
        return Mistake(
            f"{path.name} holds Python objects, or is no file of NumPy's; objects are not loaded, since they could "
            f"run code",
            "arrays of numbers or text",
            "convert them with astype(float) or astype(str) and save again",
        )
    return Mistake(
        f"{path.name} is damaged, or no file of NumPy's ({reason(error)})", remedy="write it again"
    )


def _named(array: Any, file: str) -> pl.DataFrame:
    """The fields of a structured array (N,)."""
    if array.ndim != 1:
        raise DataError(
            Mistake(f"the structured array in {file} has the shape {array.shape}", "one record a row: (N,)")
        )
    return pl.DataFrame([to_series(name, np.ascontiguousarray(array[name]))[0] for name in array.dtype.names])


def _counted(array: Any, file: str) -> pl.DataFrame:
    """The columns of an array (N, D): x0, x1, ..."""
    if array.ndim != 2:
        raise DataError(
            Mistake(
                f"the array in {file} has the shape {array.shape}",
                "rows and columns: (N, D)",
                "np.savez(path, X=..., y=...) keeps pictures and their labels in one file, X of any shape",
            )
        )
    columns = np.ascontiguousarray(array.T)
    return pl.DataFrame([to_series(f"x{place}", column)[0] for place, column in enumerate(columns)])
