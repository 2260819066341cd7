"""Vectors: equally many numbers in each cell of a column, such as the pixels of a picture or an embedding.

| raw value | becomes |
|---|---|
| W numbers | (x - mean) / scale for each, by one mean and scale for all: they share a unit |
| a number that is missing, infinite, or beyond float32 once standardised | 0, which is the training mean |
| missing | 0 for all; 1 in the column's indicator, where training had missing cells |
| malformed (text that is no list of numbers) | as missing |

Each cell of the last three lines is counted in the ledger. The scale is as kind ``number`` has it.

A cell is a list or an array, of any number of dimensions, or text such as ``[0.5, 1, 2]``. Cells of different lengths
are an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from .number import REACH
from .values import ENOUGH, check_some, check_state, note_cells, read_text

MISSING = "missing: the mean of the training rows stands in"
MALFORMED = "not a list of numbers: the mean of the training rows stands in"
BROKEN = "numbers missing or infinite in a vector: the mean of the training rows stands in for these"

_ROWS = r"^[\[(]\s*[-+\d.eE,;\sNnaAinfINF]*\s*[\])]$"
_CHUNK = 1 << 18
"""Elements that are standardised together: so many stay in the cache."""


@dataclass(frozen=True)
class Vector:
    """Columns of vectors (D of them), fitted to the training rows.

    Args:
        columns: their names.
        sizes: for each column, how many numbers a cell has; W together.
        mean: of all finite numbers of each column, in float64.
        scale: their population standard deviation, or a quarter of the largest distance from the mean where that is
            more; 1 where all are the same.
        missing: for each column, whether training had missing cells; each such column (M of them) has an indicator.
    """

    name: ClassVar[str] = "vector"
    columns: tuple[str, ...]
    sizes: tuple[int, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    missing: tuple[bool, ...]

    @classmethod
    def infer(cls, values: pl.Series) -> Guess:
        """Say how well raw values are vectors: well where they are lists of equally many numbers.

        >>> Vector.infer(pl.Series([[1.0, 2.0], None, [3.0, 5.0]]))
        Guess(confidence=1.0, reason='vectors of 2 numbers')
        """
        if values.dtype == pl.String:
            text = read_text(values).drop_nulls()
            written = text.str.contains(_ROWS)
            if not len(text) or int(written.sum()) < ENOUGH * len(text):
                return Guess(0.0, "not written as lists of numbers")
        elif not _holds_numbers(values.dtype):
            return Guess(0.0, f"values of type {values.dtype}")
        lengths = _lengths(read_lists(values)[0])
        if not lengths:
            return Guess(0.0, "no values")
        if len(lengths) > 1:
            return Guess(
                0.0, f"values of type {values.dtype}, with {lengths[0]:,} to {lengths[-1]:,} numbers"
            )
        return Guess(1.0 if lengths[0] else 0.0, f"vectors of {lengths[0]:,} numbers")

    @classmethod
    def fit(cls, frame: pl.DataFrame) -> Self:
        """Fit to the training rows.

        Raises:
            DataError: cells of a column have different lengths, or none is a list of numbers.
        """
        sizes, means, scales, missing = [], [], [], []
        for column in frame.columns:
            lists, malformed = read_lists(frame[column])
            known = lists.is_not_null().to_numpy()
            check_some(column, "vectors", malformed, known)
            lengths = _lengths(lists)
            if len(lengths) > 1:
                raise _ragged(column, f"vectors of {lengths[0]:,} to {lengths[-1]:,} numbers")
            size = lengths[0] if lengths else 0
            mean, scale = _moments(_array(lists.drop_nulls(), size))
            sizes.append(size)
            means.append(mean)
            scales.append(scale)
            missing.append(not bool(known.all()))
        return cls(tuple(frame.columns), tuple(sizes), tuple(means), tuple(scales), tuple(missing))

    def transform(
        self, frame: pl.DataFrame, ledger: Ledger | None = None, rows: NDArray[np.int64] | None = None
    ) -> Tensor:
        """Standardise raw values.

        Args:
            frame: raw values (N rows), with at least the columns of this block.
            ledger: where repaired cells are counted.
            rows: (N,) the row numbers in the source, from 0, for the ledger's examples.

        Returns:
            (N, W + M) float32: the columns' vectors side by side, then the M indicators in the order of their columns.

        Raises:
            DataError: a cell has another length than in training.
        """
        prepared = np.empty((frame.height, self.features()["width"]), dtype=np.float32)
        start, indicator = 0, sum(self.sizes)
        for place, (column, size) in enumerate(zip(self.columns, self.sizes)):
            lists, malformed = read_lists(frame[column])
            if size and (other := [length for length in _lengths(lists) if length != size]):
                raise _ragged(
                    column, f"a vector of {other[0]:,} numbers", f"{size:,} numbers, as in training"
                )
            known = lists.is_not_null().to_numpy()
            part = prepared[:, start : start + size]
            broken = self._standardise(lists, place, known, part)
            note_cells(ledger, MISSING, column, ~known & ~malformed, rows)
            note_cells(ledger, MALFORMED, column, malformed, rows)
            note_cells(ledger, BROKEN, column, broken, rows)
            start += size
            if self.missing[place]:
                prepared[:, indicator] = ~known
                indicator += 1
        return torch.from_numpy(prepared)

    def invert(self, tensor: Tensor) -> pl.DataFrame:
        """Turn a tensor (N, W), or (N, W + M) whose indicators are left out, into arrays of float64."""
        standard = tensor.detach().cpu().to(torch.float64).numpy()
        vectors, start = [], 0
        for column, size, mean, scale in zip(self.columns, self.sizes, self.mean, self.scale):
            numbers = standard[:, start : start + size] * scale + mean
            vectors.append(pl.Series(column, numbers, dtype=pl.Array(pl.Float64, size)))
            start += size
        return pl.DataFrame(vectors)

    def features(self) -> dict[str, Any]:
        """``width``: the W numbers and M indicators."""
        return {"width": sum(self.sizes) + sum(self.missing)}

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """Lists of numbers drawn from the normal distribution with the fitted mean and scale, to a hundredth of it.

        A tenth of the cells is missing in columns that had missing cells in training.
        """
        drawn = {}
        fitted = zip(self.columns, self.sizes, self.mean, self.scale, self.missing)
        for column, size, mean, scale, missing in fitted:
            numbers = generator.normal(mean, scale, (count, size))
            decimals = 2 - int(np.floor(np.log10(scale)))
            if abs(decimals) <= 15:  # beyond, 10 ** decimals is not exact enough to round by
                numbers = np.round(numbers, decimals)
            absent = (generator.random(count) < 0.1).tolist() if missing else [False] * count
            lists = [None if gone else row for row, gone in zip(numbers.tolist(), absent)]
            drawn[column] = pl.Series(column, lists, dtype=pl.List(pl.Float64))
        return pl.DataFrame(drawn)

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values; floats survive JSON exactly."""
        names = ("columns", "sizes", "mean", "scale", "missing")
        return {name: list(getattr(self, name)) for name in names}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The kind that ``state`` described.

        Raises:
            ModelFileError: the lists have different lengths.
        """
        columns = tuple(state["columns"])
        fitted = {name: tuple(state[name]) for name in ("sizes", "mean", "scale", "missing")}
        check_state(cls.name, columns, fitted)
        return cls(columns, **fitted)

    def _standardise(
        self, lists: pl.Series, place: int, known: NDArray[np.bool_], part: NDArray[np.float32]
    ) -> NDArray[np.bool_]:
        """Write column number ``place`` into ``part`` (N, W); give back (N,) true where a number was not usable."""
        broken = np.zeros(len(lists), dtype=np.bool_)
        numbers = _array(lists.drop_nulls(), self.sizes[place])
        complete = bool(known.all())
        places = np.flatnonzero(known)
        if not complete:
            part[~known] = 0.0
        for chunk, block in _chunks(numbers):
            rows = chunk if complete else places[chunk]
            with np.errstate(over="ignore", invalid="ignore"):  # what overflows is repaired below
                standard = ((block - self.mean[place]) / self.scale[place]).astype(np.float32)
            if numbers.dtype.kind == "f":
                usable = np.isfinite(standard)
                if not usable.all():
                    standard[~usable] = 0.0
                    broken[rows] = ~usable.all(axis=1)
            part[rows] = standard
        return broken


def _holds_numbers(dtype: Any) -> bool:
    while isinstance(dtype, (pl.Array, pl.List)):
        if not isinstance(dtype.inner, (pl.Array, pl.List)):
            return bool(dtype.inner.is_numeric())
        dtype = dtype.inner
    return False


def read_lists(values: pl.Series) -> tuple[pl.Series, NDArray[np.bool_]]:
    """(N,) lists or arrays of numbers, null where missing or malformed; and (N,) true where malformed.

    Raises:
        DataError: the values are something else.
    """
    if _holds_numbers(values.dtype):
        return values, np.zeros(len(values), dtype=np.bool_)
    if isinstance(values.dtype, pl.List) and values.dtype.inner == pl.Null:
        return values.cast(pl.List(pl.Float64)), np.zeros(len(values), dtype=np.bool_)
    if values.dtype not in (pl.String, pl.Null):
        raise DataError(
            Mistake(
                f"column {values.name!r} holds values of type {values.dtype}",
                "lists of numbers, of the same length in each cell",
                "give it another kind, or leave it out",
            )
        )
    text = read_text(values)
    inside = text.set(~text.str.contains(_ROWS).fill_null(False), None)
    split = inside.str.extract_all(r"[^\[\](),;\s]+")
    numbers = split.list.eval(pl.element().cast(pl.Float64, strict=False))
    return numbers, (text.is_not_null() & numbers.is_null()).to_numpy()


def _lengths(lists: pl.Series) -> list[int]:
    """The different lengths of the cells that are there, rising."""
    if isinstance(lists.dtype, pl.Array):
        return [int(np.prod(lists.dtype.shape))] if lists.null_count() < len(lists) else []
    present = lists.drop_nulls()
    if isinstance(lists.dtype, pl.List) and isinstance(lists.dtype.inner, (pl.List, pl.Array)):
        shapes = {np.shape(row) for row in present.to_list()}
        return sorted({int(np.prod(shape)) for shape in shapes})
    return [int(length) for length in present.list.len().unique().sort().to_list()]


def _array(present: pl.Series, size: int) -> NDArray[Any]:
    """(N, W) numbers of lists or arrays of W numbers each, none missing; a number that is missing is NaN."""
    if not len(present) or not size:
        return np.zeros((len(present), size))
    flat = present.explode()
    while isinstance(flat.dtype, (pl.Array, pl.List)):
        flat = flat.explode()
    return flat.to_numpy().reshape(len(present), size)


def _chunks(numbers: NDArray[Any]) -> Iterator[tuple[NDArray[np.int64] | slice, NDArray[np.float64]]]:
    """Rows that are looked at together, and their numbers in float64."""
    step = max(1, _CHUNK // max(numbers.shape[1], 1))
    for start in range(0, len(numbers), step):
        rows = slice(start, start + step)
        yield rows, numbers[rows].astype(np.float64)


def _moments(numbers: NDArray[Any]) -> tuple[float, float]:
    """The mean and the scale of all finite numbers, as kind ``number`` has them."""
    low, high = np.inf, -np.inf
    for _, block in _chunks(numbers):
        finite = block[np.isfinite(block)] if numbers.dtype.kind == "f" else block
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    peak = max(abs(low), abs(high))
    if low >= high:
        return (low if low == high else 0.0), 1.0
    unit = 1.0 if 1e-140 < peak < 1e140 else peak  # squares of such numbers would overflow or vanish
    mean, count = 0.0, 0
    for _, block in _chunks(numbers):
        finite = block[np.isfinite(block)] if numbers.dtype.kind == "f" else block
        mean += float((finite / unit if unit != 1.0 else finite).sum())
        count += finite.size
    mean /= count
    squares = 0.0
    for _, block in _chunks(numbers):
        finite = block[np.isfinite(block)] if numbers.dtype.kind == "f" else block
        away = (finite / unit if unit != 1.0 else finite) - mean
        squares += float(np.square(away).sum())
    std = float(np.sqrt(squares / count))
    if std <= 16 * np.finfo(np.float64).eps * peak / unit:
        return mean * unit, 1.0
    return mean * unit, max(std, (high / unit - mean) / REACH, (mean - low / unit) / REACH) * unit


def _ragged(column: str, found: str, expected: str = "the same length in each cell") -> DataError:
    return DataError(
        Mistake(f"column {column!r} holds {found}", expected, "cut or fill them, or leave the column out")
    )
