"""A baseline's answers for predictions of any form: several labels are asked for one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .answering import most_frequent
from .columns import BaselineResult, Columns
from .inputs import BASE, Form
from .tag_baselines import usual_tag


class Baseline(Protocol):
    """What a member of the catalogue is."""

    def __call__(
        self,
        train: Columns,
        target: ArrayLike,
        test: Columns,
        classes: int | None,
        seed: int = 0,
        budget: float = 10.0,
        weight: ArrayLike | None = None,
        *,
        counts: bool = False,
    ) -> BaselineResult:
        """Fit to the training rows and answer for the test rows."""
        ...


def answers(
    baseline: Baseline,
    form: Form,
    rows: tuple[Columns, NDArray[Any], Columns],
    classes: int,
    *,
    seed: int = 0,
    budget: float = 10.0,
    weight: NDArray[Any] | None = None,
) -> BaselineResult:
    """What a baseline says of the test rows, in the form that the metrics take.

    Args:
        baseline: of the catalogue.
        form: of the prediction; labels have a classification each, with an equal part of the budget.
        rows: the training columns, their target (N,) or (N, L), and the test columns.
        classes: C of classes; else it is not looked at.
        seed: as the baseline takes it.
        budget: seconds, for all labels together.
        weight: (N,) weights of the training rows.

    Texts have one trivial answer, the most frequent of the training rows, whatever the baseline; so have tags, of rows
    that are as long as the first (``tag_baselines`` has those of other rows).

    Raises:
        DataError: columns, target, classes and weights do not fit together.
    """
    train, target, test = rows
    if BASE.get(form, form) == "texts":
        return most_frequent_text(target, len(test))
    if form == "answers":
        return most_frequent(target, len(test), int(target.max()) + 1)
    if form == "tags":
        return usual_tag(target, target[:1].repeat(len(test)))
    if form != "labels":
        count = classes if BASE.get(form, form) == "classes" else None
        return baseline(train, target, test, count, seed, budget, weight, counts=form == "counts")
    each = [baseline(train, marks, test, 2, seed, budget / target.shape[1], weight) for marks in target.T]
    return replace(
        each[0],
        prediction=np.stack([found.prediction[:, 1] for found in each], axis=1),
        description=f"for each of {len(each)} labels: {each[0].description}",
        seconds=sum(found.seconds for found in each),
    )


def most_frequent_text(texts: NDArray[Any], rows: int) -> BaselineResult:
    """The most frequent of the texts (N,) for each of so many rows."""
    found, counts = np.unique(texts, return_counts=True)
    prediction = np.repeat(found[counts.argmax() : counts.argmax() + 1], rows)
    return BaselineResult(prediction, "the most frequent text of the training rows", len(texts), 0.0)
