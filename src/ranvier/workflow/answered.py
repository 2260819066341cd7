"""What is told of a run that answers: the baselines, and the questions that were answered worst."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.kinds.values import is_readable
from ..evaluation.answering import most_frequent, nearest
from ..evaluation.columns import BaselineResult
from ..evaluation.words import Words
from ..tasks.answer import SHOWN, Answer
from .prepared import Prepared

WORST = 15
"""So many questions are told."""

LONG = 300
"""So many characters of a text are shown."""


def baselines(prepared: Prepared, train: Words | None, test: Words | None) -> dict[str, BaselineResult]:
    """The answers by frequency and, where there are texts, the answer of the nearest question.

    Args:
        prepared: of a task that answers.
        train, test: the words of these rows; None where no column holds any.
    """
    task, target = prepared.task, prepared.task.truth(prepared.parts["train"].target)
    count = task.outputs(("classes",)) or 0
    found = {"trivial": most_frequent(target, len(prepared.parts["test"]), count)}
    if train is not None and test is not None:
        found["nearest"] = nearest(train, target, test, count)
    return found


def told(prepared: Prepared, predicted: NDArray[Any]) -> dict[str, Any]:
    """What is said of the test rows, as JSON values; nothing where nothing is answered.

    Args:
        prepared: of the run.
        predicted: (N, A) the probabilities of the stored answers.

    Returns:
        ``answered`` with ``stored``, how many answers there are; ``unlearnt``, how many test rows have one that no
        training row has; ``worst``, rows whose true answer stands farthest down: the question, that answer, its place,
        and the best ones with their probabilities.
    """
    task, part = prepared.task, prepared.parts["test"]
    if not isinstance(task, Answer) or not len(part):
        return {}
    truth = task.truth(part.target)
    learnt = np.unique(task.truth(prepared.parts["train"].target))
    places, frame = task.rank(truth, predicted), prepared.frame("test")
    asked = [name for name in prepared.schema.inputs if is_readable(frame[name])]
    order = [row for row in np.argsort(-places, kind="stable").tolist() if places[row] > 1][:WORST]
    best = np.argsort(-predicted, axis=1, kind="stable")[:, :SHOWN]
    return {
        "answered": {
            "stored": len(task.answers),
            "unlearnt": int((~np.isin(truth, learnt)).sum()),
            "worst": [
                {
                    "row": int(part.rows[row]) + 1,
                    "asked": " | ".join(str(frame[name][row]) for name in asked)[:LONG],
                    "true": task.answers[truth[row]][:LONG],
                    "place": int(places[row]),
                    "said": [
                        [task.answers[one][:LONG], round(float(predicted[row, one]), 4)] for one in best[row]
                    ],
                }
                for row in order
            ],
        }
    }
