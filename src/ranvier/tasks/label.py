"""Several labels at once: each row has any number of L labels, such as the genres of a film."""

from __future__ import annotations

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

from ..data.kinds.labels import Labels, joiner
from ..errors import Mistake
from ..evaluation.inputs import Form


@dataclass(frozen=True)
class Label:
    """Say which labels a row has, and how probable each of them is.

    L labels take L outputs, whose sigmoids are the probabilities: each label is decided by itself.

    Args:
        kind: the target column as sets of labels. They are those of all rows, as classes are.
    """

    kind: Labels

    name: ClassVar[str] = "label"
    forms: ClassVar[tuple[Form, ...]] = ("labels",)
    metric: ClassVar[str] = "labels_f1_micro"

    @property
    def target(self) -> str:
        """The name of the target column."""
        return self.kind.columns[0]

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels, in the order of the outputs."""
        return self.kind.labels[0]

    @staticmethod
    def mistakes(values: pl.Series, order: Sequence[str] = ()) -> Iterable[Mistake]:
        """Nothing: what can be wrong with sets of labels is told when the column is read."""
        return ()

    @classmethod
    def fit(cls, values: pl.Series, train: NDArray[Any], order: Sequence[str] = ()) -> Self:
        """Collect the labels; ``train`` changes nothing, since a label is no statistic."""
        return cls(Labels.fit(values.drop_nulls().to_frame(), fewest=1))

    def default_loss(self) -> str:
        """The cross-entropy of each label."""
        return "binary_cross_entropy"

    def outputs(self, forms: tuple[str, ...]) -> int | None:
        """One output a label."""
        return len(self.classes) if "labels" in forms else None

    def known(self, values: pl.Series) -> NDArray[np.bool_]:
        """Which sets hold labels alone that the task knows."""
        return self.kind.known(values.alias(self.target))

    def encode(self, values: pl.Series) -> Tensor:
        """Sets to marks (N, L), float32: 1 for each label that a row has, else 0."""
        return self.kind.transform(values.alias(self.target).to_frame())[:, : len(self.classes)]

    def joined(self, outputs: Tensor) -> Tensor:
        """Logits of an ensemble (N, M, L) to logits (N, L) whose probabilities are the mean of the members'."""
        if outputs.ndim == 2:
            return outputs
        return functional.logsigmoid(outputs).logsumexp(dim=1) - functional.logsigmoid(-outputs).logsumexp(
            dim=1
        )

    def decode(self, outputs: Tensor) -> NDArray[np.float64]:
        """Logits (N, L), or those of an ensemble (N, M, L), to probabilities (N, L)."""
        return np.asarray(torch.sigmoid(self.joined(outputs.detach().double().cpu())).numpy())

    def truth(self, target: Tensor) -> NDArray[np.int64]:
        """Marks (N, L), 0 and 1."""
        return np.asarray(target.cpu().numpy() > 0.5).astype(np.int64)

    def shown(self, truth: NDArray[np.int64]) -> pl.Series:
        """The labels of each row as text (N,), with ``;`` between them, or what is in none of them."""
        names = np.array(self.classes, dtype=object)
        return pl.Series([joiner(self.classes).join(names[row > 0]) for row in truth], dtype=pl.String)

    def constant(self, truth: NDArray[np.int64]) -> str:
        """The labels that more than half of the rows have."""
        chosen = [label for label, share in zip(self.classes, truth.mean(axis=0)) if share > 0.5]
        return repr(joiner(self.classes).join(chosen)) if chosen else "no label"

    def frame(self, prediction: NDArray[np.float64]) -> pl.DataFrame:
        """The labels whose probability is above a half, as text; then a column ``TARGET=LABEL`` for each label."""
        columns: dict[str, Any] = {self.target: self.shown((prediction > 0.5).astype(np.int64))}
        for index, label in enumerate(self.classes):
            columns[f"{self.target}={label}"] = prediction[:, index]
        return pl.DataFrame(columns)

    def state(self) -> dict[str, Any]:
        """The labels and what stands between them."""
        return {"kind": self.kind.state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The task that ``state`` described."""
        return cls(Labels.from_state(state["kind"]))
