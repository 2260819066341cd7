"""Tasks: the meaning of a network's outputs, one file each; the contract that they all keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import polars as pl
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ..errors import Mistake, SpecError
from ..evaluation.inputs import Form


class Task(Protocol):
    """What a target column asks of a network: how it is encoded, how outputs are read, how they are measured.

    Shapes: N rows, K outputs of the network, C classes, L labels. An ensemble of M members gives outputs (N, M, K),
    which ``joined`` turns into those of one network.

    Attributes:
        name: in the catalogue.
        forms: what its predictions are; the metrics, baselines and pictures of all these forms are its own. The first
            says what ``decode`` gives.
        metric: the one that decides.
    """

    name: ClassVar[str]
    forms: ClassVar[tuple[Form, ...]]
    metric: ClassVar[str]

    @property
    def target(self) -> str:
        """The name of the target column."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """What the columns of a prediction (N, C) stand for; nothing where it is values."""
        ...

    @staticmethod
    def mistakes(values: pl.Series, order: Sequence[str] = ()) -> Iterable[Mistake]:
        """Say why the target's raw ``values``, which are of the right kind, are not what the task learns."""
        ...

    @classmethod
    def fit(cls, values: pl.Series, train: NDArray[Any], order: Sequence[str] = ()) -> Self:
        """Learn from the target's raw ``values``; statistics come from the positions ``train`` alone.

        ``order`` is that of the classes, the lowest first, where the user states one; only ``ordered`` forms read it.
        """
        ...

    def default_loss(self) -> str:
        """The loss that suits the task where the user names none."""
        ...

    def outputs(self, forms: tuple[str, ...]) -> int | None:
        """The number of outputs K for a loss that takes outputs of ``forms``; None where it does not suit."""
        ...

    def known(self, values: pl.Series) -> NDArray[Any]:
        """(N,) booleans: which target values can be encoded."""
        ...

    def encode(self, values: pl.Series) -> Tensor:
        """Raw target values to the tensor that the loss takes: (N,) class indices or (N, K) values."""
        ...

    def joined(self, outputs: Tensor) -> Tensor:
        """Outputs of an ensemble (N, M, K) to outputs (N, K) that say what the members say on average.

        Averaged are probabilities or values. Outputs (N, K) stay as they are.
        """
        ...

    def decode(self, outputs: Tensor) -> NDArray[Any]:
        """Outputs (N, K) or (N, M, K) to predictions: (N, C) or (N, L) probabilities, or (N,) values."""
        ...

    def truth(self, target: Tensor) -> NDArray[Any]:
        """The encoded target as metrics take it: (N,) class indices, (N,) values in the target's unit, (N, L) marks."""
        ...

    def shown(self, truth: NDArray[Any]) -> pl.Series:
        """What ``truth`` gives, as a person reads it: (N,)."""
        ...

    def constant(self, truth: NDArray[Any]) -> str:
        """The best answer that is the same for every row, in words; ``truth`` is of the training rows."""
        ...

    def frame(self, prediction: NDArray[Any]) -> pl.DataFrame:
        """Predictions as columns: the target's name, then what else there is to say of each row."""
        ...

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values."""
        ...

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The task that ``state`` described."""
        ...


def classes_of(task: Task) -> tuple[str, ...]:
    """The classes of which a row has one; nothing where the task predicts something else."""
    return task.classes if task.forms[:1] == ("classes",) else ()


def outputs_for(task: Task, loss: str, forms: tuple[str, ...]) -> int:
    """The number of outputs for a named loss.

    Raises:
        SpecError: the loss does not suit the task.
    """
    outputs = task.outputs(forms)
    if outputs is None:
        raise SpecError(unsuitable_loss(task, loss))
    return outputs


def unsuitable_loss(task: Task, loss: str) -> Mistake:
    """The mistake that says that a named loss does not suit the task."""
    return Mistake(
        f"loss {loss!r} does not suit the task {task.name!r} with target {task.target!r}",
        f"a loss for outputs like this target's, such as {task.default_loss()!r}",
        "leave training.loss out for the default",
    )
