"""The task of each target: chosen by what is asked and by the kind of the column, then fitted to the training rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..catalog import TARGET_KINDS, load
from ..data.infer import task_of
from ..data.preparation import Preparation
from ..data.schema import Schema
from ..data.table import Table
from ..data.target import unusable
from ..errors import DataError, Mistake, raise_if_any
from ..spec import ColumnSpec, Spec
from ..tasks import Task
from ..tasks.extract import Extract
from ..tasks.several import Several
from ..tasks.translate import Translate
from .written import tokens_of


def task_name(kind: str | None, asked: str | None, order: Sequence[str] = ()) -> str:
    """The task of a target: the one that is asked for, or that its order or its kind stands for.

    >>> task_name("number", None), task_name("category", None), task_name("category", None, ("low", "high"))
    ('regress', 'classify', 'ordinal')
    """
    if asked:
        return asked
    return "ordinal" if order else next(name for name, of in TARGET_KINDS.items() if of == kind)


def tasks_of(spec: Spec, table: Table, schema: Schema) -> dict[str, type[Task]]:
    """The task of each target.

    Raises:
        DataError: with each target whose values or order do not suit its task.
    """
    tasks: dict[str, type[Task]] = {}
    mistakes: list[Mistake] = []
    for name in schema.targets:
        order = _order(spec, name)
        tasks[name] = load("tasks", task_name(schema[name].kind, task_of(spec.task, name), order))
        mistakes += _order_mistakes(tasks[name], name, order)
        mistakes += tasks[name].mistakes(table.frame[name], order)
    alone = [name for name, task in tasks.items() if hasattr(task, "positions")]
    if alone and len(tasks) > 1:
        mistakes.append(
            Mistake(
                f"target {alone[0]!r} has outputs at each position, and cannot be learnt beside another",
                "it alone",
                "train a network for each target",
            )
        )
    raise_if_any(DataError, mistakes)
    return tasks


def fitted(
    spec: Spec,
    table: Table,
    schema: Schema,
    tasks: Mapping[str, type[Task]],
    train: NDArray[np.int64],
    preparation: Preparation,
) -> Task:
    """The task, fitted to the rows that have its target; of several targets all of them as one.

    Raises:
        DataError: with each target that no training row has.
    """
    found: list[Task] = []
    mistakes: list[Mistake] = []
    for name, task in tasks.items():
        values = table.frame[name]
        there = ~np.logical_or.reduce(list(unusable(values, schema[name].kind).values()))
        positions = among(there, train)
        if len(positions):
            options: dict[str, Any] = tokens_of(spec, len(train)) if issubclass(task, Translate) else {}
            if issubclass(task, Extract):
                kind: Any = preparation.blocks["text"]
                options = {"tokens": kind.tokens}
            found.append(task.fit(values.filter(pl.Series(there)), positions, _order(spec, name), **options))
        else:
            mistakes.append(Mistake(f"no training row has the target {name!r}", "at least one that does"))
    raise_if_any(DataError, mistakes)
    return found[0] if len(found) == 1 else cast("Task", Several(tuple(found)))


def among(kept: NDArray[np.bool_], positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the rows at ``positions`` that are kept stand among all that are.

    >>> among(np.array([True, False, True]), np.array([2, 1])).tolist()
    [1]
    """
    place = np.cumsum(kept) - 1
    return np.asarray(place[positions[kept[positions]]], dtype=np.int64)


def _order(spec: Spec, name: str) -> Sequence[str]:
    return spec.columns.get(name, ColumnSpec()).order or ()


def _order_mistakes(task: type[Task], target: str, order: Sequence[str]) -> Iterable[Mistake]:
    if order and "ordered" not in task.forms:
        yield Mistake(
            f"target {target!r} is given an order, which the task {task.name!r} does not read",
            "an order for the task 'ordinal'",
        )
