"""Files of time series as the UCR and UEA archives have them (``NAME_TRAIN.ts``, ``NAME_TEST.ts``).

    # what begins with # is a comment
    @problemName GunPoint
    @classLabel true 1 2
    @data
    -0.65,-0.64,?,-0.63:1

A line after ``@data`` is a row: its channels with a colon between, the points of each with commas, and its class, or
the number that is to be predicted, as the last. Channels may have different lengths from row to row.
http://www.timeseriesclassification.com describes the format.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ...errors import DataError, Mistake
from ..kinds.series import channel_names
from ..ledger import Ledger
from ..table import Table
from .file import ends_with, opening, path_of
from .fingerprint import fingerprint

ENDINGS = (".ts",)

LABEL = "label"
"""The name of the target."""


def claims(location: object) -> bool:
    """Tell whether ``location`` is a path that ends like such a file."""
    return ends_with(location, ENDINGS)


def read(location: object, ledger: Ledger) -> Table:
    """Read a file of series.

    The columns are ``series``, or ``channel_1``, ``channel_2``, ... where there are several, and ``label``.

    Args:
        location: the path.
        ledger: the number of rows is added to it.

    Raises:
        DataError: the file is missing, is something else, or a row of it is broken.
    """
    path = path_of(location)
    with opening(path):
        lines = path.read_bytes().decode("utf-8", errors="replace").splitlines()
    numbered = [
        (at, line.strip()) for at, line in enumerate(lines, 1) if line.strip() and line.strip()[0] != "#"
    ]
    header = {}
    for place, (_, line) in enumerate(numbered):
        if line.lower() == "@data":
            body = numbered[place + 1 :]
            break
        if not line.startswith("@"):
            raise _no_series(path)
        name, _, value = line[1:].partition(" ")
        header[name.lower()] = value.strip()
    else:
        raise _no_series(path)
    if header.get("timestamps", "false").lower() == "true":
        raise DataError(
            Mistake(
                f"the points in {path.name} have time stamps",
                "points one after another",
                "leave the stamps out",
            )
        )
    labelled = any(
        header.get(each, "false").lower().startswith("true") for each in ("classlabel", "targetlabel")
    )
    if not body:
        raise DataError(Mistake(f"{path.name} has no rows", "a row after @data"))
    return _table(path, body, labelled, ledger)


def _table(path: Path, body: list[tuple[int, str]], labelled: bool, ledger: Ledger) -> Table:
    rows = [(at, line.split(":")) for at, line in body]
    fields = len(rows[0][1])
    names = channel_names(fields - labelled)
    channels: list[list[list[float | None]]] = [[] for _ in names]
    for at, cells in rows:
        if len(cells) != fields or not names:
            raise DataError(
                Mistake(
                    f"line {at:,} of {path.name} has {len(cells):,} parts with a colon between",
                    f"{fields:,}, as the first row has" if names else "series, and a class as the last",
                )
            )
        for channel, cell in zip(channels, cells):
            channel.append(_points(cell, path, at))
    columns = {
        name: pl.Series(name, cells, dtype=pl.List(pl.Float64)) for name, cells in zip(names, channels)
    }
    if labelled:
        columns[LABEL] = pl.Series(LABEL, [cells[-1].strip() for _, cells in rows], dtype=pl.String)
    frame = pl.DataFrame(columns)
    ledger.read += frame.height
    return Table(
        frame=frame,
        rows=pl.int_range(frame.height, eager=True).to_numpy(),
        origin=path.name,
        fingerprint=fingerprint(frame),
        declared=dict.fromkeys(names, "series"),
        target=LABEL if labelled else None,
    )


def _points(cell: str, path: Path, line: int) -> list[float | None]:
    """The points of a channel; those that are missing are None."""
    try:
        return [
            None if each.strip() in ("?", "NaN") else float(each) for each in cell.split(",") if each.strip()
        ]
    except ValueError:
        wrong = next(each for each in cell.split(",") if not _is_number(each))
        raise DataError(
            Mistake(
                f"line {line:,} of {path.name} says {wrong.strip()[:40]!r}", "numbers with commas between"
            )
        ) from None


def _is_number(text: str) -> bool:
    try:
        return text.strip() in ("?", "NaN") or float(text) is not None
    except ValueError:
        return False


def _no_series(path: Path) -> DataError:
    return DataError(
        Mistake(
            f"{path.name} is no file of series",
            "lines that begin with @, then @data, then a series a line",
            "name a table of another format by its ending, such as .csv",
        )
    )
