"""The split: which rows train, which choose (validation) and which measure (test).

Rows that belong together stay together in one part: rows that are the same in every column, rows of one group, rows
of one time. Which method is used follows from the roles of the columns, in this order: part (given), group, time;
else the rows are drawn at random, stratified by the target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..errors import DataError, Mistake, raise_if_any
from ..spec import Role, SplitSpec
from .kinds.values import read_text
from .partition import PARTS, cut, stratified
from .schema import Schema
from .table import Table
from .times import read_times

FEWEST = 10
"""With fewer rows there is nothing to learn and nothing to measure."""

BINS = 10
"""A target of numbers is stratified by so many bins with equal counts of rows."""

ROWS_OF_A_STRATUM = 10
"""So many rows must have each combination of the classes of several targets, on average, to be alike in all parts."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Three parts, disjoint and complete.

    Args:
        train: positions of the training rows in the table (not row numbers of the source), ascending.
        validation: positions of the rows that choose when to stop and which setting is best.
        test: positions of the rows that measure the result, once.
        method: ``given``, ``group``, ``time``, ``stratified``, ``random``, ``whole`` where no rows are held out, or
            ``stored`` where it was read from a file.
        reason: a sentence on how the parts came about.
    """

    train: Ints
    validation: Ints
    test: Ints
    method: str
    reason: str

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each part has."""
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}


def make_split(
    table: Table, schema: Schema, spec: SplitSpec, seed: int, stratify_by: NDArray[np.generic] | None = None
) -> Split:
    """Divide the rows of a table.

    The same table, settings and seed give the same split, whatever else the process does.

    Args:
        table: N rows; those without a target are already dropped.
        schema: the roles of its columns.
        spec: the shares to hold out, and whether to stratify. A part whose share is 0 has no rows, unless it is given.
        seed: of the run.
        stratify_by: (N,) the target: classes (any integers, booleans or texts), or floats, which are put into
            10 bins with equal counts. Ignored where a group or a time decides.

    Raises:
        DataError: rows are to be held out of fewer than 10, the roles contradict each other, or a column that decides
            the split has values that it cannot be decided by.
    """
    wanted = tuple(part for part in PARTS if part == "train" or getattr(spec, part) > 0)
    if len(table) < (FEWEST if len(wanted) > 1 else 1):
        raise DataError(Mistake(f"at least {FEWEST} rows are needed, {len(table):,} were left"))
    deciding = _deciding_columns(table, schema)
    method = next(iter(deciding), "random")
    given = _given_parts(table, deciding.get("part"))
    if given is None:
        everything = np.arange(len(table), dtype=np.int64)
        if len(wanted) == 1:
            return _split_of(np.full(len(table), "train"), "whole", "no rows are held out")
        return _by_rule(table, everything, wanted, deciding, spec, seed, stratify_by)
    train = np.flatnonzero(given == "train")
    absent = tuple(part for part in wanted[1:] if not (given == part).any())
    where = f"column {deciding['part']!r}" if method == "part" else "the files that were named"
    reason = f"the parts are given by {where}"
    if absent:
        rule: dict[Role, str] = {role: column for role, column in deciding.items() if role != "part"}
        carved = _by_rule(table, train, ("train", *absent), rule, spec, seed, stratify_by)
        for part in absent:
            given[getattr(carved, part)] = part
        reason += f"; {' and '.join(absent)} taken from its training rows, {carved.reason}"
    return _split_of(given, "given", reason)


def strata(frame: pl.DataFrame, targets: Sequence[str]) -> NDArray[np.generic] | None:
    """(N,) what the split keeps alike in its parts: the classes of the targets together, where many rows have each.

    Of several targets those are taken, few classes first, whose combinations have ten rows each on average.
    """
    if len(targets) < 2:
        return frame[targets[0]].cast(pl.String).to_numpy() if targets else None
    texts = [frame[name].cast(pl.String).fill_null("") for name in targets]
    found = pl.Series([""] * frame.height)
    for text in sorted(texts, key=lambda text: text.n_unique()):
        both = found + "\x1f" + text
        if both.n_unique() * ROWS_OF_A_STRATUM <= frame.height:
            found = both
    return found.to_numpy() if found.n_unique() > 1 else None


def write_split(path: Path, split: Split, table: Table) -> None:
    """Write a CSV file of two columns: ``row`` (the row number in the source, from 1) and ``part``."""
    parts = np.empty(len(table), dtype="<U10")
    for part in PARTS:
        parts[getattr(split, part)] = part
    pl.DataFrame({"row": table.rows + 1, "part": parts}).write_csv(path)


def read_split(path: Path, table: Table) -> Split:
    """Read what ``write_split`` wrote, and check that it is a split of the rows of ``table``.

    Raises:
        DataError: the file cannot be read, or its rows are not the table's.
    """
    try:
        stored = pl.read_csv(path, schema={"row": pl.Int64, "part": pl.String})
    except (OSError, pl.exceptions.PolarsError) as error:
        # polars' errors continue with advice on its own options
        first = str(error).partition("\n")[0]
        raise DataError(
            Mistake(
                f"the split {path.name!r} cannot be read ({first})",
                "a CSV file with the columns row and part",
            )
        ) from None
    rows, parts = stored["row"].to_numpy(), stored["part"].to_numpy()
    order, wanted = np.argsort(rows, kind="stable"), np.argsort(table.rows, kind="stable")
    if not np.array_equal(rows[order], table.rows[wanted] + 1):
        raise DataError(
            Mistake(
                f"the split {path.name!r} is of {len(rows):,} rows that are not the {len(table):,} rows of "
                f"{table.origin}",
                "the data that the split was made for",
            )
        )
    placed = np.empty(len(table), dtype=object)
    placed[wanted] = parts[order]
    _check_parts(placed, f"the split {path.name!r}")
    return _split_of(placed, "stored", f"read from {path.name}")


def _by_rule(
    table: Table,
    rows: Ints,
    parts: tuple[str, ...],
    deciding: dict[Role, str],
    spec: SplitSpec,
    seed: int,
    stratify_by: NDArray[np.generic] | None,
) -> Split:
    """Divide the rows at positions ``rows`` into ``parts``, of which train is the first."""
    generator = np.random.Generator(np.random.PCG64(seed))
    held = {part: max(1, round(len(rows) * float(getattr(spec, part)))) for part in parts[1:]}
    if "time" in deciding:
        method, reason = "time", f"the latest rows by column {deciding['time']!r} are held out"
        times = read_times(table.frame[deciding["time"]][rows], table.rows[rows])
        units = np.unique(times, return_inverse=True)[1].reshape(-1)
        _check_units(units, parts, "time", deciding["time"])
        placed = cut(units, parts, held)
    elif "group" in deciding:
        method, reason = "group", f"rows with the same {deciding['group']!r} stay together"
        units = _first_seen(read_text(table.frame[deciding["group"]][rows]).fill_null(""))
        _check_units(units, parts, "group", deciding["group"])
        placed = cut(generator.permutation(units.max() + 1)[units], parts, held)
    else:
        units = _first_seen(table.frame[rows].hash_rows())
        _check_units(units, parts, "row", None)
        strata = _strata(stratify_by, rows) if spec.stratify and stratify_by is not None else None
        shuffled = generator.permutation(units.max() + 1)[units]
        if strata is None:
            method, reason = "random", "drawn at random"
            placed = cut(shuffled, parts, held)
        else:
            method, reason = "stratified", "drawn at random, with the target's shares alike in each part"
            placed = stratified(shuffled, strata, parts, held)
        if repeated := len(rows) - int(units.max() + 1):
            reason += f"; rows that repeat another stay with it ({_counted(repeated, 'row')})"
    everything = np.full(len(table), "", dtype="<U10")
    everything[rows] = placed
    return _split_of(everything, method, reason)


def _split_of(placed: NDArray[np.generic], method: str, reason: str) -> Split:
    train, validation, test = (np.flatnonzero(placed == part).astype(np.int64) for part in PARTS)
    return Split(train, validation, test, method, reason)


def _deciding_columns(table: Table, schema: Schema) -> dict[Role, str]:
    """The column of each role that decides the split; ``part`` comes first."""
    roles: tuple[Role, ...] = ("part", "group", "time")
    columns = {role: schema.named(role) for role in roles}
    mistakes = [
        Mistake(
            f"columns {', '.join(map(repr, names))} all have the role {role!r}", "one such column at most"
        )
        for role, names in columns.items()
        if len(names) > 1
    ]
    if columns["group"] and columns["time"]:
        mistakes.append(
            Mistake(
                f"both {columns['group'][0]!r} (group) and {columns['time'][0]!r} (time) decide the split",
                "a group or a time",
                "give one of them the role 'ignored' or 'input'",
            )
        )
    if columns["part"] and table.parts is not None:
        mistakes.append(
            Mistake(
                f"column {columns['part'][0]!r} gives the parts, and so do the files that were named",
                "one of the two",
                "give the column the role 'ignored', or name one file",
            )
        )
    raise_if_any(DataError, mistakes)
    return {role: names[0] for role, names in columns.items() if names}


def _given_parts(table: Table, column: str | None) -> NDArray[np.object_] | None:
    """(N,) the part of each row, where it is given."""
    if column is not None:
        text = read_text(table.frame[column]).str.to_lowercase()
        parts = text.to_numpy().astype(object)
        _check_parts(parts, f"column {column!r}")
        return parts
    if table.parts is not None:
        parts = table.parts.astype(object)
        _check_parts(parts, table.origin)
        return parts
    return None


def _check_parts(parts: NDArray[np.object_], where: str) -> None:
    values = pl.Series(parts, dtype=pl.String)
    other = values.filter(~values.is_in(list(PARTS)).fill_null(False))
    if len(other):
        shown = ", ".join("nothing" if value is None else repr(value) for value in other.unique().sort()[:5])
        raise DataError(
            Mistake(f"{where} says {shown} in {_counted(len(other), 'row')}", "train, validation or test")
        )
    if not (values == "train").any():
        raise DataError(Mistake(f"{where} has no training rows", "rows of the part 'train'"))


def _check_units(units: Ints, parts: tuple[str, ...], what: str, column: str | None) -> None:
    count = int(units.max()) + 1
    if count < len(parts):
        where = f" in column {column!r}" if column else ""
        raise DataError(
            Mistake(
                f"{_counted(count, f'different {what}')}{where} cannot be divided into {', '.join(parts)}",
                f"at least {len(parts)}",
            )
        )


def _first_seen(values: pl.Series) -> Ints:
    """(N,) the number of each distinct value, from 0 in the order in which they first occur."""
    _, first, inverse = np.unique(values.rank("dense").to_numpy(), return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first)] = np.arange(len(first))
    return order[inverse.reshape(-1)]


def _strata(stratify_by: NDArray[np.generic], rows: Ints) -> Ints:
    target = stratify_by[rows]
    if target.dtype.kind != "f":
        return _first_seen(pl.Series(target.tolist()))
    bins = max(1, min(BINS, len(rows) // BINS))
    rank = np.argsort(np.argsort(target, kind="stable"), kind="stable")
    return rank * bins // len(rows)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
