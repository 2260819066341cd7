"""The rows that can be used: those that have a target, and whose pictures and sounds can be read."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .broken_pictures import note_lost_classes
from .broken_pictures import unreadable as no_pictures
from .kinds.audio import raw_of
from .kinds.audio import unreadable as no_sounds
from .kinds.values import LONG, is_readable, read_text
from .ledger import Ledger
from .raw_pictures import names_of
from .schema import Schema
from .table import Table
from .tagged import unequal
from .target import unusable

FILES = {"image": ("picture", no_pictures), "audio": ("sound", no_sounds)}
"""The kinds whose values are files, with what one is called and what finds those that cannot be read."""

SAMPLED = 1_000
"""So many rows tell which columns differ most."""

TELLING = 6
"""So many columns are looked at first to tell that no row is another once more."""


def clean(table: Table, schema: Schema, ledger: Ledger) -> Table:
    """Drop the rows whose target is missing, or no finite number where it is to be one, or whose file is broken.

    Of several targets a row needs one; what it lacks is noted. Rows that are equal in all columns are kept, and noted.

    Args:
        table: the rows as they were read.
        schema: of these rows, from ``infer_schema``.
        ledger: what is dropped is written here.

    Returns:
        The rows that have a target.
    """
    wrong = {name: unusable(table.frame[name], schema[name].kind) for name in schema.targets}
    lacks = [np.logical_or.reduce(list(reasons.values())) for reasons in wrong.values()]
    dropped = untold = np.logical_and.reduce(lacks)
    if len(wrong) > 1:
        ledger.drop("every target is missing", table.rows[dropped].tolist())
    else:
        for reason, rows in wrong[schema.target].items():
            ledger.drop(reason, table.rows[rows].tolist(), column=schema.target)
    for column in schema.inputs:
        if (kind := schema[column].kind) in FILES:
            what, unreadable = FILES[str(kind)]
            for reason, places in unreadable(table.frame[column], schema[column].size).items():
                bad = np.zeros(len(table), dtype=np.bool_)
                bad[places] = True
                bad &= ~dropped  # each row is dropped for one reason
                named = names_of(table.frame[column].filter(pl.Series(bad)))
                ledger.drop(
                    f"a {what} that cannot be read: {reason}{named}", table.rows[bad].tolist(), column
                )
                dropped = dropped | bad
    for name in schema.targets:
        if schema[name].kind == "tokens":
            tokens = [column for column in schema.inputs if schema[column].kind == "tokens"]
            for column, reason, rows in unequal(table.frame, name, tokens):
                ledger.drop(reason, table.rows[rows & ~dropped].tolist(), column)
                dropped = dropped | rows
    if any(schema[name].kind == "text" for name in schema.targets):
        dropped = dropped | _silent(table, schema, ledger, dropped)
    for name, reasons in wrong.items():
        for reason, rows in reasons.items():
            if (lacking := rows & ~dropped).any():
                told = f"{reason}; the row is kept for the other targets"
                ledger.note("kept", told, int(lacking.sum()), name, table.rows[lacking].tolist())
    kept = table.take(~dropped) if dropped.any() else table
    for name in schema.targets:
        if schema[name].kind == "category" and (dropped & ~untold).any():
            note_lost_classes(name, table.frame[name], kept.frame[name], ledger)
    again = _repeated(kept.frame)
    reason = "the same as an earlier row; the split keeps them together"
    ledger.note("kept", reason, int(again.sum()), rows=kept.rows[again].tolist())
    return kept


def _silent(table: Table, schema: Schema, ledger: Ledger, dropped: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop the rows without the sound, or the text, from which a text is to be learnt."""
    found = np.zeros(len(table), dtype=np.bool_)
    texts = [column for column in schema.inputs if schema[column].kind == "text"]
    if len(texts) == len(schema.inputs) == 1:
        found = read_text(table.frame[texts[0]]).is_null().to_numpy() & ~dropped
        ledger.drop("no text to be translated", table.rows[found].tolist(), texts[0])
    for column in schema.inputs:
        if schema[column].kind == "audio":
            absent = raw_of(table.frame[column]).is_null().to_numpy() & ~dropped & ~found
            ledger.drop("no sound to be transcribed", table.rows[absent].tolist(), column)
            found |= absent
    return found


def _repeated(frame: pl.DataFrame) -> NDArray[np.bool_]:
    """(N,) true where an earlier row is the same in all columns.

    A few columns often tell of each row that it is no other: those that differ in most of a thousand rows.
    """
    if frame.height >= LONG:
        sample = frame.gather_every(max(1, frame.height // SAMPLED))
        plain = [column for column in sample.iter_columns() if is_readable(column)]
        few = sorted(plain, key=lambda column: column.n_unique(), reverse=True)[:TELLING]
        found = np.sort(frame.select(column.name for column in few).hash_rows().to_numpy())
        if (found[1:] != found[:-1]).all():
            return np.zeros(frame.height, dtype=np.bool_)
    return ~frame.hash_rows().is_first_distinct().to_numpy()
