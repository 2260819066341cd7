"""The threshold for stated costs: chosen on the validation rows, measured on the test rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..catalog import load
from ..errors import Mistake
from ..evaluation.by_class import measure_classes
from ..evaluation.curves import cheapest_threshold
from ..evaluation.intervals import measure
from ..spec import CostSpec, Spec
from ..tasks import Task, classes_of


def cost_mistakes(spec: Spec, task: Task, probable: bool) -> Iterator[Mistake]:
    """What is wrong with asking for a threshold: it needs two classes, and their probabilities."""
    if spec.evaluation.costs is None:
        return
    if len(classes_of(task)) != 2:
        yield Mistake(f"evaluation.costs were given, but {task.target!r} has not two classes", "two classes")
    elif not probable:
        yield Mistake(
            "evaluation.costs were given, but the network learns scores, not probabilities",
            "another training.loss than 'perceptron'",
        )


def threshold(
    costs: CostSpec,
    task: Task,
    truth: Mapping[str, NDArray[Any]],
    predicted: Mapping[str, NDArray[Any]],
    weights: Mapping[str, NDArray[Any] | None],
    seed: int,
) -> dict[str, Any]:
    """The cheapest threshold of the validation rows, and what it brings on the test rows, as JSON values.

    Args:
        costs: of the two errors.
        task: of two classes.
        truth, predicted, weights: of ``validation`` and ``test``.
        seed: of the intervals.

    Returns:
        ``positive``, the second class; ``costs``; ``threshold``, from which probability of it on a row is called so, or
        None with a ``reason``; ``test`` and ``at_half``: what that threshold and 0.5 bring on the test rows.
    """
    positive = classes_of(task)[1]
    told: dict[str, Any] = {"positive": positive, "costs": costs.model_dump(), "threshold": None}
    if len(np.unique(truth["validation"])) < 2:
        return {**told, "reason": "the validation rows do not hold both classes"}
    chosen = cheapest_threshold(
        truth["validation"] == 1,
        predicted["validation"][:, 1],
        costs.false_negative / costs.false_positive,
        weights["validation"],
    )
    told["threshold"] = chosen
    if len(truth["test"]):
        for name, at in (("test", chosen), ("at_half", 0.5)):
            told[name] = brings(costs, truth["test"], predicted["test"][:, 1] >= at, weights["test"], seed)
    return told


def brings(
    costs: CostSpec, truth: NDArray[Any], called: NDArray[np.bool_], weight: NDArray[Any] | None, seed: int
) -> dict[str, Any]:
    """What calling some rows positive brings: the mean cost of a row and shares of rows, each with its 95% interval."""
    missed, alarms = (truth == 1) & ~called, (truth == 0) & called
    cost = missed * costs.false_negative + alarms * costs.false_positive
    mean = measure(np.zeros(len(cost)), cost, [load("metrics", "mae")], seed, weight=weight)["mae"]
    hot = np.eye(2)[called.astype(np.int64)]
    accuracy = measure(truth, hot, [load("metrics", "accuracy")], seed, weight=weight)["accuracy"]
    scores = measure_classes(truth, hot)[1]
    return {
        "cost": mean,
        "accuracy": accuracy,
        **{name: scores[name] for name in ("precision", "recall", "f1")},
        "missed": int(missed.sum()),
        "false_alarms": int(alarms.sum()),
    }
