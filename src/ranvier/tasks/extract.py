"""Extraction: the answer to a question is a span of a passage (P. Rajpurkar et al., SQuAD, EMNLP 2016)."""

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

from ..data.kinds.text import LONGEST
from ..data.passages import Spans, answers_of, normal, token_places
from ..data.tokens import Tokens, words_of
from ..errors import Mistake
from ..evaluation.inputs import Form
from .written import Written


@dataclass(frozen=True)
class Extract(Written):
    """Say which span of a passage is the answer.

    The network gives two outputs at each token of the passage: how well the answer begins there, and how well it ends
    there. The best pair of both is taken whose end is not before its beginning, and which is not longer than
    ``longest``; its probability is the softmax over all such pairs.

    Shapes: N rows, P tokens of the longest passage.

    Args:
        name_of_target: the column.
        longest: so many tokens has an answer at most.
    """

    longest: int

    name: ClassVar[str] = "extract"
    forms: ClassVar[tuple[Form, ...]] = ("spans",)
    metric: ClassVar[str] = "span_f1"
    positions: ClassVar[tuple[str, ...]] = ("text",)
    """The block at whose positions it has outputs."""

    @staticmethod
    def mistakes(values: pl.Series, order: Sequence[str] = ()) -> Iterable[Mistake]:
        """Nothing: whether a text is a span depends on its passage."""
        return ()

    @classmethod
    def fit(
        cls,
        values: pl.Series,
        train: NDArray[Any],
        order: Sequence[str] = (),
        *,
        tokens: Tokens | None = None,
    ) -> Self:
        """Learn how long answers are in the training rows.

        Args:
            values: the target.
            train: the positions of the training rows.
            order: is not looked at.
            tokens: by which the passage is read; None counts words.
        """
        texts = normal(values[train]).str.strip_chars()
        lengths = (
            words_of(texts).list.len().to_numpy() if tokens is None else np.diff(tokens.encode_all(texts)[1])
        )
        return cls(values.name, max(1, int(np.nan_to_num(lengths).max(initial=1))))

    def default_loss(self) -> str:
        """The cross-entropies of the span's first and last token."""
        return "span_cross_entropy"

    def outputs(self, forms: tuple[str, ...]) -> int | None:
        """Two."""
        return 2 if "spans" in forms else None

    def encode(self, values: pl.Series) -> Any:
        """The answers, of which no passage is known: a ``Spans`` (N, 2); ``data.passages.spans_of`` places them."""
        return Spans.unplaced(
            np.array(answers_of(values.to_frame(), values.name).fill_null("").to_list(), dtype=np.str_)
        )

    def decode(self, outputs: Tensor) -> NDArray[np.float64]:
        """Outputs (N, P, 2), NaN where a row has no token, to first token, last token and probability (N, 3).

        A row without any token has -1, -1 and 0.
        """
        found = [self._best(row) for row in outputs.detach().double().cpu()]
        return np.array(found, dtype=np.float64).reshape(-1, 3)

    def _best(self, row: Tensor) -> tuple[float, float, float]:
        begins, ends = row[~row.isnan().any(dim=1)].T  # (P,) each
        if not len(begins):
            return (-1.0, -1.0, 0.0)
        pairs = begins.unsqueeze(1) + ends  # (P, P): begins in the line, ends in the column
        allowed = torch.ones_like(pairs, dtype=torch.bool).triu().tril(self.longest - 1)
        chances = pairs.masked_fill(~allowed, -torch.inf).flatten().softmax(dim=0)
        best = int(chances.argmax())
        return (float(best // len(begins)), float(best % len(begins)), float(chances[best]))

    def quotes(self, outputs: Tensor, passages: pl.Series, tokens: Tokens) -> pl.DataFrame:
        """The spans as they stand in their passages.

        Args:
            outputs: (N, P, 2), as ``decode`` takes them.
            passages: the texts (N).
            tokens: by which they were read.

        Returns:
            The answer, under the target's name; ``TARGET_start`` and ``TARGET_end``, its characters in the passage's
            form NFC, from 0 to below the end, null where the passage has none; ``TARGET_score``, its probability.
        """
        rows: list[tuple[str, int | None, int | None, float]] = []
        for text, (first, last, score) in zip(
            normal(passages).fill_null("").to_list(), self.decode(outputs).tolist()
        ):
            if first < 0:
                rows.append(("", None, None, score))
                continue
            places = token_places(tokens, text)[:LONGEST]
            start, end = int(places[int(first), 0]), int(places[int(last), 1])
            rows.append((text[start:end], start, end, score))
        name = self.target
        schema = {
            name: pl.String,
            f"{name}_start": pl.Int64,
            f"{name}_end": pl.Int64,
            f"{name}_score": pl.Float64,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    def truth(self, target: Any) -> NDArray[Any]:
        """The answers (N,)."""
        texts: NDArray[Any] = target.texts
        return texts

    def state(self) -> dict[str, Any]:
        """The target's name, and how long answers may be."""
        return {"target": self.target, "longest": self.longest}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The task that ``state`` described."""
        return cls(state["target"], int(state["longest"]))


def predictions(task: Any, outputs: Tensor, frame: pl.DataFrame, blocks: Mapping[str, Any]) -> NDArray[Any]:
    """What the outputs of any task say of raw rows: what it decodes; of spans the texts (N,).

    Args:
        task: of one target, or of several.
        outputs: of the network.
        frame: the same rows, raw.
        blocks: the fitted kinds of the inputs, by their names.
    """
    if isinstance(task, Extract):
        kind = blocks["text"]
        quoted = task.quotes(outputs, frame[kind.passage], kind.tokens)[task.target]
        return np.array(quoted.to_list(), dtype=np.str_)
    found: NDArray[Any] = task.decode(outputs)
    return found
