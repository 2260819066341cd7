"""What a task that extracts needs before the training: its passage, the rows that have their answer, and its spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from ..assemble import reads
from ..catalog import load
from ..data.kinds.values import read_text
from ..data.ledger import Ledger
from ..data.passages import Spans, lacking, passage_of, spans_of, unheld
from ..data.preparation import Preparation
from ..data.schema import Schema
from ..data.table import Table
from ..errors import DataError, Mistake
from ..spec import OWN_NETWORK, Choice
from ..tasks.extract import Extract

NETWORK = ("reader", "passages")
"""The network of spans, and what it is for in words."""


def passage_in(table: Table, schema: Schema, tasks: Mapping[str, type[Any]]) -> str | None:
    """The column that the answers stand in; None where nothing is extracted.

    Raises:
        DataError: there is no such column.
    """
    for target, task in tasks.items():
        if task is Extract:
            texts = [name for name in schema.inputs if schema[name].kind == "text"]
            passage = passage_of(table.frame, target, texts)
            if passage is None:
                raise DataError(
                    lacking(table.frame, target, [name for name in schema.inputs if name != target])
                )
            return passage
    return None


def with_answers(table: Table, target: str, passage: str, ledger: Ledger) -> Table:
    """The rows whose answer stands in the passage; the others are dropped, which is written into the ledger."""
    wrong = unheld(table.frame, target, passage)
    ledger.drop(f"the answer does not stand in {passage!r}", table.rows[wrong].tolist(), target)
    return table.take(~wrong) if wrong.any() else table


def together(table: Table, schema: Schema, passage: str | None) -> Schema:
    """The schema for the split: rows of one passage stay together, where passages repeat and no role decides it."""
    decided = any(schema.named(role) for role in ("part", "group", "time"))
    if passage is None or decided or not read_text(table.frame[passage]).is_duplicated().any():
        return schema
    grouped = [replace(one, role="group") if one.name == passage else one for one in schema.columns]
    return Schema(tuple(grouped))


def reading(preparation: Preparation, passage: str | None) -> Preparation:
    """The preparation whose texts know the passage."""
    if passage is None:
        return preparation
    kind: Any = preparation.blocks["text"]
    return Preparation({**preparation.blocks, "text": replace(kind, passage=passage)})


def placed_in(
    task: Any, frame: pl.DataFrame, preparation: Preparation, ledger: Ledger, rows: Any
) -> Spans | None:
    """The answers of a task that extracts, placed in their passages; None of any other task."""
    if not isinstance(task, Extract):
        return None
    return spans_of(frame, task.target, preparation.blocks["text"], ledger, rows)


def mistakes(task: Any, network: Choice, blocks: Mapping[str, Any]) -> Iterator[Mistake]:
    """What is wrong with a request to extract, or with a network for that alone."""
    compares = network.name != OWN_NETWORK and load("networks", network.name).role == "reader"
    if not isinstance(task, Extract):
        if compares:
            yield Mistake(
                f"the network {network.name!r} finds a span of a passage, and the task is {task.name!r}",
                "the task 'extract'",
                "add --task extract, or choose another network",
            )
        return
    others = [column for name, kind in blocks.items() if name != "text" for column in kind.columns]
    if others:
        yield Mistake(
            f"the target {task.target!r} is to be extracted from texts, and other input columns are "
            + ", ".join(map(repr, others)),
            "columns of text alone: the passage, and what is asked",
            "set the others aside: " + " ".join(f"--role {name}=ignored" for name in others[:6]),
        )
    known = network.name != OWN_NETWORK and "text" in reads(network.name)
    if not known or (not compares and getattr(load("networks", network.name), "reads_ids", False)):
        yield Mistake(
            f"the network {network.name!r} says nothing of each token of a text",
            "one that reads the order of words, such as 'reader', 'bert' or 'lstm'",
        )
