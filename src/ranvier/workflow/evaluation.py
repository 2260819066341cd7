"""What an evaluation finds: a model's metrics on new rows, and how these differ from the training rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ..data.ledger import Ledger
from ..evaluation.intervals import Measured
from ..insight.drift import Drift
from .summary import metric_lines, slice_lines

TOLD = 10
"""So many columns that differ are told on the terminal."""


@dataclass(frozen=True)
class Evaluation:
    """A model's metrics on new rows.

    Args:
        task: the task's name.
        test: value and 95% interval of each metric.
        rows: read, dropped and measured.
        ledger: what became of rows and cells.
        details: of classes, their scores and the confusion matrix; the groups of rows where the model is worst. Of
            several targets ``targets``: by name what is said of each, with its own metrics (``test`` is empty then).
        verdict: how the measure compares with that on the test rows of the training.
        drift: how the rows differ from the training rows; None where the model file does not say what these were like.
        predictions: row number, true value, prediction.
        report: where the report was written; None where none was asked for.
    """

    task: str
    test: dict[str, Measured]
    rows: dict[str, int]
    ledger: Ledger
    details: dict[str, Any]
    verdict: str
    drift: Drift | None
    predictions: pl.DataFrame
    report: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """The evaluation as JSON values."""
        return {
            "task": self.task,
            "test": self.test,
            "rows": self.rows,
            "ledger": self.ledger.as_dict(),
            **self.details,
            "verdict": self.verdict,
            "drift": self.drift.as_dict() if self.drift else None,
        }

    def __str__(self) -> str:
        what = "origins" if "forecast" in self.details else "rows"
        lines = [f"{self.rows['test']:,} {what} measured ({self.task})", *metric_lines(self.test)]
        for name, each in (self.details.get("targets") or {"": self.details}).items():
            lines += [f"{name} ({each['task']}):", *metric_lines(each["test"])] if name else []
            lines += slice_lines(each["slices"])
        lines += [f"  ledger: {entry}" for entry in self.ledger.entries]
        lines.append(f"verdict: {self.verdict}")
        if "forecast" not in self.details:  # whose windows are in units of their own
            lines += [f"rows: {line}" if i == 0 else line for i, line in enumerate(self._drift_lines())]
        return "\n".join([*lines, *([f"report: {self.report}"] if self.report else [])])

    def _drift_lines(self) -> list[str]:
        if self.drift is None:
            return ["The model file does not say what its training rows were like."]
        first, *told = self.drift.lines()
        more = [f"  ... and {len(told) - TOLD} more columns"] if len(told) > TOLD else []
        return [first, *told[:TOLD], *more]
