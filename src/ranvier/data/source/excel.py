"""Excel workbooks, read with polars and fastexcel (``pip install 'ranvier[excel]'``)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ...errors import DataError, Mistake, did_you_mean
from ..ledger import Ledger
from ..table import Table
from .file import as_path, ends_of, path_of
from .fingerprint import fingerprint
from .native import native_table, reason

ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls")
UNNAMED = "__UNNAMED__"
"""How the name of a column begins whose header is empty."""


def claims(location: object) -> bool:
    """Tell whether ``location`` names a workbook by its ending, with or without ``#SHEET`` behind it."""
    path = as_path(location)
    return path is not None and path.name.partition("#")[0].lower().endswith(ENDINGS)


def read(location: object, ledger: Ledger) -> Table:
    """Read a sheet of a workbook: its first row is the header.

    Numbers, dates and booleans keep their types; a mixture becomes text. An empty row is dropped into the ledger
    (those at the end are no rows), and a column that has neither a name nor values is none.

    Args:
        location: the path; ``book.xlsx#Sales`` names the sheet, which must be named where several hold something.
        ledger: the number of rows below the header is added to it.

    Raises:
        DataError: fastexcel is not installed, the file is missing or no workbook, there is no such sheet, or several
            sheets to choose from.
    """
    text, mark, sheet = str(location).partition("#")
    path = path_of(text)
    ends_of(path)
    sheets = _sheets(path)
    sheet = sheet or _only(sheets, path.name)
    if sheet not in sheets:
        raise DataError(Mistake(f"{path.name} has no sheet {sheet!r}", remedy=did_you_mean(sheet, sheets)))
    frame = sheets[sheet]
    origin = f"{path.name}#{sheet}" if mark else path.name
    filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    rows = np.flatnonzero(filled)
    table = native_table(frame[rows], ledger, origin, fingerprint(frame))
    empty = np.flatnonzero(~filled[: rows[-1]])
    ledger.read += len(empty)
    ledger.drop("an empty row", empty.tolist())
    return replace(table, rows=rows)


def _sheets(path: Path) -> dict[str, pl.DataFrame]:
    """The sheets that hold something, by name.

    Raises:
        DataError: fastexcel is not installed, or the file is no workbook.
    """
    options: dict[str, Any] = {"engine": "calamine", "infer_schema_length": None, "raise_if_empty": False}
    try:
        read = pl.read_excel(path, sheet_id=0, drop_empty_rows=False, drop_empty_cols=False, **options)
    except ModuleNotFoundError:
        raise DataError(
            Mistake(
                f"{path.name} is an Excel workbook, and the package that reads these is not installed",
                remedy="install it with: pip install 'ranvier[excel]'; or save the sheet as CSV",
            )
        ) from None
    except Exception as error:  # noqa: BLE001 - fastexcel has errors of its own
        raise DataError(
            Mistake(f"{path.name} is damaged, or no workbook ({reason(error)})", remedy="save it again")
        ) from None
    sheets = {
        name: frame.select(name for name in frame.columns if _says(frame[name]))
        for name, frame in read.items()
    }
    return {name: frame for name, frame in sheets.items() if frame.width}


def _says(column: pl.Series) -> bool:
    """Tell whether a column has a name or a value."""
    return not column.name.startswith(UNNAMED) or column.null_count() < len(column)


def _only(sheets: dict[str, pl.DataFrame], file: str) -> str:
    if len(sheets) == 1:
        return next(iter(sheets))
    if not sheets:
        raise DataError(Mistake(f"{file} has no sheet that holds anything", "a table with at least one row"))
    raise DataError(
        Mistake(
            f"{file} has {len(sheets)} sheets: {', '.join(list(sheets)[:10])}",
            "one sheet",
            f"name it: {file}#{next(iter(sheets))}",
        )
    )
