"""The measure of a finished network: on validation and test rows, beside baselines on the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import Tensor, nn

from ..catalog import METRICS, load
from ..delivery.model import forward
from ..evaluation.by_class import measure_classes
from ..evaluation.by_tag import confusion_of, measure_tags
from ..evaluation.calibration import at_temperature
from ..evaluation.classification import confusion_matrix
from ..evaluation.comparison import Comparison, verdict
from ..evaluation.intervals import measure as with_intervals
from ..evaluation.metrics import Metric
from ..evaluation.recalibration import Recalibration, before_and_after, recalibrate
from ..spec import Spec
from ..tasks import Task, classes_of
from ..tasks.extract import predictions
from ..tasks.several import several
from ..tasks.tag import Tag
from . import answered, attributions, extracted, tagged, translations
from .beside import beside, weights_of
from .mistakes import inputs_of_worst
from .prepared import Prepared
from .slices import groups
from .targets import predictions_of, side_by_side, together, views
from .threshold import threshold
from .transcripts import examples

UNMEASURED = "There were no test rows to measure it on."
"""The verdict on a run without test rows."""


@dataclass(frozen=True)
class Measured:
    """What was measured.

    Args:
        metrics: as they stand in ``metrics.json``.
        predictions: of the test rows: row number, true value, prediction.
        validation_predictions: of the validation rows, which choose thresholds and temperature.
        temperature: of the model's probabilities, which all of the above have; 1 is the network's own. One for each of
            several targets.
    """

    metrics: dict[str, Any]
    predictions: pl.DataFrame
    validation_predictions: pl.DataFrame
    temperature: float | tuple[float, ...] = 1.0


def measure(spec: Spec, prepared: Prepared, network: nn.Module) -> Measured:
    """Measure ``network`` once, at the end; the test rows have been used for nothing before.

    Of several targets each is measured on the rows that have it; ``targets`` of the metrics holds each one's by name.
    """
    if prepared.forecasts is not None:
        from .forecast_measure import measure_forecasts

        return Measured(*measure_forecasts(spec, prepared, prepared.forecasts, network))
    parts = prepared.parts
    predicted = {
        part: predictions(
            prepared.task,
            forward(network, parts[part].inputs),
            prepared.frame(part),
            prepared.preparation.blocks,
        )
        for part in ("validation", "test")
    }
    alone = views(prepared)
    if len(alone) == 1:
        measured = _measure_one(spec, prepared, predicted)
        if shown := examples(prepared, network, predicted["test"]):
            measured.metrics["transcripts"] = shown
        measured.metrics.update(attributions.told(attributions.of_test(prepared), predicted["test"], network))
        measured.metrics.update(tagged.told(prepared, predicted["test"]))
        measured.metrics.update(extracted.told(prepared, network))
        measured.metrics.update(answered.told(prepared, predicted["test"]))
        if written := translations.examples(prepared, network, predicted["test"]):
            measured.metrics["translations"] = written
        return measured
    each = predictions_of(prepared, predicted)
    found = {view.task.target: _measure_one(spec, view, said) for view, said in zip(alone, each)}
    if many := several(prepared.task):
        for index, (view, said) in enumerate(zip(alone, each)):

            def own(outputs: Tensor, index: int = index) -> Tensor:
                return many.outputs_of(outputs)[index]

            rows = attributions.of_test(view)
            found[view.task.target].metrics.update(attributions.told(rows, said["test"], network, own))
    test = {name: one.predictions for name, one in found.items()}
    validation = {name: one.validation_predictions for name, one in found.items()}
    return Measured(
        {**together({name: one.metrics for name, one in found.items()}), "rows": _rows(prepared)},
        side_by_side(parts["test"].rows.numpy() + 1, test),
        side_by_side(parts["validation"].rows.numpy() + 1, validation),
        tuple(float(one.temperature) for one in found.values() if not isinstance(one.temperature, tuple)),
    )


def _rows(prepared: Prepared) -> dict[str, int]:
    return {"read": prepared.ledger.read, "dropped": prepared.ledger.dropped, **prepared.split.counts}


def _measure_one(spec: Spec, prepared: Prepared, predicted: dict[str, NDArray[Any]]) -> Measured:
    """Measure the predictions of the validation and test rows of one target."""
    task = prepared.task
    metrics_wanted = metrics_of(task)
    seed = spec.seed
    probable = gives_probabilities(spec)
    truth = {
        part: translations.references(task, prepared.parts[part].target, prepared.frame(part)[task.target])
        for part in ("validation", "test")
    }
    present = [part for part in truth if len(truth[part])]
    calibration = _calibration(spec, task, truth, predicted) if probable else None
    heat = calibration.used if calibration else 1.0
    if heat != 1.0:
        predicted = {part: at_temperature(each, heat) for part, each in predicted.items()}
    weights = {part: weights_of(prepared, part) for part in truth}
    measured = {
        part: with_intervals(
            truth[part],
            predicted[part],
            metrics_wanted,
            seed,
            weight=weights[part],
            probabilities=probable,
        )
        for part in present
    }
    metrics: dict[str, Any] = {
        "task": task.name,
        "form": task.forms[0],
        "metric": task.metric,
        "test": measured.get("test", {}),
        "validation": measured.get("validation", {}),
        "baselines": {},
        "comparison": {},
        "rows": _rows(prepared),
    }
    if calibration:
        metrics["calibration"] = calibration.as_dict()
    if "test" in present:
        metrics.update(of_classes(task, truth["test"], predicted["test"]))
    if "test" in present:
        rows, named = prepared.frame("test"), spec.evaluation.slices
        metrics["slices"] = groups(
            task, truth["test"], predicted["test"], rows, prepared.schema, named, seed, weights["test"]
        )
        numbers = prepared.parts["test"].rows.numpy() + 1
        metrics["mistakes"] = inputs_of_worst(
            truth["test"], predicted["test"], rows, prepared.schema, numbers
        )
    if spec.evaluation.costs is not None:
        metrics["threshold"] = threshold(spec.evaluation.costs, task, truth, predicted, weights, seed)
    if spec.evaluation.baselines and "test" in present:
        metrics.update(beside(prepared, truth["test"], predicted["test"], metrics_wanted, spec))
    metrics["verdict"] = _verdict(prepared, metrics) if "test" in present else UNMEASURED
    frames = {
        part: answers(
            task, prepared.parts[part].rows.numpy() + 1, truth[part], predicted[part], weights[part]
        )
        for part in truth
    }
    return Measured(metrics, frames["test"], frames["validation"], heat)


def _calibration(
    spec: Spec, task: Task, truth: Mapping[str, NDArray[Any]], predicted: Mapping[str, NDArray[Any]]
) -> Recalibration | None:
    """What a temperature brings, chosen on the validation rows; None where it is not asked for, or not chosen."""
    if not classes_of(task) or not spec.evaluation.calibrate:
        return None
    found = recalibrate(truth["validation"], predicted["validation"], spec.seed)
    if found is None or not len(truth["test"]):
        return found
    return replace(found, test=before_and_after(truth["test"], predicted["test"], found.temperature))


def answers(
    task: Task,
    rows: NDArray[Any],
    truth: NDArray[Any],
    predicted: NDArray[Any],
    weight: NDArray[Any] | None = None,
) -> pl.DataFrame:
    """Predictions as ``predictions.csv`` has them: row number, true value, the task's columns, the row's weight."""
    made = task.frame(predicted)
    row, true, weighs = (_free(name, made.columns) for name in ("row", "true", "weight"))
    frame = pl.DataFrame({row: rows, true: task.shown(truth)}).hstack(made)
    return frame if weight is None else frame.with_columns(pl.Series(weighs, weight))


def _free(name: str, taken: Sequence[str]) -> str:
    """``name``, with as many underscores as it needs to differ from the columns that there are."""
    while name in taken:
        name += "_"
    return name


def _verdict(prepared: Prepared, metrics: Mapping[str, Any]) -> str:
    """How the network compares with the baselines, in words."""
    task = prepared.task
    value = metrics["test"][task.metric]["value"]
    comparisons = {name: Comparison(**entry) for name, entry in metrics["comparison"].items()}
    constant = task.constant(task.truth(prepared.parts["train"].target))
    return verdict(load("metrics", task.metric), value, comparisons, f"always answering {constant}")


def metrics_of(task: Task) -> list[Metric]:
    """The metrics of a task, in the catalogue's order."""
    metrics: list[Metric] = [load("metrics", name) for name in METRICS]
    if not getattr(task, "entities", True):
        metrics.remove(load("metrics", "entity_f1"))
    classes = len(classes_of(task)) or 1
    return [metric for metric in metrics if metric.form in task.forms and metric.suits(classes)]


def gives_probabilities(spec: Spec) -> bool:
    """Whether the network learnt probabilities: the perceptron's criterion teaches it scores."""
    return spec.training.loss is None or spec.training.loss.name != "perceptron"


def of_classes(task: Task, truth: NDArray[Any], predicted: NDArray[Any]) -> dict[str, Any]:
    """Each class's (or label's) precision, recall and F1 with intervals, its support; of classes the confusion matrix.

    The matrix counts rows, or tokens that are tagged: its rows are the true classes, its columns the predicted ones.
    Nothing where the task predicts values.
    """
    if task.forms[0] == "labels":
        scores = [
            measure_classes(marks, np.stack([1 - chance, chance], axis=1))[1]
            for marks, chance in zip(truth.T, predicted.T)
        ]
        return {"labels": dict(zip(task.classes, scores))}
    if isinstance(task, Tag):
        tags = task.tags
        return {
            "classes": dict(zip(tags, measure_tags(truth, predicted, tags))),
            "confusion": {"classes": list(tags), "counts": confusion_of(truth, predicted, tags).tolist()},
        }
    if not classes_of(task):
        return {}
    counts = confusion_matrix(truth, predicted).astype(int)
    return {
        "classes": dict(zip(task.classes, measure_classes(truth, predicted))),
        "confusion": {"classes": list(task.classes), "counts": counts.tolist()},
    }
