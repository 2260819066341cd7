"""Transcription: each row has a text that is heard in it, and nobody says when (A. Graves et al., ICML 2006)."""

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
from ..data.pictures import each
from ..data.ragged import Ragged
from ..data.tokens import Tokens
from ..errors import Mistake
from ..evaluation.inputs import Form
from .ctc import beam
from .written import Written

BEAM = 8
"""How many spellings the search keeps; 1 would be nearly the greedy one."""

NOTHING = -1
"""What fills up a transcript to the longest of its batch."""


@dataclass(frozen=True)
class Transcribe(Written):
    """Say what is said, character by character.

    The network gives K outputs for each frame: one for each character of the training rows, one for the blank, which is
    symbol 0, and one that stands for characters that were not seen and is never learnt. Connectionist temporal
    classification adds up all ways in which the characters may lie along the frames.

    Shapes: N rows, T frames of the longest, S characters of the longest transcript.

    Args:
        name_of_target: the column.
        tokens: the characters of the training rows.
    """

    tokens: Tokens

    name: ClassVar[str] = "transcribe"
    forms: ClassVar[tuple[Form, ...]] = ("texts",)
    metric: ClassVar[str] = "character_error_rate"
    positions: ClassVar[tuple[str, ...]] = ("audio", "series", "text")
    """The blocks at whose positions it has outputs: the first of these that there is."""

    @staticmethod
    def mistakes(values: pl.Series, order: Sequence[str] = ()) -> Iterable[Mistake]:
        """Nothing: any text can be transcribed."""
        return ()

    @classmethod
    def fit(cls, values: pl.Series, train: NDArray[Any], order: Sequence[str] = ()) -> Self:
        """Collect the characters of the training rows."""
        return cls(values.name, Tokens.fit(read_text(values)[train], "characters"))

    def default_loss(self) -> str:
        """Connectionist temporal classification."""
        return "ctc"

    def outputs(self, forms: tuple[str, ...]) -> int | None:
        """An output a character, and two."""
        return self.tokens.size if "spelling" in forms else None

    def known(self, values: pl.Series) -> NDArray[np.bool_]:
        """Which transcripts are there, and hold characters alone that the task knows."""
        told = read_text(values)
        unknown = np.array([1 in self.tokens.encode(text or "") for text in told], dtype=np.bool_)
        return np.asarray(told.is_not_null().to_numpy()) & ~unknown

    def encode(self, values: pl.Series) -> Any:
        """Transcripts to their symbols, as a ``Ragged`` (N, S), int64; padded with -1."""
        ids, starts = self.tokens.encode_all(read_text(values))
        return Ragged(torch.from_numpy(ids.copy()), torch.from_numpy(starts.copy()), pad=NOTHING)

    def decode(self, outputs: Tensor) -> NDArray[Any]:
        """Outputs (N, T, K), NaN where a row has no frame, to the most probable texts (N,) that a beam search finds."""
        rows = outputs.detach().double().cpu().log_softmax(dim=2)

        def heard(row: Tensor) -> str:
            there = ~row.isnan().any(dim=1)
            return self.tokens.decode(beam(row[there].numpy(), BEAM))

        return np.array(list(each(heard, list(rows))), dtype=np.str_)

    def truth(self, target: Any) -> NDArray[Any]:
        """Symbols (N, S), a tensor padded with -1 or a ``Ragged``, to texts (N,); U+FFFD for what was not seen."""
        rows = target[:].tolist()
        return np.array([self.tokens.decode([one for one in row if one >= 0]) for row in rows], dtype=np.str_)

    def state(self) -> dict[str, Any]:
        """The target's name and its characters."""
        return {"target": self.target, "tokens": self.tokens.state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The task that ``state`` described."""
        return cls(state["target"], Tokens.from_state(state["tokens"]))


def too_short(target: Ragged, frames: Tensor) -> NDArray[np.bool_]:
    """Which rows (N,) have fewer frames than their transcript takes: one a symbol, and one between two that are equal.

    >>> too_short(Ragged(torch.tensor([2, 2, 3]), torch.tensor([0, 3]), -1), torch.tensor([3])).tolist()
    [True]
    """
    symbols = target[:]
    again = (symbols[:, 1:] == symbols[:, :-1]) & (symbols[:, 1:] != NOTHING)
    return np.asarray((target.lengths + again.sum(dim=1) > frames).numpy())
