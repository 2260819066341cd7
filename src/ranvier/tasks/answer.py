"""Answering: the best of the stored answers for what somebody says, as in a desk for customers."""

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

from ..data.kinds.values import read_text
from ..errors import Mistake
from ..evaluation.answering import places
from ..evaluation.inputs import Form

SHOWN = 3
"""So many answers are given for each row, the best first."""

MOST = 20_000
"""There may be no more different answers: each is an output of the network."""


@dataclass(frozen=True)
class Answer:
    """Say how well each stored answer fits.

    The stored answers are the different ones of the table; the network has an output for each, and learns from the
    questions that were given it. Their softmax says how probable each is.

    Shapes: N rows, A stored answers.

    Args:
        name_of_target: the column.
        answers: of all rows, in the order of their letters.
    """

    name_of_target: str
    answers: tuple[str, ...]

    name: ClassVar[str] = "answer"
    forms: ClassVar[tuple[Form, ...]] = ("answers",)
    metric: ClassVar[str] = "answer_accuracy"
    classes: ClassVar[tuple[str, ...]] = ()

    @property
    def target(self) -> str:
        """The name of the target column."""
        return self.name_of_target

    @staticmethod
    def mistakes(values: pl.Series, order: Sequence[str] = ()) -> Iterable[Mistake]:
        """Say so where no two questions have one answer, or where they are too many."""
        counts = read_text(values).drop_nulls().value_counts(name="times")["times"]
        if len(counts) == 1:
            yield Mistake(
                f"target {values.name!r} has a single answer", "at least two", "choose another target"
            )
        elif len(counts) and int(counts.max()) == 1:  # type: ignore[arg-type]
            yield Mistake(
                f"each answer of the target {values.name!r} stands in one row alone, so that no test row has one that "
                "was learnt",
                "several questions for an answer",
                "add other ways to ask, or write equal answers in the same words",
            )
        if len(counts) > MOST:
            yield Mistake(
                f"target {values.name!r} has {len(counts):,} different answers",
                f"at most {MOST:,} stored answers",
            )

    @classmethod
    def fit(cls, values: pl.Series, train: NDArray[Any], order: Sequence[str] = ()) -> Self:
        """Store the answers; ``train`` changes nothing, since an answer is no statistic."""
        return cls(values.name, tuple(sorted(read_text(values).drop_nulls().unique().to_list())))

    def default_loss(self) -> str:
        """Cross-entropy over all stored answers."""
        return "cross_entropy"

    def outputs(self, forms: tuple[str, ...]) -> int | None:
        """An output a stored answer."""
        return len(self.answers) if "classes" in forms else None

    def known(self, values: pl.Series) -> NDArray[np.bool_]:
        """Which answers are stored."""
        return np.asarray(read_text(values).is_in(list(self.answers)).fill_null(False).to_numpy())

    def encode(self, values: pl.Series) -> Tensor:
        """Answers to their places among those stored (N,), int64; -1 for one that is not."""
        order = pl.Series(range(len(self.answers)), dtype=pl.Int64)
        stored = pl.Series(self.answers, dtype=pl.String)
        found = read_text(values).replace_strict(stored, order, default=-1, return_dtype=pl.Int64)
        return torch.from_numpy(found.to_numpy().copy())

    def joined(self, outputs: Tensor) -> Tensor:
        """Logits of an ensemble (N, M, A) to logits (N, A) whose probabilities are the mean of the members'."""
        return outputs if outputs.ndim == 2 else outputs.softmax(dim=2).mean(dim=1).log()

    def decode(self, outputs: Tensor) -> NDArray[np.float64]:
        """Logits (N, A), or those of an ensemble (N, M, A), to probabilities (N, A)."""
        return np.asarray(self.joined(outputs.detach().double().cpu()).softmax(dim=1).numpy())

    def truth(self, target: Tensor) -> NDArray[np.int64]:
        """Places among the stored answers (N,)."""
        return np.asarray(target.cpu().numpy())

    def shown(self, truth: NDArray[np.int64]) -> pl.Series:
        """The answers at these places (N,)."""
        found: pl.Series = pl.Series(self.answers, dtype=pl.String)[truth.tolist()]
        return found

    def constant(self, truth: NDArray[np.int64]) -> str:
        """The most frequent answer."""
        return repr(self.answers[int(np.bincount(truth).argmax())])

    def frame(self, prediction: NDArray[np.float64]) -> pl.DataFrame:
        """The best answer and its probability, ``TARGET_score``, then the second and the third best."""
        best = np.argsort(-prediction, axis=1, kind="stable")[:, :SHOWN]
        columns: dict[str, Any] = {}
        for rank in range(best.shape[1]):
            name = self.target if rank == 0 else f"{self.target}_{rank + 1}"
            columns[name] = self.shown(best[:, rank])
            columns[f"{name}_score"] = np.take_along_axis(prediction, best[:, rank : rank + 1], axis=1)[:, 0]
        return pl.DataFrame(columns)

    def rank(self, truth: NDArray[np.int64], prediction: NDArray[np.float64]) -> NDArray[np.int64]:
        """(N,) the place of the true answer among all by their probability, from 1."""
        return places(truth, prediction)

    def state(self) -> dict[str, Any]:
        """The target's name and the stored answers."""
        return {"target": self.target, "answers": list(self.answers)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The task that ``state`` described."""
        return cls(state["target"], tuple(state["answers"]))
