"""Ordinal classification: each row belongs to one of C classes that stand in an order, such as grades."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from typing_extensions import Self

from ..data.kinds.category import Category
from ..data.kinds.values import read_numbers, read_text
from ..errors import Mistake
from ..evaluation.inputs import Form
from .classify import Classify


@dataclass(frozen=True)
class Ordinal:
    """Say which class a row belongs to, where the classes have an order: being two off is worse than one.

    C classes take C - 1 outputs: the logits of P(y > j | y >= j), so that P(y > j) falls with j. Their probabilities
    are those of ``Classify``, whose metrics hold here, too.

    Args:
        plain: the same classes, in their order, without what the order means.
    """

    plain: Classify

    name: ClassVar[str] = "ordinal"
    forms: ClassVar[tuple[Form, ...]] = ("classes", "ordered")
    metric: ClassVar[str] = "quadratic_kappa"

    @property
    def target(self) -> str:
        """The name of the target column."""
        return self.plain.target

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels, the lowest first."""
        return self.plain.classes

    @staticmethod
    def mistakes(values: pl.Series, order: Sequence[str] = ()) -> Iterable[Mistake]:
        """Say where the order of the classes is not known, or does not name them."""
        text = read_text(values).drop_nulls().unique().sort()
        name = values.name
        if not order:
            if bool(read_numbers(text)[1].any()):
                shown = ", ".join(f'"{label}"' for label in text.to_list()[:10])
                yield Mistake(
                    f"the order of the classes of target {name!r} is not known, as they are words",
                    "an order that you state, the lowest first",
                    f"for example: --set 'columns.{name}.order=[{shown}]', in the order that is meant",
                )
            return
        if twice := sorted({label for label in order if list(order).count(label) > 1}):
            yield Mistake(
                f"the order of target {name!r} names {', '.join(map(repr, twice))} twice", "each class once"
            )
        if unnamed := [label for label in text.to_list() if label not in order]:
            yield Mistake(
                f"the order of target {name!r} does not name {', '.join(map(repr, unnamed[:5]))}"
                + (f" and {len(unnamed) - 5} more" if len(unnamed) > 5 else ""),
                "every class that occurs",
            )
        elif absent := [label for label in order if label not in set(text.to_list())]:
            yield Mistake(
                f"the order of target {name!r} names {', '.join(map(repr, absent[:5]))}, which no row has",
                "the classes that occur",
                "leave it out",
            )

    @classmethod
    def fit(cls, values: pl.Series, train: NDArray[Any], order: Sequence[str] = ()) -> Self:
        """Collect the classes: in the order that is given, else in that of their numbers."""
        kind = Category.fit(values.to_frame(), fewest=1)
        return cls(Classify(replace(kind, categories=(tuple(order),)) if order else kind))

    def default_loss(self) -> str:
        """The likelihood of the conditional probabilities."""
        return "corn"

    def outputs(self, forms: tuple[str, ...]) -> int | None:
        """One output less than there are classes; a loss that knows no order takes one a class."""
        return len(self.classes) - 1 if "ordered" in forms else self.plain.outputs(forms)

    def known(self, values: pl.Series) -> NDArray[np.bool_]:
        """Which labels are among the classes."""
        return self.plain.known(values)

    def encode(self, values: pl.Series) -> Tensor:
        """Labels to class indices (N,), int64."""
        return self.plain.encode(values)

    def joined(self, outputs: Tensor) -> Tensor:
        """Logits of an ensemble (N, M, K) to logits (N, K) whose probabilities are the mean of the members'."""
        if outputs.ndim == 2 or outputs.shape[2] == len(self.classes):
            return self.plain.joined(outputs)
        count = math.log(outputs.shape[1])
        above, here = _log_above(outputs), _log_here(outputs)
        return above.logsumexp(dim=1) - count - (here.logsumexp(dim=1) - count)

    def decode(self, outputs: Tensor) -> NDArray[np.float64]:
        """Logits (N, C - 1) or (N, C), or those of an ensemble (N, M, ...), to probabilities (N, C)."""
        logits = outputs.detach().double().cpu()
        if logits.shape[-1] == len(self.classes):
            return self.plain.decode(logits)
        logs = torch.cat([_log_here(logits), _log_above(logits)[..., -1:]], dim=-1)
        chances = logs.exp()
        mean = chances.mean(dim=1) if chances.ndim == 3 else chances
        return np.asarray((mean / mean.sum(dim=1, keepdim=True)).numpy())

    def truth(self, target: Tensor) -> NDArray[np.int64]:
        """Class indices (N,)."""
        return self.plain.truth(target)

    def shown(self, truth: NDArray[np.int64]) -> pl.Series:
        """The labels of class indices (N,)."""
        return self.plain.shown(truth)

    def constant(self, truth: NDArray[np.int64]) -> str:
        """The most frequent class."""
        return self.plain.constant(truth)

    def frame(self, prediction: NDArray[np.float64]) -> pl.DataFrame:
        """The most probable label, then a probability column ``TARGET=CLASS`` for each class."""
        return self.plain.frame(prediction)

    def state(self) -> dict[str, Any]:
        """The classes, in their order."""
        return self.plain.state()

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The task that ``state`` described."""
        return cls(Classify.from_state(state))


def _log_above(logits: Tensor) -> Tensor:
    """log P(y > j) for each j: (..., C - 1) to (..., C - 1)."""
    return functional.logsigmoid(logits).cumsum(dim=-1)


def _log_here(logits: Tensor) -> Tensor:
    """log P(y = j) for each j but the last class: (..., C - 1) to (..., C - 1)."""
    before = functional.pad(_log_above(logits)[..., :-1], (1, 0))
    return before + functional.logsigmoid(-logits)
