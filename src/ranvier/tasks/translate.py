"""Translation: each row has a text that is to be written from another one (I. Sutskever et al., NeurIPS 2014)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ..data.kinds.values import read_text
from ..data.ragged import Ragged
from ..data.tokens import Tokens
from ..errors import Mistake
from ..evaluation.inputs import Form
from ..evaluation.translations import missing_library
from .written import Written

NOTHING = -1
"""What fills up a text to the longest of its batch."""


@dataclass(frozen=True)
class Translate(Written):
    """Write another text, token by token.

    The network gives V outputs for each place: one for each id of the target's tokens, and the last one for its end.

    Shapes: N rows, T tokens of the longest text, its end among them.

    Args:
        name_of_target: the column.
        tokens: of the target's training rows.
    """

    tokens: Tokens

    name: ClassVar[str] = "translate"
    forms: ClassVar[tuple[Form, ...]] = ("translations",)
    metric: ClassVar[str] = "bleu"

    @property
    def end(self) -> int:
        """The id that ends a text."""
        return self.tokens.size

    @staticmethod
    def mistakes(values: pl.Series, order: Sequence[str] = ()) -> Iterable[Mistake]:
        """Any text can be learnt, where the package that measures translations is installed."""
        if mistake := missing_library():
            yield mistake

    @classmethod
    def fit(
        cls,
        values: pl.Series,
        train: NDArray[Any],
        order: Sequence[str] = (),
        *,
        level: str | None = None,
        size: int | None = None,
    ) -> Self:
        """Learn the tokens of the training rows.

        Args:
            values: the target.
            train: the positions of the training rows.
            order: is not looked at.
            level: of ``data.tokens``; None takes ``bpe``, or ``words`` where the package tokenizers is not installed.
            size: so many different tokens at most; None takes what suits the level.
        """
        return cls(values.name, Tokens.fit(read_text(values)[train], level or default_level(), size=size))

    def default_loss(self) -> str:
        """The cross-entropy of each token."""
        return "cross_entropy"

    def outputs(self, forms: tuple[str, ...]) -> int | None:
        """An output for each id, and one for the end."""
        return self.tokens.size + 1 if "classes" in forms else None

    def encode(self, values: pl.Series) -> Any:
        """Texts to their ids and the end, as a ``Ragged`` (N, T), int64; padded with -1."""
        ids, starts = self.tokens.encode_all(read_text(values))
        ids = np.insert(ids, starts[1:], self.end)
        starts = starts + np.arange(len(starts))
        return Ragged(torch.from_numpy(ids), torch.from_numpy(starts), pad=NOTHING)

    def decode(self, outputs: Tensor) -> NDArray[Any]:
        """Ids (N, T) that a search found, NaN behind, to texts (N,)."""
        rows = outputs.detach().cpu().nan_to_num(float(self.end)).long().tolist()
        return np.array([self.text(row) for row in rows], dtype=np.str_)

    def truth(self, target: Any) -> NDArray[Any]:
        """Ids (N, T), a tensor padded with -1 or a ``Ragged``, to texts (N,)."""
        return np.array([self.text(row) for row in target[:].tolist()], dtype=np.str_)

    def text(self, ids: Iterable[int]) -> str:
        """The text of ids, up to its end."""
        kept = []
        for one in ids:
            if one == self.end:
                break
            kept.append(one)
        return self.tokens.decode([one for one in kept if one >= 0])

    def state(self) -> dict[str, Any]:
        """The target's name and its tokens."""
        return {"target": self.target, "tokens": self.tokens.state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The task that ``state`` described."""
        return cls(state["target"], Tokens.from_state(state["tokens"]))


def default_level() -> str:
    """What a token is where nobody says: pieces of words, or words where what learns them is not installed."""
    return "bpe" if find_spec("tokenizers") else "words"
