"""Forecasting: a series has a past, and what comes next is asked, with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ..data.kinds.series import Series
from ..data.ledger import Ledger
from ..data.series.covariates import Covariates, Features, beside
from ..data.series.lines import Columns, Line
from ..data.series.steps import Step
from ..data.series.windows import INTERVALS, LEVELS, MIDDLE, Windows
from ..data.table import Table
from ..errors import InternalError, Mistake
from ..evaluation.inputs import Form


@dataclass(frozen=True)
class Forecast:
    """Say the quantiles of the next H values of a series.

    An example is a window, not a row (``data.series.windows``): what the network reads and gives is in units of the
    window, and so are targets, predictions and the metrics, which are the same in any unit.

    Args:
        columns: of the table: the value, its time, the name of its series.
        horizon: H, how many values are forecast.
        season: after how many steps a series comes back to where it was; 1 where it does not.
        length: L, how many values a forecast looks back at.
        step: from one point to the next.
        covariates: what stands beside the value.
        reasons: of horizon, season and length, where they were chosen; not part of the state.
    """

    columns: Columns
    horizon: int
    season: int
    length: int
    step: Step
    covariates: Covariates = field(default_factory=Covariates)
    reasons: Mapping[str, str] = field(default_factory=dict, compare=False)

    name: ClassVar[str] = "forecast"
    forms: ClassVar[tuple[Form, ...]] = ("forecasts",)
    metric: ClassVar[str] = "mase"
    classes: ClassVar[tuple[str, ...]] = ()

    @property
    def target(self) -> str:
        """The name of the target column."""
        return self.columns.target

    @property
    def about(self) -> str:
        """What is forecast from what, in words.

        >>> Forecast(Columns("y", None, None), 12, 12, 25, Step("month")).about
        'the next 12 values from the last 25, a step of a month, a season of 12'
        """
        season = f", a season of {self.season}" if self.season > 1 else ""
        beside = f", beside {self.covariates}" if self.covariates else ""
        return f"the next {self.horizon} values from the last {self.length}, a step of {self.step}{season}{beside}"

    @property
    def kind(self) -> Series:
        """What the network reads: windows of the value, and of each channel beside it."""
        known = [1 + channel for channel in self.covariates.ahead]
        length = self.length + (self.horizon if known else 0)
        return Series.of_windows((self.target, *self.covariates.names), length, known)

    def points(
        self,
        table: Table,
        lines: Sequence[Line],
        rows: NDArray[np.int64],
        beyond: int = 0,
        ledger: Ledger | None = None,
    ) -> list[Features]:
        """What stands beside each point of the series, as ``Covariates.points`` tells; nothing where nothing does."""
        if not self.covariates:
            return []
        return self.covariates.points(table, self.columns, lines, rows, self.step, beyond, ledger)

    def block(self, windows: Windows, points: Sequence[Features]) -> Tensor:
        """Windows (N, L, C), or (N, L + H, C) where a channel is known ahead; the value is 0 over the horizon."""
        past = windows.past[:, :, None].astype(np.float32)
        if not points:
            return torch.from_numpy(past)
        others = beside(windows, points, self.covariates.ahead, self.length, self.horizon)
        ahead = np.zeros((len(past), others.shape[1] - past.shape[1], 1), np.float32)
        return torch.from_numpy(np.concatenate([np.concatenate([past, ahead], axis=1), others], axis=2))

    @staticmethod
    def mistakes(values: pl.Series, order: Sequence[str] = ()) -> Iterable[Mistake]:
        """Nothing: what can be wrong is told where the series are read."""
        return ()

    @classmethod
    def fit(cls, values: pl.Series, train: NDArray[Any], order: Sequence[str] = ()) -> Self:
        """Not from single values.

        Raises:
            InternalError: always; ``workflow.forecast`` builds the task from the series.
        """
        raise InternalError("a forecast is not fitted to single values")

    def default_loss(self) -> str:
        """The pinball loss of all levels."""
        return "quantile"

    def outputs(self, forms: tuple[str, ...]) -> int | None:
        """H Q outputs."""
        return self.horizon * len(LEVELS) if "quantiles" in forms else None

    def known(self, values: pl.Series) -> NDArray[np.bool_]:
        """All: a window whose future is not known is none."""
        return np.ones(len(values), dtype=np.bool_)

    def encode(self, values: pl.Series) -> Tensor:
        """Lists of 2 + H numbers, as ``Windows.targets`` gives them, to (N, 2 + H) float32."""
        return torch.from_numpy(np.array(values.to_list(), dtype=np.float32).reshape(len(values), -1))

    def joined(self, outputs: Tensor) -> Tensor:
        """Outputs of an ensemble (N, M, H Q) to the mean of the members' (N, H Q)."""
        return outputs.mean(dim=1) if outputs.ndim == 3 else outputs

    def decode(self, outputs: Tensor) -> NDArray[np.float64]:
        """Outputs (N, H Q) or (N, M, H Q) to quantiles (N, H, Q), put in order where they cross."""
        plain = self.joined(outputs.detach().double()).view(-1, self.horizon, len(LEVELS))
        return np.sort(plain.cpu().numpy(), axis=2)

    def truth(self, target: Tensor) -> NDArray[np.float64]:
        """(N, 2 + H) as metrics take it."""
        return np.asarray(target.double().cpu().numpy())

    def shown(self, truth: NDArray[np.float64]) -> pl.Series:
        """The values that came, as lists (N,)."""
        return pl.Series(truth[:, 2:].tolist(), dtype=pl.List(pl.Float64))

    def constant(self, truth: NDArray[np.float64]) -> str:
        """The last season again."""
        return "what was a season before"

    def frame(self, prediction: NDArray[np.float64]) -> pl.DataFrame:
        """Quantiles (N, H, Q) as N H rows: the middle, then the ends of each interval.

        >>> task = Forecast(Columns("y", None, None), 1, 1, 3, Step("row"))
        >>> task.frame(np.array([[[1.0, 2.0, 3.0, 4.0, 5.0]]])).to_dicts()
        [{'y': 3.0, 'y 80% low': 2.0, 'y 80% high': 4.0, 'y 95% low': 1.0, 'y 95% high': 5.0}]
        """
        flat = prediction.reshape(-1, len(LEVELS))
        found = {self.target: flat[:, MIDDLE]}
        for share, (low, high) in INTERVALS.items():
            found[f"{self.target} {share}% low"] = flat[:, low]
            found[f"{self.target} {share}% high"] = flat[:, high]
        return pl.DataFrame(found)

    def state(self) -> dict[str, Any]:
        """All of it, as JSON values."""
        columns = vars(self.columns)
        plain = {name: getattr(self, name) for name in ("horizon", "season", "length")}
        others = {"covariates": self.covariates.state()} if self.covariates else {}
        return {"columns": dict(columns), **plain, "step": self.step.state(), **others}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The task that ``state`` described."""
        horizon, season, length = (int(state[name]) for name in ("horizon", "season", "length"))
        covariates = Covariates.from_state(state["covariates"]) if "covariates" in state else Covariates()
        step = Step.from_state(state["step"])
        return cls(Columns(**state["columns"]), horizon, season, length, step, covariates)
