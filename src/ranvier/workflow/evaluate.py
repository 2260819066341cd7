"""evaluate: how good a model is on rows whose target is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ..data.ledger import Ledger
from ..delivery.file import load
from ..delivery.model import Model, read_rows
from ..errors import DataError, Mistake
from ..evaluation.intervals import Measured
from ..evaluation.intervals import measure as with_intervals
from .measure import metrics_of, of_classes
from .run import Run


@dataclass(frozen=True)
class Evaluation:
    """A model's metrics on new rows.

    Args:
        task: the task's name.
        test: value and 95% interval of each metric.
        rows: read, dropped and measured.
        ledger: what became of rows and cells.
        details: of classes: their scores and the confusion matrix.
    """

    task: str
    test: dict[str, Measured]
    rows: dict[str, int]
    ledger: Ledger
    details: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """The evaluation as JSON values."""
        return {
            "task": self.task,
            "test": self.test,
            "rows": self.rows,
            "ledger": self.ledger.as_dict(),
            **self.details,
        }

    def __str__(self) -> str:
        from .summary import metric_lines

        lines = [f"{self.rows['test']:,} rows measured ({self.task})", *metric_lines(self.test)]
        return "\n".join([*lines, *(f"  ledger: {entry}" for entry in self.ledger.entries)])


def evaluate(model: Model | Run | str | Path, data: Any, y: Any = None) -> Evaluation:
    """Measure a model on rows whose target is known.

    Args:
        model: a model, a run, or the path of a model file.
        data: whatever ``ranvier.fit`` reads, with the target column; or an array X.
        y: the target's values, where ``data`` is an array.

    Raises:
        DataError: the data cannot be read, lacks a column, or has no row whose target the model knows.
        ModelFileError: the model file cannot be used.
    """
    if isinstance(model, Run):
        model = model.model
    elif not isinstance(model, Model):
        model = load(model)
    task, ledger = model.task, Ledger()
    table = read_rows(data, ledger, model.preparation)
    if y is not None:
        table = replace(table, frame=table.frame.with_columns(pl.Series(task.target, np.asarray(y))))
    if task.target not in table.frame.columns:
        raise DataError(
            Mistake(
                f"{table.origin} has no column {task.target!r}",
                "the target beside the inputs",
                "use 'ranvier predict' for rows without it",
            )
        )
    known = task.known(table.frame[task.target])
    ledger.drop("no target that the model knows", [int(row) for row in table.rows[~known]], task.target)
    table = table.take(known)
    if len(table) == 0:
        raise DataError(
            Mistake(f"no row of {table.origin} has a target that the model knows", "at least one")
        )
    truth = task.truth(task.encode(table.frame[task.target]))
    predicted = model.decide(table.frame, ledger)
    probable = bool(model.card.get("probabilities", True))
    return Evaluation(
        task=task.name,
        test=with_intervals(truth, predicted, metrics_of(task), 0, probabilities=probable),
        rows={"read": ledger.read, "dropped": ledger.dropped, "test": len(table)},
        ledger=ledger,
        details=of_classes(task, truth, predicted, 0),
    )
