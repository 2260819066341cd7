"""The profile of a table: what its columns are like, in counts, small enough for the model file and nobody's row.

New rows are laid into the same bins, so that their columns can be compared with those of training without these.

| kind of the column | bins |
|---|---|
| number, quantity, date | between the deciles of the training values |
| category, boolean, classes | each of the 20 most frequent words, if 5 rows have it; all others are one |
| any other | there, or missing |

A missing value has a bin of its own. Of a column's ends only outward rounded ones are kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from typing_extensions import Self

from .kinds.values import is_readable, read_numbers, read_text
from .preparation import Preparation
from .schema import Schema

ROWS = 50_000
"""So many rows are looked at, evenly over the table."""
COLUMNS = 500
"""So many columns have a profile: the first."""
WORDS = 20
FEWEST = 5
"""A word that fewer rows have is not named in the model file's profile."""

What = Literal["number", "date", "word", "cell"]
DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True)
class Column:
    """A column of the training rows.

    Args:
        name: its name.
        what: what its bins are made of.
        rows: how many rows it is of.
        missing: how many of them have no value.
        edges: between bins of numbers (days since 1970 for dates), ascending; a value on an edge is above it.
        words: that have a bin of their own.
        counts: rows in each bin: ``len(edges) + 1`` of numbers, ``len(words) + 1`` of words (the last one is the rest).
        low, high: no training value that was looked at lies outside, rounded outward; None but for numbers.
        middle: the median; None but for numbers.
    """

    name: str
    what: What
    rows: int
    missing: int
    edges: tuple[float, ...]
    words: tuple[str, ...]
    counts: tuple[int, ...]
    low: float | None = None
    high: float | None = None
    middle: float | None = None


@dataclass(frozen=True)
class Observed:
    """The same column of new rows, in the bins of training.

    Args:
        rows, missing, counts, middle: as of ``Column``.
        below, above: how many values lie outside the ends of training.
        unseen: how many words training did not have (or rarely had, where rare ones were left out).
        examples: some of them.
    """

    rows: int
    missing: int
    counts: tuple[int, ...]
    middle: float | None = None
    below: int = 0
    above: int = 0
    unseen: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """The profiles of the input columns and of the target."""

    columns: tuple[Column, ...]

    @classmethod
    def fit(cls, frame: pl.DataFrame, schema: Schema, preparation: Preparation) -> Self:
        """Describe the training rows; of many rows, 50,000 evenly over them.

        Args:
            frame: raw values of the training rows.
            schema: of the table.
            preparation: fitted to these rows.
        """
        some = _some(frame)
        names = [*preparation.columns[:COLUMNS], *schema.named("target")]
        return cls(tuple(_column(name, _values(some, name, schema, preparation)) for name in names))

    def observe(self, frame: pl.DataFrame, schema: Schema, preparation: Preparation) -> dict[str, Observed]:
        """Lay new rows into the bins of training; a column that they lack is left out.

        Args:
            frame: raw values of the new rows.
            schema: of the training table.
            preparation: fitted to the training rows.
        """
        some = _some(frame)
        return {
            column.name: _observed(column, _values(some, column.name, schema, preparation), preparation)
            for column in self.columns
            if column.name in some.columns
        }

    def state(self) -> list[dict[str, Any]]:
        """The profile as JSON values."""
        return [asdict(column) for column in self.columns]

    @classmethod
    def from_state(cls, state: list[Mapping[str, Any]]) -> Self:
        """The profile that ``state`` described."""
        lists = ("edges", "words", "counts")
        return cls(
            tuple(Column(**{**column, **{name: tuple(column[name]) for name in lists}}) for column in state)
        )


@dataclass(frozen=True)
class _Values:
    """A column as it is read (N rows): numbers, NaN where missing, or texts, or only what is missing."""

    what: What
    missing: NDArray[np.bool_]
    numbers: NDArray[np.float64] | None = None
    words: pl.Series | None = None


def _some(frame: pl.DataFrame) -> pl.DataFrame:
    if frame.height <= ROWS:
        return frame
    return frame[np.linspace(0, frame.height - 1, ROWS).round().astype(np.int64)]


def _values(frame: pl.DataFrame, name: str, schema: Schema, preparation: Preparation) -> _Values:
    raw, kind = frame[name], schema[name].kind
    if not is_readable(raw):
        return _Values("cell", raw.is_null().to_numpy())
    missing = read_text(raw).is_null().to_numpy()
    if kind == "number":
        read, malformed = read_numbers(raw)
        return _Values("number", missing | malformed, np.where(np.isfinite(read), read, np.nan))
    if kind in ("quantity", "date") and kind in preparation.blocks:
        block = preparation.blocks[kind]
        own = frame.select(block.columns)
        made = block.invert(block.transform(own))[name]
        if made.dtype.is_temporal():
            days = made.cast(pl.Datetime("us")).cast(pl.Int64).to_numpy() / DAY
            return _Values("date", missing, np.where(missing, np.nan, days))
        return _Values("number", missing, np.where(missing, np.nan, made.cast(pl.Float64).to_numpy()))
    if kind in ("category", "boolean"):
        return _Values("word", missing, words=read_text(raw))
    return _Values("cell", missing)


def _column(name: str, values: _Values) -> Column:
    rows, missing = len(values.missing), int(values.missing.sum())
    if values.numbers is not None:
        known = values.numbers[~np.isnan(values.numbers)]
        if not len(known):
            return Column(name, "cell", rows, missing, (), (), ())
        deciles = np.quantile(known, np.linspace(0.1, 0.9, 9))
        edges = tuple(sorted({float(f"{edge:.6g}") for edge in deciles}))
        low, high = _outward(float(known.min()), -1), _outward(float(known.max()), 1)
        middle = float(f"{np.median(known):.6g}")
        return Column(name, values.what, rows, missing, edges, (), _binned(known, edges), low, high, middle)
    if values.words is not None:
        counted = values.words.drop_nulls().alias("word").value_counts(name="count")
        counted = counted.sort(["count", "word"], descending=[True, False])
        named = counted.filter(pl.col("count") >= FEWEST).head(WORDS)
        counts = [int(count) for count in named["count"]]
        counts.append(rows - missing - sum(counts))
        return Column(name, "word", rows, missing, (), tuple(named["word"]), tuple(counts))
    return Column(name, "cell", rows, missing, (), (), ())


def _observed(column: Column, values: _Values, preparation: Preparation) -> Observed:
    rows, missing = len(values.missing), int(values.missing.sum())
    if values.numbers is not None and column.low is not None and column.high is not None:
        known = values.numbers[~np.isnan(values.numbers)]
        return Observed(
            rows=rows,
            missing=missing,
            counts=_binned(known, column.edges),
            middle=float(np.median(known)) if len(known) else None,
            below=int((known < column.low).sum()),
            above=int((known > column.high).sum()),
        )
    if values.words is not None and column.what == "word":
        counts = [int((values.words == word).sum()) for word in column.words]
        counts.append(rows - missing - sum(counts))
        strange = _strange(column, values.words, preparation)
        examples = strange.unique().sort()[:3].to_list()
        return Observed(rows, missing, tuple(counts), unseen=len(strange), examples=tuple(examples))
    return Observed(rows, missing, ())


def _strange(column: Column, words: pl.Series, preparation: Preparation) -> pl.Series:
    """The words that the preparation does not know; only categories tell."""
    block: Any = preparation.blocks.get("category")
    if block is None or column.name not in block.columns:
        return words.clear()
    known = block.categories[block.columns.index(column.name)]
    return words.drop_nulls().filter(~words.drop_nulls().is_in(list(known)))


def _binned(known: NDArray[np.float64], edges: tuple[float, ...]) -> tuple[int, ...]:
    counts = np.bincount(np.searchsorted(np.array(edges), known, side="right"), minlength=len(edges) + 1)
    return tuple(int(count) for count in counts)


def _outward(value: float, sign: int) -> float:
    """The next number with two digits at or beyond ``value`` upward (1) or downward (-1).

    >>> _outward(512.3, 1), _outward(0.167, -1), _outward(80.0, 1), _outward(0.0, 1)
    (520.0, 0.16, 80.0, 0.0)
    """
    if value == 0.0 or not math.isfinite(value):
        return value
    size = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    steps = math.ceil(value / size - 1e-9) if sign > 0 else math.floor(value / size + 1e-9)
    return float(f"{steps * size:.2g}")
