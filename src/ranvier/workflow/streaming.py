"""Training on a table that stays on disk: whether to, and what its blocks give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from ..catalog import load
from ..data.batches import Batch
from ..data.kinds.values import read_numbers, read_text
from ..data.ledger import Ledger
from ..data.preparation import Preparation
from ..data.schema import Schema
from ..data.stream import Block, Stream, larger_than_memory, memory, open_stream, parts_by_content
from ..data.stream.passes import Piece, StreamBatches
from ..data.table import Table
from ..errors import DataError, Mistake
from ..spec import Spec
from ..tasks import Task
from ..tasks.several import encode, known

SAMPLE_ROWS = 200_000
SAMPLE_CELLS = 20_000_000
"""The sample has so many rows, or fewer where so many cells are reached before."""

STEPS = 500
"""So many steps are called an epoch, where a pass has more."""

REASON = "by a hash of what each row holds, the same throughout the table, so that equal rows stay together"


@dataclass(frozen=True)
class Streamed:
    """A table that is streamed.

    Args:
        stream: the table.
        reason: why it is, as a clause.
        sample: how many rows the sample has.
    """

    stream: Stream
    reason: str
    sample: int

    def __str__(self) -> str:
        stream = self.stream
        return (
            f"{stream.origin}: about {stream.rows:,} rows ({size(stream.bytes)}), {self.reason}: streamed; columns, "
            f"preparation, validation, test and baselines come from a sample of {self.sample:,} rows"
        )


def choose(spec: Spec, location: Any) -> tuple[Stream, str] | None:
    """The stream that a run reads from, and why; None where the table is read into memory.

    Args:
        spec: what is asked; ``execution.stream`` decides, and where that is open, the size of the table.
        location: of the rows.

    Raises:
        DataError: streaming is asked for, and cannot be.
    """
    wanted = spec.execution.stream
    if wanted is False or location is None:
        return None
    apart = spec.validation is not None or spec.test is not None or isinstance(location, (dict, tuple))
    stream = None if apart else open_stream(location) if wanted else larger_than_memory(location)
    if wanted and stream is None and not apart and load("sources", "class_folders").claims(location):
        return None  # its table is small; what it names is read from disk
    if wanted and stream is None:
        raise DataError(
            Mistake(
                "execution.stream is true, and this source cannot be streamed",
                "files of text (.csv, .tsv, .txt; not compressed) or Parquet files, without validation or test "
                "rows given apart",
                "write the table as Parquet, or leave the setting out",
            )
        )
    return None if stream is None else (stream, "as you ask" if wanted else why(stream))


def why(stream: Stream) -> str:
    """Why a table is streamed, as a clause."""
    allowed = memory.SHARE * (memory.at_hand() or 0)
    return f"which would take about {size(stream.memory)} of memory where {size(allowed)} may be used"


def size(count: float) -> str:
    """A number of bytes, as a person writes it.

    >>> size(999), size(2_500_000), size(20_000_000_000)
    ('999 bytes', '2.5 MB', '20 GB')
    """
    for power, unit in ((9, "GB"), (6, "MB"), (3, "kB")):
        if count >= 10**power:
            return (
                f"{count / 10**power:.2g} {unit}"
                if count < 10 ** (power + 2)
                else f"{count / 10**power:,.0f} {unit}"
            )
    return f"{count:,.0f} bytes"


def read_sample(stream: Stream, seed: int, ledger: Ledger) -> Table:
    """The rows that decide all that is decided once; what could not be read is written into ``ledger``."""
    rows = min(SAMPLE_ROWS, max(1_000, SAMPLE_CELLS // len(stream.files[0].names)))
    table, whole = stream.sample(rows, seed)
    ledger.read += whole.read
    for reason, count in whole.dropped.items():
        ledger.note("dropped", f"{reason} (in the sample)", count)
    return table


def parts_of(frame: pl.DataFrame, schema: Schema, spec: Spec) -> NDArray[np.str_] | None:
    """The part of each row (N,); None where a column says it.

    Raises:
        DataError: a column of times is to decide it.
    """
    if schema.named("time"):
        raise DataError(
            Mistake(
                f"column {schema.named('time')[0]!r} has the role 'time', by which the rows of a streamed table cannot "
                "be divided",
                "a column with the role 'group' or 'part', or none",
                "or give the latest rows as a file of their own to 'ranvier evaluate'",
            )
        )
    if schema.named("part"):
        return None
    groups = schema.named("group")
    values = frame.select(read_text(frame[groups[0]])) if groups else frame
    return parts_by_content(values, spec.split.validation, spec.split.test, spec.split_seed)


def batches_of(
    streamed: Streamed,
    spec: Spec,
    schema: Schema,
    preparation: Preparation,
    task: Task,
    few: Batch,
    steps: int,
) -> StreamBatches:
    """The batches of training rows of a streamed table; ``few`` are such rows, as many as a batch has."""
    stream = streamed.stream

    def read(block: Block) -> Piece:
        stretch = stream.read(block)
        frame, rows, dropped = stretch.frame, stretch.rows, dict(stretch.dropped)
        fit = known(task, frame)
        dropped["no target that the sample has"] = int((~fit).sum())
        weight = _weights(frame, schema)
        if weight is not None:
            sound = np.isfinite(weight) & (weight >= 0)
            dropped["no weight of at least 0"] = int((fit & ~sound).sum())
            fit &= sound
        parts = parts_of(frame, schema, spec)
        trains = read_text(frame[schema.named("part")[0]]) == "train" if parts is None else parts == "train"
        train = fit & np.asarray(trains, dtype=bool)
        frame, rows = frame.filter(train), rows[train]
        batch = Batch(
            inputs=preparation.transform(frame),
            target=encode(task, frame),
            rows=torch.from_numpy(rows),
            weight=None if weight is None else torch.from_numpy(weight[train].astype(np.float32)),
        )
        held = int(fit.sum()) - len(batch)
        dropped = {reason: count for reason, count in dropped.items() if count}
        return Piece(batch, stretch.read, held, dropped, sum(stretch.dropped.values()))

    return StreamBatches(stream.blocks(), read, few, spec.seed, steps)


def pace(rows: int, batch_rows: int) -> tuple[int, int]:
    """How many steps are called an epoch, and how many epochs make a pass, or 200 of them where a pass is longer.

    >>> pace(1_000_000, 256), pace(80_000_000, 256), pace(1_000, 256)
    ((500, 16), (500, 200), (4, 16))
    """
    steps = max(1, -(-rows // batch_rows))
    return min(steps, STEPS), min(200, max(16, -(-steps // STEPS)))


def stream_lines(totals: Mapping[str, Any]) -> str:
    """What became of the rows that were streamed, in a line."""
    dropped = sum(totals["dropped"].values())
    said = f"{totals['trained']:,} rows trained of {totals['read']:,} read ({totals['held out']:,} held out"
    said += f", {dropped:,} dropped: {', '.join(totals['dropped'])}" if dropped else ""
    padding = f"; {totals['padding']:.0%} of the positions were padding" if "padding" in totals else ""
    return f"{said}); {totals['passes']} passes over the table were completed{padding}"


def _weights(frame: pl.DataFrame, schema: Schema) -> NDArray[np.float64] | None:
    names = schema.named("weight")
    return read_numbers(frame[names[0]])[0] if names else None
