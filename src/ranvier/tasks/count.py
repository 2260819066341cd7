"""Counts: each row has a whole number of at least 0, such as visits in a day."""

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
from typing_extensions import Self

from ..data.kinds.values import read_numbers
from ..errors import Mistake
from ..evaluation.inputs import Form
from ..losses import HIGHEST, log_rate_of, rate_of


@dataclass(frozen=True)
class Count:
    """Say how many are to be expected for a row.

    The network learns the logarithm of the rate, in units of the training rows' mean: output 0 is the mean, and no
    rate is below 0. Predictions are rates (expected counts), and need not be whole.

    Args:
        target: the name of the target column.
        mean: of the training rows' counts; 1 where all of them are 0.
    """

    target: str
    mean: float

    name: ClassVar[str] = "count"
    forms: ClassVar[tuple[Form, ...]] = ("counts", "values")
    metric: ClassVar[str] = "poisson_deviance"
    classes: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def mistakes(values: pl.Series, order: Sequence[str] = ()) -> Iterable[Mistake]:
        """Say where values are no counts."""
        numbers = read_numbers(values)[0]
        finite = numbers[np.isfinite(numbers)]
        for what, wrong in (("below 0", finite < 0), ("not whole", finite != np.round(finite))):
            if wrong.any():
                yield Mistake(
                    f"target {values.name!r} is to be counted, but {int(wrong.sum()):,} of its values are {what}, "
                    f"such as {finite[wrong][0]:g}",
                    "whole numbers of at least 0",
                    "choose the task regress, to learn any numbers",
                )

    @classmethod
    def fit(cls, values: pl.Series, train: NDArray[Any], order: Sequence[str] = ()) -> Self:
        """Learn the mean of the training rows' counts."""
        counts = read_numbers(values[train])[0]
        known = counts[np.isfinite(counts)]
        mean = float(known.mean()) if len(known) else 0.0
        return cls(values.name, mean or 1.0)

    def default_loss(self) -> str:
        """Half the Poisson deviance."""
        return "poisson"

    def outputs(self, forms: tuple[str, ...]) -> int | None:
        """One output, the logarithm of the rate."""
        return 1 if "rates" in forms else None

    def known(self, values: pl.Series) -> NDArray[np.bool_]:
        """Which values are whole numbers of at least 0."""
        numbers = read_numbers(values)[0]
        return np.asarray(np.isfinite(numbers) & (numbers >= 0) & (numbers == np.round(numbers)))

    def encode(self, values: pl.Series) -> Tensor:
        """Counts to counts in units of the mean (N, 1), float32."""
        return torch.from_numpy((read_numbers(values)[0] / self.mean).astype(np.float32))[:, None]

    def joined(self, outputs: Tensor) -> Tensor:
        """Outputs of an ensemble (N, M, 1) to the logarithm of the mean of the members' rates (N, 1)."""
        if outputs.ndim == 2:
            return outputs
        mean = log_rate_of(outputs).logsumexp(dim=1) - math.log(outputs.shape[1])
        return (
            mean.clamp_max(HIGHEST) + (mean - HIGHEST).clamp_min(0.0).expm1()
        )  # what ``log_rate_of`` takes back

    def decode(self, outputs: Tensor) -> NDArray[np.float64]:
        """Outputs (N, 1), or those of an ensemble (N, M, 1), to rates (N,)."""
        rates = rate_of(outputs.detach().double().cpu())
        mean = rates.mean(dim=1) if rates.ndim == 3 else rates
        return np.asarray(mean[:, 0].numpy() * self.mean)

    def truth(self, target: Tensor) -> NDArray[np.float64]:
        """Counts in units of the mean (N, 1) to counts (N,)."""
        return np.asarray(np.round(target.cpu().double()[:, 0].numpy() * self.mean))

    def shown(self, truth: NDArray[np.float64]) -> pl.Series:
        """The counts (N,), as whole numbers."""
        return pl.Series(truth.astype(np.int64))

    def constant(self, truth: NDArray[np.float64]) -> str:
        """The mean."""
        return "the mean"

    def frame(self, prediction: NDArray[np.float64]) -> pl.DataFrame:
        """One column of rates, named after the target."""
        return pl.DataFrame({self.target: prediction})

    def state(self) -> dict[str, Any]:
        """The target's name and mean."""
        return {"target": self.target, "mean": self.mean}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The task that ``state`` described."""
        return cls(str(state["target"]), float(state["mean"]))
