"""evaluate: how good a model is on rows whose target is known."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..catalog import load as load_member
from ..data.ledger import Ledger
from ..data.stream import larger_than_memory
from ..data.table import Table
from ..delivery.language import LanguageModel, load
from ..delivery.model import Model, read_rows
from ..errors import DataError, Mistake, SpecError, raise_if_any
from ..evaluation.intervals import Measured
from ..evaluation.intervals import measure as with_intervals
from ..insight.drift import drift
from ..insight.report.markup import interval, words
from ..tasks import Task
from ..tasks.extract import Extract
from ..tasks.forecast import Forecast
from ..tasks.several import known, parts_of, several
from .attributions import Rows, tells, told
from .evaluation import Evaluation
from .evaluation_report import is_page, write_evaluation
from .folder import MODEL, check_free
from .forecast_evaluate import evaluate_forecast
from .language_evaluate import LanguageEvaluation, evaluate_language
from .measure import UNMEASURED, answers, metrics_of, of_classes
from .mistakes import inputs_of_worst
from .passages import with_answers
from .run import Run
from .slices import groups, mistakes
from .streaming import read_sample, why
from .targets import side_by_side, together
from .translations import references

NO_SLICES: dict[str, Any] = {"metric": "", "looked_at": 0, "worst": [], "named": {}}
"""What is said of the groups of rows where there are none."""


def evaluate(
    model: Model | LanguageModel | Run | str | Path,
    data: Any,
    y: Any = None,
    *,
    slices: Sequence[str] = (),
    out: str | Path | None = None,
    base: str | Path | None = None,
) -> Evaluation | LanguageEvaluation:
    """Measure a model on rows whose target is known, and say how they differ from the training rows.

    Args:
        model: a model, a run, or the path of a model file.
        data: whatever ``ranvier.fit`` reads, with the target column; or an array X. For a language model plain text.
        y: the target's values (N,), where ``data`` is an array; of several targets (N, targets).
        slices: columns of ``data`` whose groups are shown beside each other.
        out: where the report goes: a file ``.html`` or ``.md``, or a new folder, which then holds the measure, the
            ledger, the drift and the predictions as well. None writes nothing.
        base: of a model file that holds adapters, the model that they are of; None looks where it was, and beside it.

    Raises:
        RunError: ``out`` is a folder that is in use.
        SpecError: there is no column to slice by.
        DataError: the data cannot be read, lacks a column, or has no row whose target the model knows.
        ModelFileError: the model file cannot be used.
    """
    if out is not None and not is_page(out):
        check_free(Path(out))
    command = f"ranvier evaluate {_shown(model)} {_shown(data)}"
    command += f" --from {shlex.quote(str(base))}" if base is not None else ""
    command += "".join(f" --slices {shlex.quote(name)}" for name in slices)
    if isinstance(model, Run):
        model = model.folder / MODEL
    if not isinstance(model, (Model, LanguageModel)):
        model = load(model, base=base)
    if isinstance(model, LanguageModel):
        return evaluate_language(model, data, slices, out)
    task, ledger = model.task, Ledger()
    if isinstance(task, Forecast):
        return _of_forecast(model, task, data, ledger, out, command)
    stream = larger_than_memory(data) if y is None else None
    if stream is None:
        table = read_rows(data, ledger, model.preparation)
    else:
        table = read_sample(stream, 0, ledger)
        ledger.note("kept", f"a sample of about {stream.rows:,} rows, {why(stream)}", len(table))
    tasks = parts_of(task)
    if y is not None:
        table = replace(table, frame=table.frame.with_columns(_targets(tasks, np.asarray(y))))
    raise_if_any(
        DataError,
        (
            Mistake(
                f"{table.origin} has no column {part.target!r}",
                "the target beside the inputs",
                "use 'ranvier predict' for rows without it",
            )
            for part in tasks
            if part.target not in table.frame.columns
        ),
    )
    there = known(task, table.frame)
    ledger.drop(
        "no target that the model knows",
        _numbers(table, ~there),
        tasks[0].target if len(tasks) == 1 else None,
    )
    table = table.take(there)
    if isinstance(task, Extract):
        texts: Any = model.preparation.blocks["text"]
        if texts.passage in table.frame.columns:
            table = with_answers(table, task.target, texts.passage, ledger)
    if len(table) == 0:
        raise DataError(
            Mistake(f"no row of {table.origin} has a target that the model knows", "at least one")
        )
    raise_if_any(SpecError, list(mistakes(slices, table.frame.columns, table.frame, model.schema.targets)))
    predicted = model.decide(table.frame, ledger)
    many = several(task)
    each, said = {}, {}
    for index, (part, prediction) in enumerate(zip(tasks, many.apart(predicted) if many else [predicted])):
        has = part.known(table.frame[part.target])
        why_kept = "no target that the model knows; the row is kept for the other targets"
        ledger.note("kept", why_kept, int((~has).sum()), part.target, _numbers(table, ~has))
        then = model.card.get("test", {})
        then = then.get(part.target, {}) if many else then
        rows, its_own = table.take(has), prediction[has]
        each[part.target], said[part.target] = _measure(model, part, rows, its_own, slices, then)
        if out is not None:
            each[part.target].update(_tokens(model, index, rows, its_own))
    metrics = together(each) if many else each[task.target]
    details = {name: value for name, value in metrics.items() if name not in ("task", "test", "verdict")}
    found = Evaluation(
        task=task.name,
        test=metrics["test"],
        rows={"read": ledger.read, "dropped": ledger.dropped, "test": len(table)},
        ledger=ledger,
        details=details,
        verdict=metrics["verdict"],
        drift=drift(model.profile, table.frame, model.schema, model.preparation) if model.profile else None,
        predictions=side_by_side(table.rows + 1, said) if many else said[task.target],
    )
    if out is None:
        return found
    return replace(found, report=write_evaluation(found, model, table, command, Path(out)))


def _of_forecast(
    model: Model, task: Forecast, data: Any, ledger: Ledger, out: str | Path | None, command: str
) -> Evaluation:
    """The evaluation of a forecast."""
    found = evaluate_forecast(model, task, data, ledger)
    evaluation = Evaluation(
        task=task.name,
        test=found.test,
        rows={"read": ledger.read, "dropped": ledger.dropped, "test": found.origins},
        ledger=ledger,
        details={"slices": NO_SLICES, **found.details},
        verdict=found.verdict,
        drift=None,
        predictions=found.predictions,
    )
    if out is None:
        return evaluation
    return replace(evaluation, report=write_evaluation(evaluation, model, found.table, command, Path(out)))


def _targets(tasks: Sequence[Task], y: NDArray[Any]) -> list[pl.Series]:
    """The target columns of ``y``.

    Raises:
        DataError: it has not one column a target.
    """
    columns = y.reshape(len(y), -1).T if len(tasks) > 1 else [y]
    if len(columns) != len(tasks):
        names = ", ".join(task.target for task in tasks)
        raise DataError(Mistake(f"y has shape {y.shape}", f"(rows, {len(tasks)}), for {names}"))
    return [
        pl.Series(task.target, values.tolist() if values.dtype == object else values)
        for task, values in zip(tasks, columns)
    ]


def _numbers(table: Table, rows: NDArray[np.bool_]) -> list[int]:
    return [int(row) for row in table.rows[rows]]


def _measure(
    model: Model,
    task: Task,
    table: Table,
    predicted: NDArray[Any],
    slices: Sequence[str],
    then: Mapping[str, Any],
) -> tuple[dict[str, Any], pl.DataFrame]:
    """What is said of one target on the rows that have it, and its predictions; ``then`` is the measure of training."""
    truth = references(task, task.encode(table.frame[task.target]), table.frame[task.target])
    numbers = table.rows + 1
    said: dict[str, Any] = {"task": task.name, "form": task.forms[0], "metric": task.metric, "test": {}}
    if not len(table):
        return {**said, "slices": NO_SLICES, "verdict": UNMEASURED}, answers(task, numbers, truth, predicted)
    probable = bool(model.card.get("probabilities", True))
    measured = with_intervals(truth, predicted, metrics_of(task), 0, probabilities=probable)
    said = {
        **said,
        "test": measured,
        **of_classes(task, truth, predicted),
        "slices": groups(task, truth, predicted, table.frame, model.schema, slices),
        "mistakes": inputs_of_worst(truth, predicted, table.frame, model.schema, numbers),
        "verdict": beside_training(task.metric, measured, then),
    }
    return said, answers(task, numbers, truth, predicted)


def _tokens(model: Model, index: int, table: Table, predicted: NDArray[Any]) -> dict[str, Any]:
    """What single tokens did for the predictions of a target, the one of that index; nothing where none are read."""
    task, kinds, many = parts_of(model.task)[index], model.preparation.blocks, several(model.task)
    if not tells(task, kinds) or not len(table):
        return {}
    truth = references(task, task.encode(table.frame[task.target]), table.frame[task.target])
    inputs = model.preparation.transform(table.frame)
    rows = Rows(task, kinds, inputs, truth, table.rows + 1, table.frame)
    return told(rows, predicted, model.network, lambda y: many.outputs_of(y)[index] if many else y)


def beside_training(metric: str, here: Mapping[str, Measured], then: Mapping[str, Any]) -> str:
    """How the task's metric compares with that on the test rows of the training, which are other rows.

    The difference is more than chance where it is more than 1.96 times its standard error, taken from the widths of
    the two intervals.
    """
    now: Mapping[str, Any] = here[metric]
    before = then.get(metric)
    name = words(metric)
    if not before or now["value"] is None or before["value"] is None:
        return f"The {name} on these rows is {interval(dict(now))}."
    told = f"The {name} is {interval(dict(now))}; on the test rows of the training it was {interval(before)}"
    widths = [each["high"] - each["low"] for each in (now, before) if each["low"] is not None]
    if len(widths) < 2:
        return f"{told}. There are too few rows to tell whether that is more than chance."
    apart = now["value"] - before["value"]
    if abs(apart) <= math.hypot(*widths) / 2:
        return f"{told}: no more of a difference than chance makes."
    better = (apart > 0) == bool(load_member("metrics", metric).greater_is_better)
    return f"{told}: it is {'better' if better else 'worse'} here, by more than chance."


def _shown(given: Any) -> str:
    """What stands for an argument in the command that repeats it."""
    if isinstance(given, (str, Path)):
        return shlex.quote(str(given))
    return shlex.quote(str(given.folder / "model.rv")) if isinstance(given, Run) else "..."
