"""Regression: each row has a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ..data.kinds.number import Number
from ..data.kinds.values import read_numbers
from ..errors import Mistake
from ..evaluation.inputs import Form


@dataclass(frozen=True)
class Regress:
    """Say the number of a row.

    The network learns the standardised target (mean 0 and deviation 1 on the training rows); predictions and
    metrics are in the target's own unit.

    Args:
        kind: the target column as a number, fitted to the training rows.
    """

    kind: Number

    name: ClassVar[str] = "regress"
    forms: ClassVar[tuple[Form, ...]] = ("values",)
    metric: ClassVar[str] = "rmse"
    classes: ClassVar[tuple[str, ...]] = ()

    @property
    def target(self) -> str:
        """The name of the target column."""
        return self.kind.columns[0]

    @staticmethod
    def mistakes(values: pl.Series, order: Sequence[str] = ()) -> Iterable[Mistake]:
        """Nothing: what can be wrong is told when the column is read."""
        return ()

    @classmethod
    def fit(cls, values: pl.Series, train: NDArray[Any], order: Sequence[str] = ()) -> Self:
        """Learn the mean and deviation of the training rows' values."""
        return cls(Number.fit(values[train].to_frame(), bins=0))

    def default_loss(self) -> str:
        """The mean squared error."""
        return "mse"

    def outputs(self, forms: tuple[str, ...]) -> int | None:
        """One output."""
        return 1 if "values" in forms else None

    def known(self, values: pl.Series) -> NDArray[np.bool_]:
        """Which values are finite numbers."""
        return np.asarray(np.isfinite(read_numbers(values)[0]))

    def encode(self, values: pl.Series) -> Tensor:
        """Values to standardised ones (N, 1), float32."""
        return self.kind.transform(values.alias(self.target).to_frame())[:, :1]

    def joined(self, outputs: Tensor) -> Tensor:
        """Outputs of an ensemble (N, M, 1) to the mean of the members' (N, 1)."""
        return outputs.mean(dim=1) if outputs.ndim == 3 else outputs

    def decode(self, outputs: Tensor) -> NDArray[np.float64]:
        """Outputs (N, 1), or those of an ensemble (N, M, 1), to values (N,) in the target's unit."""
        return self.truth(self.joined(outputs.detach().double()))

    def truth(self, target: Tensor) -> NDArray[np.float64]:
        """Standardised values (N, 1) to values (N,) in the target's unit."""
        frame = self.kind.invert(target.to(device="cpu", dtype=torch.float64))
        return np.asarray(frame.to_series(0).to_numpy(), dtype=np.float64)

    def shown(self, truth: NDArray[np.float64]) -> pl.Series:
        """The values (N,)."""
        return pl.Series(truth)

    def constant(self, truth: NDArray[np.float64]) -> str:
        """The mean."""
        return "the mean"

    def frame(self, prediction: NDArray[np.float64]) -> pl.DataFrame:
        """One column, named after the target."""
        return pl.DataFrame({self.target: prediction})

    def state(self) -> dict[str, Any]:
        """The target's mean and deviation."""
        return {"kind": self.kind.state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The task that ``state`` described."""
        return cls(Number.from_state(state["kind"]))
