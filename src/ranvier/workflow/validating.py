"""The validation of a training: what is measured of a network on the validation rows after each epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from ..catalog import load
from ..data.batches import Batch
from ..data.passages import Spans
from ..data.ragged import Ragged
from ..delivery.model import forward
from ..network.in_use import device_of
from ..tasks import Task
from ..tasks.several import several
from ..training.loop import Validate
from ..training.objectives.supervised import Supervised
from .class_losses import ClassLosses


def validation_of(
    task: Task,
    objective: Supervised,
    part: Batch,
    metric: str,
    classes: ClassLosses | None = None,
    decoded: Callable[[Tensor], NDArray[Any]] | None = None,
) -> Validate:
    """A function that measures a network on ``part``: its loss, the task's metric, and the one that is watched.

    It gives nothing where ``part`` has no rows. ``classes`` sees the outputs too; ``decoded`` makes predictions of
    them, where the task's own ``decode`` does not.
    """
    if not len(part):
        return lambda network: {}
    told = _told(task, part.target, metric)

    def validate(network: nn.Module) -> dict[str, float]:
        outputs = forward(network, part.inputs)
        device = device_of(network)
        device_loss = objective.evaluate(outputs.to(device), part.to(device))
        if not _finite(outputs, part):
            return {"loss": math.nan}
        if classes is not None:
            classes.see(outputs)
        return {"loss": device_loss.item(), **told((decoded or task.decode)(outputs))}

    return validate


def _finite(outputs: Tensor, part: Batch) -> bool:
    """Whether all outputs are finite; those of positions (N, T, K) at all positions that there are."""
    finite = int(outputs.isfinite().all(dim=-1).sum())
    if isinstance(part.target, Spans):  # the places of a row stand in front; each row that learns has one
        return bool(outputs[part.target.places[:, 0] >= 0, 0].isfinite().all())
    if part.lengths is None or outputs.ndim == 2:
        return finite == outputs.shape[:-1].numel()
    ragged: list[Any] = [block for block in part.inputs.values() if isinstance(block, Ragged)]
    return finite in (outputs.shape[:-1].numel(), *(int(block.lengths.sum()) for block in ragged))


def _told(task: Task, target: Tensor, metric: str) -> Callable[[NDArray[np.float64]], dict[str, float]]:
    """A function that measures a prediction: by the task's metric and ``metric``; by each one's, of several targets."""
    many = several(task)
    if many is None:
        truth = task.truth(target)
        names = [name for name in dict.fromkeys([task.metric, metric]) if name != "loss"]
        return lambda prediction: {name: float(load("metrics", name)(truth, prediction)[0]) for name in names}
    aims = [many.aim(index, target) for index in range(len(many.parts))]

    def each(prediction: NDArray[np.float64]) -> dict[str, float]:
        found = {}
        for part, (known, aim), said in zip(many.parts, aims, many.apart(prediction)):
            if len(aim):
                value = load("metrics", part.metric)(part.truth(aim), said[known.numpy()])[0]
                found[f"{part.target} {part.metric}"] = float(value)
        return found

    return each
