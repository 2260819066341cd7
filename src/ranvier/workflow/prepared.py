"""From a source to prepared parts: read, inferred, cleaned, split, fitted on the training rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from ..data.batches import Batch, Batches, Epochs
from ..data.clean import clean
from ..data.decoded_once import decoded_once
from ..data.infer import infer_schema, task_of, written
from ..data.kinds.values import read_numbers
from ..data.ledger import Ledger
from ..data.numbers import with_numbers
from ..data.partition import PARTS
from ..data.preparation import Preparation
from ..data.schema import Schema
from ..data.source import read, read_parts
from ..data.split import Split, make_split, read_split, strata
from ..data.table import Table
from ..data.unread import left_on_disk, unread
from ..errors import DataError, Mistake, RunError
from ..spec import Spec
from ..tasks import Task
from ..tasks.extract import Extract
from ..tasks.several import encode
from ..tasks.transcribe import Transcribe, too_short
from ..tasks.translate import Translate
from . import passages
from .beginning import given_kinds
from .forecast import Forecasts, prepare_forecast
from .forecast_columns import is_forecast
from .streaming import REASON, Streamed, batches_of, choose, pace, parts_of, read_sample
from .target_tasks import fitted, tasks_of
from .written import tokens_of


@dataclass(frozen=True)
class Prepared:
    """A table on its way to the network.

    Args:
        table: the rows that take part.
        ledger: what became of those that do not, and of cells and columns.
        task: of the target; of several targets a ``Several``, which ``targets.views`` takes apart.
        parts: ``train``, ``validation`` and ``test``, as tensors.
        streamed: the whole table, where all this is of a sample of its rows.
        forecasts: of a forecast, the series and their windows, which ``parts`` holds in place of rows.
    """

    table: Table
    schema: Schema
    ledger: Ledger
    split: Split
    preparation: Preparation
    task: Task
    parts: dict[str, Batch]
    streamed: Streamed | None = None
    forecasts: Forecasts | None = None

    @property
    def training_rows(self) -> int:
        """How many rows there are to learn from; of a streamed table about how many."""
        rows = len(self.parts["train"])
        if self.streamed is None:
            return rows
        return max(rows, round(self.streamed.stream.rows * rows / max(1, self.ledger.read)))

    def batches(self, spec: Spec, train: Batch, size: int) -> Epochs:
        """The batches of an epoch.

        Args:
            spec: of the run.
            train: the training rows, on the device that they are to be on.
            size: rows in a batch.
        """
        if self.streamed is None:
            return Batches(train, size, spec.seed)
        steps, _ = pace(self.training_rows, size)
        few = train.take(slice(0, size))
        return batches_of(self.streamed, spec, self.schema, self.preparation, self.task, few, steps)

    def frame(self, part: str) -> pl.DataFrame:
        """The raw rows of a part."""
        positions: NDArray[np.int64] = getattr(self.split, part)
        return self.table.frame[positions]


@dataclass(frozen=True)
class Stored:
    """What a resumed run must find again: the schema, the split and the fingerprint of its data."""

    schema: Schema
    split: Path
    fingerprint: str


def read_data(spec: Spec, data: Any, ledger: Ledger) -> Table:
    """Read what is to be learnt from: ``data``, or the source that the spec names.

    Args:
        data: None, one location or object, or a mapping with the parts ``train``, ``validation`` and ``test``.
    """
    if data is None:
        if spec.source is None:
            raise DataError(Mistake("there is no data", "a file, a sample, a DataFrame, or arrays X and y"))
        data = {"train": spec.source, "validation": spec.validation, "test": spec.test}
    if isinstance(data, dict) and "train" in data and set(data) <= {"train", "validation", "test"}:
        if data.get("validation") is None and data.get("test") is None:
            return read(data["train"], ledger, written=written(spec.columns, spec.target))
        return read_parts(data["train"], data.get("validation"), data.get("test"), ledger)
    return read(data, ledger, written=written(spec.columns, spec.target))


def prepare(spec: Spec, data: Any = None, stored: Stored | None = None) -> Prepared:
    """Read and prepare the data of a run.

    Args:
        spec: what is asked.
        data: see ``read_data``.
        stored: of a run that is resumed: its schema and split are used again instead of new ones.

    Raises:
        DataError, SpecError: with all that is wrong.
        RunError: the data is not that of the stored run.
    """
    ledger = Ledger()
    opened = None
    forecast = is_forecast(spec)
    if not forecast and (stored is None or spec.execution.stream):
        opened = choose(spec, spec.source if data is None else data)
    table = (
        read_data(spec, data, ledger) if opened is None else read_sample(opened[0], spec.split_seed, ledger)
    )
    if stored and table.fingerprint != stored.fingerprint:
        raise RunError(
            Mistake(
                f"the data in {table.origin} is not what this run was started with",
                "the same content",
                "give the old data, or start a new run",
            )
        )
    if forecast:
        table, schema, split, preparation, task, parts, series = prepare_forecast(spec, table, ledger)
        return Prepared(table, schema, ledger, split, preparation, task, parts, forecasts=series)
    schema = infer_schema(table, spec.columns, spec.target, spec.task, ledger)
    schema = stored.schema if stored else schema
    if opened is None:
        return prepare_table(spec, table, schema, ledger, stored)
    return _prepare_streamed(spec, Streamed(*opened, len(table)), table, schema, ledger, stored)


def _prepare_streamed(
    spec: Spec, streamed: Streamed, table: Table, schema: Schema, ledger: Ledger, stored: Stored | None
) -> Prepared:
    """Prepare a sample of a streamed table.

    Raises:
        RunError: a run is resumed, and its rows would not be in the parts that they were in.
        DataError: the target is tags, or stands in a passage.
    """
    if Extract.name in [task_of(spec.task, name) for name in schema.targets]:
        raise DataError(
            Mistake(
                "answers that stand in a passage cannot be learnt from a table that is streamed",
                "a table that fits into memory",
                "train on a part of it, or set execution.stream to false",
            )
        )
    tags = [name for name in schema.targets if schema[name].kind == "tokens"]
    if tags:
        raise DataError(
            Mistake(
                f"the target {tags[0]!r} holds tags, and a table of tokens cannot be streamed",
                "a table that fits into memory",
                "train on a part of it, or set execution.stream to false",
            )
        )
    table = replace(table, parts=parts_of(table.frame, schema, spec))
    prepared = prepare_table(spec, table, schema, ledger, stored)
    split = prepared.split
    if table.parts is not None:
        again = table.parts[np.searchsorted(table.rows, prepared.table.rows)]
        if stored and not all((again[getattr(split, part)] == part).all() for part in PARTS):
            raise RunError(
                Mistake(
                    "the rows would not be in the parts that they were in",
                    "the release of polars that the run was started with, and its split.csv as it was",
                    "start a new run",
                )
            )
        split = replace(split, method="content", reason=REASON)
    if not streamed.stream.counted:  # rows of text have no numbers to be shown
        ledger.entries = [replace(entry, rows=()) for entry in ledger.entries]
    return replace(prepared, split=split, streamed=streamed)


def prepare_table(
    spec: Spec, table: Table, schema: Schema, ledger: Ledger, stored: Stored | None = None
) -> Prepared:
    """Prepare a table whose schema is known: cleaned, split, fitted on the training rows.

    Args:
        spec: what is asked.
        table: the rows as they were read.
        schema: of these rows.
        ledger: of these rows; what is dropped or repaired is written here.
        stored: of a run that is resumed: its split is used again.

    Raises:
        DataError: with all that is wrong.
    """
    with decoded_once(spec.execution.stream is not True):
        table = with_numbers(clean(table, schema, ledger), schema)
        tasks = tasks_of(spec, table, schema)
        passage = passages.passage_in(table, schema, tasks)
        if passage is not None:
            table = passages.with_answers(table, schema.target, passage, ledger)
        if stored:
            split = read_split(stored.split, table)
        else:
            of_classes = [name for name, task in tasks.items() if task.forms[0] in ("classes", "answers")]
            grouped = passages.together(table, schema, passage)
            split = make_split(table, grouped, spec.split, spec.split_seed, strata(table.frame, of_classes))
        ledger.reconcile(split.counts)
        wanted = (
            {"text": tokens_of(spec, len(split.train))}
            if any(issubclass(each, Translate) for each in tasks.values())
            else {}
        )
        wanted["audio"] = {"coefficients": spec.audio.mfcc or 0}
        preparation = Preparation.fit(table.frame[split.train], schema, given_kinds(spec), wanted)
        preparation = passages.reading(preparation, passage)
        task = fitted(spec, table, schema, tasks, split.train, preparation)
        inputs = _inputs(preparation, table, ledger, spec.execution.stream)
    spans: Any = passages.placed_in(task, table.frame, preparation, ledger, table.rows)
    whole = Batch(
        inputs=inputs,
        target=encode(task, table.frame) if spans is None else spans,
        rows=torch.from_numpy(table.rows.copy()),
        weight=_weights(table, schema),
    )
    _note_too_short(task, whole, ledger)
    parts = {
        name: whole.only(torch.from_numpy(getattr(split, name))) for name in ("train", "validation", "test")
    }
    return Prepared(table, schema, ledger, split, preparation, task, parts)


def _note_too_short(task: Task, rows: Batch, ledger: Ledger) -> None:
    """Write how many rows are too short for what is said in them: they teach nothing."""
    target: Any = rows.target
    if isinstance(task, Transcribe) and (lengths := rows.frames) is not None:
        short = too_short(target, lengths)
        reason = "too short for the transcript: fewer frames than characters; the loss leaves it out"
        ledger.note("kept", reason, int(short.sum()), task.target, rows.rows.numpy()[short].tolist())


def _inputs(preparation: Preparation, table: Table, ledger: Ledger, stream: bool | None) -> dict[str, Any]:
    """The block of each kind; that of pictures stays on disk where it would fill the memory, or where that is asked."""
    why = left_on_disk(preparation.blocks.get("image"), table.frame, stream)
    inputs: dict[str, Any] = preparation.transform(table.frame, ledger, table.rows, "image" if why else "")
    if why:
        kind: Any = preparation.blocks["image"]
        inputs["image"] = unread(kind, table.frame, ledger, table.rows, why)
    return {name: inputs[name] for name in preparation.blocks}


def _weights(table: Table, schema: Schema) -> torch.Tensor | None:
    """The row weights (N,), where a column has that role."""
    names = schema.named("weight")
    if not names:
        return None
    values, _ = read_numbers(table.frame[names[0]])  # infer_schema has seen that they are weights
    return torch.from_numpy(values.astype(np.float32))
