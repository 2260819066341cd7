"""Tagging: each token of a row has a tag, such as the part of speech of a word, or the name that it is a part of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ..data.kinds.tokens import cut
from ..data.ragged import Ragged
from ..errors import Mistake
from ..evaluation.inputs import Form
from ..evaluation.tagging import looks_like_entities, rows_of

NOTHING = -1
"""What fills up the tags of a row to the longest of its batch."""


@dataclass(frozen=True)
class Tag:
    """Say the tag of each token.

    The network gives K outputs at each token, one for each tag; their softmax gives the probabilities.

    Shapes: N rows, T tokens of the longest, K tags.

    Args:
        name_of_target: the column.
        tags: of all rows, in the order of their letters, so that one of which no row was left for training is still
            known by name.
    """

    name_of_target: str
    tags: tuple[str, ...]

    name: ClassVar[str] = "tag"
    forms: ClassVar[tuple[Form, ...]] = ("tags",)
    metric: ClassVar[str] = "token_accuracy"
    classes: ClassVar[tuple[str, ...]] = ()
    positions: ClassVar[tuple[str, ...]] = ("tokens",)
    """The block at whose positions it has outputs."""

    @property
    def target(self) -> str:
        """The name of the target column."""
        return self.name_of_target

    @property
    def entities(self) -> bool:
        """Whether the tags mark where entities begin and go on (B-PER, I-PER, O)."""
        return looks_like_entities(self.tags)

    @staticmethod
    def mistakes(values: pl.Series, order: Sequence[str] = ()) -> Iterable[Mistake]:
        """Nothing: what can be wrong is told when the column is read."""
        return ()

    @classmethod
    def fit(cls, values: pl.Series, train: NDArray[Any], order: Sequence[str] = ()) -> Self:
        """Collect the tags; ``train`` changes nothing, since a tag is no statistic."""
        return cls(values.name, tuple(sorted(cut(values).explode().drop_nulls().unique().to_list())))

    def default_loss(self) -> str:
        """The cross-entropy of each token's tag."""
        return "token_cross_entropy"

    def outputs(self, forms: tuple[str, ...]) -> int | None:
        """An output a tag."""
        return len(self.tags) if "tags" in forms else None

    def known(self, values: pl.Series) -> NDArray[np.bool_]:
        """Which rows have tags, and none that the task does not know."""
        known = set(self.tags)
        return np.array(
            [bool(row) and known.issuperset(row) for row in cut(values).to_list()], dtype=np.bool_
        )

    def encode(self, values: pl.Series) -> Any:
        """Tags to their places among all, as a ``Ragged`` (N, T), int64; padded with -1."""
        cells = cut(values)
        lengths = cells.list.len().fill_null(0).to_numpy().astype(np.int64)
        order = pl.Series(range(len(self.tags)), dtype=pl.Int64)
        tags = cells.explode().drop_nulls() if lengths.sum() else pl.Series([], dtype=pl.String)
        places = tags.replace_strict(
            pl.Series(self.tags, dtype=pl.String), order, default=NOTHING, return_dtype=pl.Int64
        )
        starts = np.concatenate(([0], np.cumsum(lengths)))
        return Ragged(torch.from_numpy(places.to_numpy().copy()), torch.from_numpy(starts), pad=NOTHING)

    def joined(self, outputs: Tensor) -> Tensor:
        """The outputs as they are: there is no ensemble of these."""
        return outputs

    def decode(self, outputs: Tensor) -> NDArray[Any]:
        """Outputs (N, T, K), NaN where a row has no token, to the most probable tags: (N,) tuples of text."""
        given = outputs.detach().cpu()
        there = ~given[:, :, 0].isnan()
        best = torch.where(there, given.nan_to_num().argmax(dim=2), NOTHING)
        return self._named(best)

    def truth(self, target: Any) -> NDArray[Any]:
        """Places (N, T), a tensor padded with -1 or a ``Ragged``, to tags: (N,) tuples of text."""
        return self._named(target[:])

    def _named(self, places: Tensor) -> NDArray[Any]:
        return rows_of(tuple([self.tags[one] for one in row[row >= 0]]) for row in places.numpy())

    def shown(self, truth: NDArray[Any]) -> pl.Series:
        """The tags of each row with a space between (N,)."""
        return pl.Series([" ".join(row) for row in truth.tolist()], dtype=pl.String)

    def constant(self, truth: NDArray[Any]) -> str:
        """The most frequent tag."""
        return repr(Counter(tag for row in truth.tolist() for tag in row).most_common(1)[0][0])

    def frame(self, prediction: NDArray[Any]) -> pl.DataFrame:
        """One column, named after the target: the tags of each row with a space between."""
        return pl.DataFrame({self.target: self.shown(prediction)})

    def state(self) -> dict[str, Any]:
        """The target's name and the tags."""
        return {"target": self.target, "tags": list(self.tags)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The task that ``state`` described."""
        return cls(state["target"], tuple(state["tags"]))
