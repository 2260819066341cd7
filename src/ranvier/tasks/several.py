"""Several targets at once: one network, one trunk, and a task for each target beside one another.

Legend: N rows, M members of an ensemble, K outputs of all tasks together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ..catalog import load
from ..evaluation.calibration import at_temperature
from ..evaluation.inputs import Form
from . import Task


@dataclass(frozen=True)
class Several:
    """A task for each of several targets, whose outputs stand side by side.

    The loss of a row is the sum of the default losses of its targets, each on its own scale: numbers standardised,
    counts in units of their mean, classes and labels as cross-entropies. All of these are about 1, or somewhat below,
    for the best answer that is the same for every row. A target that is missing in a row adds nothing there.

    Args:
        parts: the tasks, fitted, in the order of the targets.
    """

    parts: tuple[Task, ...]

    name: ClassVar[str] = "several"
    forms: ClassVar[tuple[Form, ...]] = ()
    classes: ClassVar[tuple[str, ...]] = ()

    @property
    def target(self) -> str:
        """The names of the targets, with a comma between."""
        return ", ".join(part.target for part in self.parts)

    @property
    def width(self) -> int:
        """The number of outputs K."""
        return sum(_width(part) for part in self.parts)

    def loss(self) -> SumOfLosses:
        """The sum of the parts' default losses."""
        return SumOfLosses(self)

    def encode(self, frame: pl.DataFrame) -> Tensor:
        """The encoded targets side by side (N, T), float32; NaN where one is missing, or not known to its task."""
        blocks = []
        for part in self.parts:
            values = frame[part.target]
            block = part.encode(values).to(torch.float32).reshape(len(values), -1)
            block = block.masked_fill(~torch.from_numpy(part.known(values).copy())[:, None], torch.nan)
            blocks.append(block)
        return torch.cat(blocks, dim=1)

    def joined(self, outputs: Tensor) -> Tensor:
        """Outputs of an ensemble (N, M, K) to outputs (N, K), as each task joins its own."""
        each = [part.joined(given) for part, given in zip(self.parts, self.outputs_of(outputs))]
        return torch.cat(each, dim=1)

    def decode(self, outputs: Tensor) -> NDArray[np.float64]:
        """Outputs (N, K) or (N, M, K) to the predictions of all tasks side by side; ``apart`` takes them apart."""
        each = [part.decode(given) for part, given in zip(self.parts, self.outputs_of(outputs))]
        return np.concatenate([block.reshape(len(block), -1) for block in each], axis=1)

    def apart(self, prediction: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """The prediction of each task, in its own form."""
        found, start = [], 0
        for part in self.parts:
            count = max(len(part.classes), 1)
            block = prediction[:, start : start + count]
            found.append(block if part.classes else block[:, 0])
            start += count
        return found

    def at_temperatures(
        self, prediction: NDArray[np.float64], temperatures: Sequence[float]
    ) -> NDArray[np.float64]:
        """The prediction of all tasks, the probabilities of each at its temperature; 1 leaves what it predicts."""
        each = zip(self.apart(prediction), temperatures)
        blocks = [block if heat == 1.0 else at_temperature(block, heat) for block, heat in each]
        return np.concatenate([block.reshape(len(block), -1) for block in blocks], axis=1)

    def aim(self, index: int, target: Tensor) -> tuple[Tensor, Tensor]:
        """(N,) in which rows a task's target is known, and that target in these rows as the task encodes it."""
        known, aim = self.aims(target)[index]
        return known, _as_taken(self.parts[index], aim[known])

    def frame(self, prediction: NDArray[np.float64]) -> pl.DataFrame:
        """The columns of each task, side by side."""
        frames = [part.frame(each) for part, each in zip(self.parts, self.apart(prediction))]
        return pl.concat(frames, how="horizontal")

    def state(self) -> dict[str, Any]:
        """The name and the state of each task."""
        return {"parts": [{"name": part.name, **part.state()} for part in self.parts]}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The tasks that ``state`` described."""
        return cls(tuple(load("tasks", each["name"]).from_state(each) for each in state["parts"]))

    def outputs_of(self, outputs: Tensor) -> Sequence[Tensor]:
        """The outputs of each task: (..., K) to blocks (..., K of the task)."""
        return torch.split(outputs, [_width(part) for part in self.parts], dim=-1)

    def aims(self, target: Tensor) -> list[tuple[Tensor, Tensor]]:
        """For each task (N,) whether its target is known, and its columns of the target with 0 where it is not."""
        columns = [len(part.classes) if part.forms[0] == "labels" else 1 for part in self.parts]
        blocks = torch.split(target, columns, dim=1)
        return [(~block.isnan().any(dim=1), block.nan_to_num(0.0)) for block in blocks]


class SumOfLosses:
    """The sum of the default losses of several targets: outputs (N, K) and encoded targets (N, T) to (N,).

    A target that is NaN adds nothing, and gives its outputs no gradient.
    """

    def __init__(self, task: Several) -> None:
        self.task = task
        self.losses = [load("losses", part.default_loss())() for part in task.parts]

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Outputs (N, K) and what ``Several.encode`` gives (N, T) to losses (N,)."""
        total = outputs.new_zeros(len(outputs))
        for part, loss, given, (there, aim) in zip(
            self.task.parts, self.losses, self.task.outputs_of(outputs), self.task.aims(target)
        ):
            total = total + torch.where(there, loss(given, _as_taken(part, aim)), 0.0)
        return total


def _as_taken(part: Task, aim: Tensor) -> Tensor:
    """A task's columns of the target as its loss takes them: class indices are (N,), int64."""
    return aim[:, 0].long() if part.forms[0] == "classes" else aim


def _width(part: Task) -> int:
    """The number of outputs for the default loss of a task."""
    count = part.outputs(load("losses", part.default_loss()).outputs)
    return int(count or 0)


def several(task: object) -> Several | None:
    """``task``, where it is of several targets."""
    return task if isinstance(task, Several) else None


def parts_of(task: Task) -> tuple[Task, ...]:
    """The task of each target; a task of one target is its own part."""
    many = several(task)
    return many.parts if many else (task,)


def encode(task: Task, frame: pl.DataFrame) -> Tensor:
    """The target columns of ``frame`` as the loss takes them."""
    many = several(task)
    return many.encode(frame) if many else task.encode(frame[task.target])


def known(task: Task, frame: pl.DataFrame) -> NDArray[np.bool_]:
    """(N,) in which rows the target, or at least one of several, is known to its task."""
    return np.asarray(np.logical_or.reduce([part.known(frame[part.target]) for part in parts_of(task)]))
