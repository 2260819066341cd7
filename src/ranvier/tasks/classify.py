"""Classification: each row belongs to one of C classes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from typing_extensions import Self

from ..data.kinds.category import Category
from ..errors import Mistake
from ..evaluation.inputs import Form


@dataclass(frozen=True)
class Classify:
    """Say which class a row belongs to, and how probable each class is.

    Two classes may be told apart by one output, whose sigmoid is the probability of the second class (the seeds'
    output neuron), or by two; C classes take C outputs, whose softmax gives the probabilities.

    Args:
        kind: the target column as categories. The classes are those of all rows, so that a class of which no row
            was left for training is still known by name.
    """

    kind: Category

    name: ClassVar[str] = "classify"
    forms: ClassVar[tuple[Form, ...]] = ("classes",)
    metric: ClassVar[str] = "accuracy"

    @property
    def target(self) -> str:
        """The name of the target column."""
        return self.kind.columns[0]

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels, in the order of the outputs."""
        return self.kind.classes

    @staticmethod
    def mistakes(values: pl.Series, order: Sequence[str] = ()) -> Iterable[Mistake]:
        """Nothing: what can be wrong is told when the column is read."""
        return ()

    @classmethod
    def fit(cls, values: pl.Series, train: NDArray[Any], order: Sequence[str] = ()) -> Self:
        """Collect the classes; ``train`` changes nothing, since a label is no statistic."""
        return cls(Category.fit(values.to_frame(), fewest=1))

    def default_loss(self) -> str:
        """Binary cross-entropy for two classes, cross-entropy for more."""
        return "binary_cross_entropy" if len(self.classes) == 2 else "cross_entropy"

    def outputs(self, forms: tuple[str, ...]) -> int | None:
        """One output where the loss takes it and there are two classes, else one output a class."""
        if "single" in forms and len(self.classes) == 2:
            return 1
        return len(self.classes) if "classes" in forms else None

    def known(self, values: pl.Series) -> NDArray[np.bool_]:
        """Which labels are among the classes."""
        return np.asarray(self.kind.transform(values.alias(self.target).to_frame())[:, 0].numpy() > 0)

    def encode(self, values: pl.Series) -> Tensor:
        """Labels to class indices (N,), int64."""
        return self.kind.transform(values.alias(self.target).to_frame())[:, 0] - 1

    def joined(self, outputs: Tensor) -> Tensor:
        """Logits of an ensemble (N, M, K) to logits (N, K) whose probabilities are the mean of the members'."""
        if outputs.ndim == 2:
            return outputs
        if outputs.shape[2] > 1:
            return torch.log_softmax(outputs, dim=2).logsumexp(dim=1) - math.log(outputs.shape[1])
        return functional.logsigmoid(outputs).logsumexp(dim=1) - functional.logsigmoid(-outputs).logsumexp(
            dim=1
        )

    def decode(self, outputs: Tensor) -> NDArray[np.float64]:
        """Logits (N, 1) or (N, C), or those of an ensemble (N, M, ...), to probabilities (N, C)."""
        logits = self.joined(outputs.detach().double().cpu())
        if logits.shape[1] == 1:
            logits = torch.cat(
                [torch.zeros_like(logits), logits], dim=1
            )  # softmax of (0, z) is the sigmoid of z
        return np.asarray(torch.softmax(logits, dim=1).numpy())

    def truth(self, target: Tensor) -> NDArray[np.int64]:
        """Class indices (N,)."""
        return np.asarray(target.cpu().numpy())

    def shown(self, truth: NDArray[np.int64]) -> pl.Series:
        """The labels of class indices (N,)."""
        return self.labels(truth)

    def constant(self, truth: NDArray[np.int64]) -> str:
        """The most frequent class."""
        return repr(self.classes[int(np.bincount(truth).argmax())])

    def frame(self, prediction: NDArray[np.float64]) -> pl.DataFrame:
        """The most probable label, then a probability column ``TARGET=CLASS`` for each class."""
        columns: dict[str, Any] = {self.target: self.labels(prediction.argmax(axis=1))}
        for index, label in enumerate(self.classes):
            columns[f"{self.target}={label}"] = prediction[:, index]
        return pl.DataFrame(columns)

    def labels(self, indices: NDArray[Any]) -> pl.Series:
        """The labels of class indices (N,): whole numbers where all classes are such, else text."""
        whole = all(label.lstrip("-").isdigit() and str(int(label)) == label for label in self.classes)
        labels = [int(label) for label in self.classes] if whole else list(self.classes)
        return pl.Series(labels)[indices]

    def state(self) -> dict[str, Any]:
        """The classes."""
        return {"kind": self.kind.state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The task that ``state`` described."""
        return cls(Category.from_state(state["kind"]))
