"""Several targets at once: each one's rows as if it were the only target, and what was measured of all, together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
from numpy.typing import NDArray

from ..data.partition import PARTS
from ..tasks.several import Several, several
from .prepared import Prepared
from .target_tasks import among


def views(prepared: Prepared) -> list[Prepared]:
    """For each target a view of the rows that have it, as if it were the only one; one target is its own view."""
    many = several(prepared.task)
    return [_view(prepared, many, i) for i in range(len(many.parts))] if many else [prepared]


def _view(prepared: Prepared, task: Several, index: int) -> Prepared:
    part = task.parts[index]
    there = part.known(prepared.table.frame[part.target])
    parts = {}
    for name, batch in prepared.parts.items():
        kept, aim = task.aim(index, batch.target)
        parts[name] = replace(batch.take(kept), target=aim)
    train, validation, test = (among(there, getattr(prepared.split, name)) for name in PARTS)
    split = replace(prepared.split, train=train, validation=validation, test=test)
    table = prepared.table.take(there)
    return replace(prepared, table=table, split=split, task=part, parts=parts)


def predictions_of(
    prepared: Prepared, predicted: Mapping[str, NDArray[Any]]
) -> list[dict[str, NDArray[Any]]]:
    """For each target its predictions, by part, of the rows that have it."""
    many = several(prepared.task)
    if many is None:
        return [dict(predicted)]
    found: list[dict[str, NDArray[Any]]] = [{} for _ in many.parts]
    for name, whole in predicted.items():
        for index, each in enumerate(many.apart(whole)):
            there, _ = many.aim(index, prepared.parts[name].target)
            found[index][name] = each[there.numpy()]
    return found


def together(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What ``metrics.json`` says of several targets: ``targets`` holds by name what is said of each alone."""
    verdicts = [f"{name}: {each['verdict']}" for name, each in found.items()]
    empty: dict[str, Any] = {"test": {}, "validation": {}, "baselines": {}}
    return {"task": Several.name, **empty, "targets": dict(found), "verdict": " ".join(verdicts)}


def side_by_side(rows: NDArray[Any], frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The predictions of each target in one table.

    Args:
        rows: (N,) the numbers of all rows.
        frames: by target the row number, the true value and the task's columns of the rows that have it.

    Returns:
        The row number; then for each target ``true TARGET`` and its columns, which are empty where it is missing.
    """
    whole: list[pl.Series] = [pl.Series("row", rows)]
    for name, frame in frames.items():
        place = {int(row): i for i, row in enumerate(frame.to_series(0))}
        taken = pl.Series([place.get(int(row)) for row in rows], dtype=pl.Int64)
        true = frame.to_series(1).alias(f"true {name}")
        whole += [column.gather(taken) for column in (true, *frame.get_columns()[2:])]
    return pl.DataFrame([column.alias(name) for name, column in zip(_names(whole), whole)])


def _names(columns: Iterable[pl.Series]) -> Sequence[str]:
    """The names of columns, with as many underscores as they need to differ."""
    names: list[str] = []
    for column in columns:
        name = column.name
        while name in names:
            name += "_"
        names.append(name)
    return names
