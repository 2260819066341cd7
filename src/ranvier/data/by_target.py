"""What the targets and their tasks tell of the kinds of columns, where nothing is said of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from ..catalog import TARGET_KINDS
from ..spec import ColumnSpec
from .kinds.values import read_text
from .passages import passage_of
from .table import Table
from .tagged import MOSTLY, SURE, seems_tags, tokens_of
from .unfit import are_dates, is_numeric

SEVERAL = r"\S\s+\S|[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]{2}"
"""Two words, or two characters of a script without spaces."""

QUESTIONS = "answer"
"""The task that reads questions, which may be shorter than what is taken for text else."""

EXTRACTS = "extract"
"""The task whose answers stand in a passage; a passage may be asked many things, and so stand in many rows."""

Told = dict[str, tuple[str, str]]
"""By the name of a column, its kind and the reason."""


def told_by_targets(
    table: Table,
    columns: Mapping[str, ColumnSpec],
    targets: Sequence[str],
    tasks: Mapping[str, str | None],
) -> Told:
    """The kind of columns of which nothing is said, and the reason.

    - A target whose tags go with the tokens of another column is tags; each such column is tokens.
    - Where answers are extracted, the column that they stand in is text, and so are others of several words.
    - Where stored answers are given, a column of several words, most of them different, is text: questions are short.

    Args:
        table: the rows as they were read.
        columns: what the user says of single columns.
        targets: their names.
        tasks: of each target, where one is named.
    """
    found: Told = {}
    free = [
        name
        for name in table.frame.columns
        if name not in targets and columns.get(name, ColumnSpec()) == ColumnSpec()
    ]
    uncut = [name for name in free if table.declared.get(name) in (None, "tokens")]
    for target in targets:
        kind = columns.get(target, ColumnSpec()).kind or table.declared.get(target)
        asked = tasks[target]
        if asked == EXTRACTS:
            found |= _passages(table, target, [name for name in free if name not in table.declared])
        if asked == QUESTIONS:
            found |= _questions(table, [name for name in free if name not in table.declared])
        if "tokens" in (kind, TARGET_KINDS.get(asked or "")):
            found |= _tokens(table.frame, target, uncut, MOSTLY)
        elif not kind and not asked and (reason := seems_tags(table.frame, target, uncut)) is not None:
            found |= {target: ("tokens", reason), **_tokens(table.frame, target, uncut, SURE)}
    return found


def _tokens(frame: pl.DataFrame, target: str, others: Sequence[str], least: float) -> Told:
    shares = tokens_of(frame, target, others, least)
    return {
        name: (
            "tokens",
            f"as many tokens as {target!r} has tags, in {'all' if share == 1 else f'{share:.1%} of the'} rows",
        )
        for name, share in shares.items()
    }


def _passages(table: Table, target: str, names: Sequence[str]) -> Told:
    """The passage that the answers stand in, and the columns of which most values have two words or more."""
    passage = passage_of(table.frame, target, names)
    found: Told = {} if passage is None else {passage: ("text", f"the passage in which {target!r} stands")}
    for name in names:
        values = table.frame[name]
        if name != passage and values.dtype == pl.String and not is_numeric(values) and not are_dates(values):
            text = read_text(values).drop_nulls()
            if len(text) and int(text.str.contains(SEVERAL).sum()) * 2 > len(text):
                found[name] = ("text", "several words in most rows: what is asked")
    return found


def _questions(table: Table, names: Sequence[str]) -> Told:
    """The columns of words that differ in most rows, and of which some values have two."""
    found: Told = {}
    for name in names:
        values = table.frame[name]
        if values.dtype != pl.String or is_numeric(values) or are_dates(values):
            continue
        text = read_text(values).drop_nulls()
        several = text.str.contains(SEVERAL).sum()
        if len(text) and several * 2 > len(text) and text.n_unique() * 2 > len(text):
            found[name] = ("text", "words that differ in most rows: what is asked")
    return found
