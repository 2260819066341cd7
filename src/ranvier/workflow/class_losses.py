"""The loss of each class on the validation rows, which the doctor follows from epoch to epoch."""

from __future__ import annotations

import torch
from torch import Tensor

from ..data.batches import Batch
from ..tasks import Task, classes_of
from ..training.objectives.supervised import Supervised

MOST_CLASSES, FEWEST_ROWS = 20, 20
"""So many classes are told apart at most, each of which has so many validation rows or more."""


class ClassLosses:
    """Keeps the mean loss of each class, as of the last outputs that it saw.

    Args:
        names: of the classes (C).
        objective: has the loss of a row.
        target: (N,) the class of each row.
    """

    def __init__(self, names: tuple[str, ...], objective: Supervised, target: Tensor) -> None:
        self.last: dict[str, float] = {}
        self._names, self._objective, self._target = names, objective, target
        self._counts = torch.bincount(target, minlength=len(names))

    def see(self, outputs: Tensor) -> None:
        """Measure outputs (N, K), or (N, M, K) of an ensemble."""
        joined = self._objective.joined(outputs) if self._objective.joined else outputs
        with torch.no_grad():
            each = self._objective.of_rows(joined, self._target.to(joined.device)).double().cpu()
        sums = torch.zeros(len(self._names), dtype=torch.float64).index_add(0, self._target, each)
        self.last = {
            name: float(total / count)
            for name, total, count in zip(self._names, sums, self._counts)
            if count >= FEWEST_ROWS
        }


def class_losses(task: Task, objective: Supervised, part: Batch) -> ClassLosses | None:
    """What keeps the losses of the classes of these rows; None where they have none, or too many."""
    names, target = classes_of(task), part.target
    if not 2 <= len(names) <= MOST_CLASSES or not isinstance(target, Tensor) or not len(target):
        return None
    if target.ndim != 1 or target.is_floating_point():
        return None
    return ClassLosses(names, objective, target.cpu().long())
