"""Sets of labels: for each label 1 where a row has it, and else 0.

| raw value | becomes |
|---|---|
| a list of texts, or a text with ``;``, ``|`` or ``,`` between its labels | 1 for each of its labels |
| a label not seen in training, or rare there | nothing |
| a set without labels (an empty list) | 0 for all labels |
| missing | 0 for all labels; 1 in the column's indicator, where training had missing cells |

The second line and the last are counted in the ledger, each cell once. A label is rare where it stands in fewer than
5 training rows and there are more than 1,000 labels. The order of the labels, and one that is named twice, say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ...errors import DataError, Mistake
from ..ledger import Ledger
from . import Guess
from .values import (
    FEWEST,
    check_state,
    few_distinct,
    frequent,
    is_readable,
    note_cells,
    read_numbers,
    read_text,
)

MISSING = "missing: taken as no labels"
UNSEEN = "labels not seen in training: left out"
RARE = "labels rare or not seen in training: left out"

SEPARATORS = (";", "|", ",")

OFTEN = 5
"""In text, a label must occur so often, on average, for the text to be taken for sets of labels."""

LONGEST = 40
"""In text, a label may have so many characters."""


@dataclass(frozen=True)
class Labels:
    """Columns of sets of labels (D of them), fitted to the training rows.

    Args:
        columns: their names.
        separators: for each column what stands between labels in text; empty where it is lists, or single labels.
        labels: for each column, the labels of the training rows in the order of their letters; L together.
        rare: for each column, how many labels were left out because they are rare.
        missing: for each column, whether training had missing cells; each such column (M of them) has an indicator.
    """

    name: ClassVar[str] = "labels"
    columns: tuple[str, ...]
    separators: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    rare: tuple[int, ...]
    missing: tuple[bool, ...]

    @classmethod
    def infer(cls, values: pl.Series) -> Guess:
        """Say how well raw values are sets of labels.

        Lists of texts are. Text is where some of it has a separator, the number of labels in a cell varies, there are
        fewer different labels than different cells, and each label occurs often.

        >>> Labels.infer(pl.Series(["a;b", "a", "b;c", "c;a", "a;b;c", "b", "c"] * 3))
        Guess(confidence=0.95, reason="3 distinct labels, with ';' between")
        """
        if _is_list(values):
            if getattr(values.dtype, "inner", None) not in (pl.String, pl.Categorical, pl.Enum):
                return Guess(0.0, f"values of type {values.dtype}")
            _, members = _members(values, "")
            count = members.n_unique()
            return Guess(1.0 if count else 0.0, f"lists of {count:,} distinct labels")
        if not is_readable(values) or values.dtype != pl.String:
            return Guess(0.0, f"values of type {values.dtype}")
        text = read_text(values).drop_nulls()
        if not (separator := _separator(text)):
            return Guess(0.0, "no separator between labels")
        _, members = _members(text, separator)
        distinct, cells = members.n_unique(), text.n_unique()
        short = not (members.str.len_chars() > LONGEST).any()
        words = bool(read_numbers(members)[1].any())
        if distinct < cells and len(members) >= OFTEN * distinct and short and words:
            return Guess(0.95, f"{distinct:,} distinct labels, with {separator!r} between")
        return Guess(0.0, f"text with {separator!r}, but its parts are no labels that occur often")

    @classmethod
    def fit(cls, frame: pl.DataFrame, *, fewest: int = FEWEST) -> Self:
        """Fit to the training rows.

        Args:
            frame: raw values.
            fewest: in how many rows a label must be where a column has more than 1,000; 1 keeps them all, as a target
                must.

        Raises:
            DataError: a column holds objects, or lists of something else than plain values.
        """
        separators, labels, rare, missing = [], [], [], []
        for column in frame.columns:
            values = frame[column]
            _check(values)
            separator = "" if _is_list(values) else _separator(read_text(values).drop_nulls())
            rows, members = _members(values, separator)
            kept, left = frequent(pl.DataFrame({"row": rows, "label": members}).unique()["label"], fewest)
            separators.append(separator)
            labels.append(tuple(sorted(kept.to_list())))
            rare.append(left)
            missing.append(bool(_absent(values).any()))
        return cls(tuple(frame.columns), tuple(separators), tuple(labels), tuple(rare), tuple(missing))

    def transform(
        self, frame: pl.DataFrame, ledger: Ledger | None = None, rows: NDArray[np.int64] | None = None
    ) -> Tensor:
        """Turn raw values into marks.

        Args:
            frame: raw values (N rows), with at least the columns of this block.
            ledger: where cells with missing, rare and unseen labels are counted.
            rows: (N,) the row numbers in the source, from 0, for the ledger's examples.

        Returns:
            (N, L + M) float32: for each column its labels, then the M indicators in the order of their columns.

        Raises:
            DataError: a column holds objects, or lists of something else than plain values.
        """
        prepared = np.zeros((frame.height, self.features()["width"]), dtype=np.float32)
        start, indicator = 0, sum(map(len, self.labels))
        for place, (column, labels) in enumerate(zip(self.columns, self.labels)):
            values = frame[column]
            _check(values)
            row, members = _members(values, self.separators[place])
            known = pl.Series(labels, dtype=pl.String)
            order = pl.Series(range(len(labels)), dtype=pl.Int64)
            index = members.replace_strict(known, order, default=-1, return_dtype=pl.Int64).to_numpy()
            prepared[row[index >= 0], start + index[index >= 0]] = 1.0
            unseen = np.zeros(frame.height, dtype=np.bool_)
            unseen[row[index < 0]] = True
            absent = _absent(values)
            note_cells(ledger, MISSING, column, absent, rows)
            note_cells(ledger, RARE if self.rare[place] else UNSEEN, column, unseen, rows)
            start += len(labels)
            if self.missing[place]:
                prepared[:, indicator] = absent
                indicator += 1
        return torch.from_numpy(prepared)

    def known(self, values: pl.Series) -> NDArray[np.bool_]:
        """(N,) which sets of one of the columns are there, and hold no other labels than those of the training rows."""
        place = self.columns.index(values.name)
        row, members = _members(values, self.separators[place])
        known = ~_absent(values)
        known[row[~members.is_in(list(self.labels[place])).to_numpy()]] = False
        return known

    def invert(self, tensor: Tensor) -> pl.DataFrame:
        """Turn a tensor (N, L), or (N, L + M), into lists of the labels whose mark is above a half.

        A row whose indicator, where the tensor has it, is above a half is null.
        """
        marks = tensor.detach().cpu().numpy() > 0.5
        sets, start, indicator = {}, 0, sum(map(len, self.labels))
        for column, labels, missing in zip(self.columns, self.labels, self.missing):
            chosen = marks[:, start : start + len(labels)]
            absent = np.zeros(len(marks), dtype=np.bool_)
            if missing and marks.shape[1] > indicator:
                absent = marks[:, indicator]
            lists = [
                None if gone else [label for label, has in zip(labels, row) if has]
                for row, gone in zip(chosen.tolist(), absent.tolist())
            ]
            sets[column] = pl.Series(column, lists, dtype=pl.List(pl.String))
            start += len(labels)
            indicator += missing
        return pl.DataFrame(sets)

    def features(self) -> dict[str, Any]:
        """``width``: the L labels and M indicators."""
        return {"width": sum(map(len, self.labels)) + sum(self.missing)}

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """Lists that hold each label with a chance of 0.3, or of 3 / L where that is less.

        A tenth of the cells is missing in columns that had missing cells in training.
        """
        drawn = {}
        for column, labels, missing in zip(self.columns, self.labels, self.missing):
            chance = min(0.3, 3.0 / max(len(labels), 1))
            chosen = (generator.random((count, len(labels))) < chance).tolist()
            absent = (generator.random(count) < 0.1).tolist() if missing else [False] * count
            lists = [
                None if gone else [label for label, has in zip(labels, row) if has]
                for row, gone in zip(chosen, absent)
            ]
            drawn[column] = pl.Series(column, lists, dtype=pl.List(pl.String))
        return pl.DataFrame(drawn)

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values."""
        return {
            "columns": list(self.columns),
            "separators": list(self.separators),
            "labels": [list(labels) for labels in self.labels],
            "rare": list(self.rare),
            "missing": list(self.missing),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The kind that ``state`` described.

        Raises:
            ModelFileError: the lists have different lengths.
        """
        columns = tuple(state["columns"])
        fitted = {name: tuple(state[name]) for name in ("separators", "rare", "missing")}
        fitted["labels"] = tuple(tuple(labels) for labels in state["labels"])
        check_state(cls.name, columns, fitted)
        return cls(columns, **fitted)


def joiner(labels: Sequence[str]) -> str:
    """What stands between labels where they are written as text: the first separator that is in none of them.

    >>> joiner(["drama", "crime; true"])
    '|'
    """
    return next((mark for mark in SEPARATORS if not any(mark in label for label in labels)), "\n")


def _is_list(values: pl.Series) -> bool:
    return isinstance(values.dtype, (pl.List, pl.Array))


def _check(values: pl.Series) -> None:
    inner = getattr(values.dtype, "inner", None) or pl.String
    if not (_is_list(values) or is_readable(values)) or not is_readable(pl.Series([], dtype=inner)):
        raise DataError(
            Mistake(
                f"column {values.name!r} holds values of type {values.dtype}",
                "lists of texts, or texts with labels in each cell",
                "leave it out",
            )
        )


def _absent(values: pl.Series) -> NDArray[np.bool_]:
    return (values if _is_list(values) else read_text(values)).is_null().to_numpy()


def _separator(text: pl.Series) -> str:
    """What stands between labels: of what divides any text, into numbers of parts that vary, the first."""
    distinct = few_distinct(text)
    text = text if distinct is None else distinct
    for separator in SEPARATORS:
        parts = text.str.count_matches(separator, literal=True)
        if parts.n_unique() > 1:
            return separator
    return ""


def _members(values: pl.Series, separator: str) -> tuple[NDArray[np.int64], pl.Series]:
    """Each label of each row: (T,) the row's place and (T,) the label as text; missing labels are left out."""
    lists = values if _is_list(values) else read_text(values).str.split(separator or "\0")
    table = pl.DataFrame({"row": np.arange(len(values), dtype=np.int64), "label": lists}).explode("label")
    table = table.with_columns(read_text(table["label"])).drop_nulls()
    return table["row"].to_numpy(), table["label"]
