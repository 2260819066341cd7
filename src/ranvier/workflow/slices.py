"""Where the network is worst, and whether it treats groups alike: what stands in ``metrics.json`` about groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..catalog import load
from ..data.kinds.values import is_readable, read_numbers, read_text
from ..data.schema import Schema
from ..errors import Mistake, did_you_mean
from ..evaluation.fairness import fairness
from ..evaluation.slices import SMALLEST, Grouping, beside_rest, by_label, by_number, search
from ..tasks import Task, classes_of

LABELLED = ("category", "boolean")
"""Kinds whose values are labels; those of a number are grouped by size, texts by length, others not looked at."""


def groups(
    task: Task,
    truth: NDArray[Any],
    predicted: NDArray[Any],
    frame: pl.DataFrame,
    schema: Schema,
    named: Sequence[str] = (),
    seed: int = 0,
    weight: NDArray[Any] | None = None,
) -> dict[str, Any]:
    """The task's metric by groups of rows, as JSON values.

    Args:
        task: of one target.
        truth: (N,) as the task's ``truth`` gives it.
        predicted: as its ``decode`` gives it.
        frame: the same rows, raw.
        schema: of their columns; the groups of each input column are looked at.
        named: columns that are shown whole, whatever their role; texts are, by their length.
        seed: of the intervals.
        weight: (N,) row weights.

    Returns:
        ``metric``; ``smallest``, the rows that a group must have; ``looked_at``, how many groups have them; ``columns``
        and ``left_out``, those that were looked at and those whose kind has no groups; ``worst``, the groups that are
        worse than all other rows; ``named``, by column its ``groups`` and, for two classes, ``fairness``.
    """
    metric = load("metrics", task.metric)
    by_column = {name: grouping(frame[name], schema[name].kind) for name in schema.inputs if name in frame}
    usable = [each for each in by_column.values() if each is not None]
    found = search(truth, predicted, metric, usable, seed, weight)
    told: dict[str, Any] = {}
    texts = [name for name in schema.inputs if schema[name].kind == "text" and by_column.get(name)]
    for name in dict.fromkeys([*named, *texts]):
        each = by_column.get(name) or grouping(frame[name], None)
        if each is None:
            continue  # ``mistakes`` has refused it
        title = each.column
        told[title] = {
            "groups": [
                asdict(
                    beside_rest(
                        truth, predicted, metric, each.codes == g, (title, label), seed, _floats(weight)
                    )
                )
                for g, label in enumerate(each.names)
            ]
        }
        if len(classes_of(task)) == 2 and name in named:
            told[title]["positive"] = classes_of(task)[1]
            told[title]["fairness"] = fairness(truth, predicted, each, seed, weight)
    return {
        "metric": task.metric,
        "smallest": SMALLEST,
        "looked_at": found.looked_at,
        "columns": [each.column for each in usable],
        "left_out": [name for name, each in by_column.items() if each is None],
        "worst": [asdict(each) for each in found.worst],
        "named": told,
    }


def mistakes(
    named: Iterable[str], columns: Sequence[str], frame: pl.DataFrame, targets: Sequence[str]
) -> Iterator[Mistake]:
    """What is wrong with the columns that are named for a view of their groups.

    Args:
        named: the columns.
        columns: that there are.
        frame: their raw values.
        targets: the columns that are predicted.
    """
    for name in named:
        if name not in columns:
            yield Mistake(f"there is no column {name!r} to slice by", remedy=did_you_mean(name, columns))
        elif name in targets:
            yield Mistake(
                f"{name!r} is the target", "another column to slice by", "the report shows each class"
            )
        elif not is_readable(frame[name]):
            yield Mistake(f"column {name!r} cannot be sliced by", "one plain value in each row")


def grouping(values: pl.Series, kind: str | None) -> Grouping | None:
    """The groups of a column; None where its kind has none.

    Args:
        values: raw.
        kind: of the column; None, and any other where the user names the column, is read as numbers or labels.
    """
    if kind == "number" or (kind is None and is_readable(values)):
        numbers, malformed = read_numbers(values)
        if kind == "number" or not malformed.any():
            return by_number(values.name, numbers)
    if kind == "text":
        return by_number(
            f"length of {values.name} (characters)",
            read_text(values).fill_null("").str.len_chars().to_numpy() * 1.0,
        )
    if kind in LABELLED or (kind is None and is_readable(values)):
        return by_label(values.name, read_text(values).to_list())
    return None


def _floats(weight: NDArray[Any] | None) -> NDArray[np.float64] | None:
    return None if weight is None else weight.astype(np.float64)
