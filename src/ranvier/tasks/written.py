"""What the tasks have in common whose predictions are texts of no fixed set."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import Tensor

from ..data.kinds.values import read_text


@dataclass(frozen=True)
class Written:
    """A target of texts (N,), which are shown as they are, and which no ensemble writes together.

    Args:
        name_of_target: the column.
    """

    name_of_target: str

    classes: ClassVar[tuple[str, ...]] = ()

    @property
    def target(self) -> str:
        """The name of the target column."""
        return self.name_of_target

    def known(self, values: pl.Series) -> NDArray[np.bool_]:
        """Which texts are there."""
        return np.asarray(read_text(values).is_not_null().to_numpy())

    def joined(self, outputs: Tensor) -> Tensor:
        """The outputs as they are: there is no ensemble of these."""
        return outputs

    def shown(self, truth: NDArray[Any]) -> pl.Series:
        """The texts (N,)."""
        return pl.Series(truth.tolist(), dtype=pl.String)

    def constant(self, truth: NDArray[Any]) -> str:
        """The most frequent text."""
        return repr(Counter(truth.tolist()).most_common(1)[0][0])

    def frame(self, prediction: NDArray[Any]) -> pl.DataFrame:
        """One column, named after the target."""
        return pl.DataFrame({self.target: self.shown(prediction)})
