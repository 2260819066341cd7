"""Numbers: standardised, with missing cells filled and marked.

| raw value | becomes |
|---|---|
| a number x | (x - mean) / scale of the training rows; extreme values are not clipped |
| missing | 0, which is the training mean; 1 in the column's indicator, where training had missing cells |
| malformed (``abc``), infinite, or beyond float32 once standardised | as missing |

Each cell of the last two lines is counted in the ledger.

The scale is the standard deviation, or a quarter of the largest distance from the mean where that is more. It matters
where a column is nearly always the same (a pixel at the border of a picture, a rare mark of 1 among zeros): its
standard deviation is so small that the few other values would lie tens of deviations out and rule the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ..ledger import Ledger
from ..side_by_side import side_by_side
from . import Guess
from .values import ENOUGH, Cells, check_some, check_state, counted, is_readable, note_pieces, read_numbers

MISSING = "missing: the mean of the training rows stands in"
MALFORMED = "not a number: the mean of the training rows stands in"
INFINITE = "infinite: the mean of the training rows stands in"

REACH = 4.0
"""How far from 0 a value of the training rows may lie."""

BINS = 48
"""So many bins a column has at most."""

LOOKED_AT = 16_384
"""So many rows, evenly spaced, are enough to find quantiles."""

ROWS = 131_072
"""So many rows are standardised and written together: they stay in the cache, and writing columns one by one into rows
would miss it at each value. With fewer, two threads wait for each other more than they work."""

CHUNK = 16
"""So many of their columns."""


@dataclass(frozen=True)
class Number:
    """Columns of numbers (D of them), fitted to the training rows.

    Args:
        columns: their names.
        mean: of each column's finite numbers, in float64.
        scale: their population standard deviation, or a quarter of the largest distance from the mean where that is
            more; 1 where all are the same, up to rounding.
        missing: for each column, whether training had a cell without a usable number; each such column (M of them)
            has an indicator, a further column of the tensor that is 1 where the number is missing and 0 elsewhere.
        edges: for each column, rising, the edges of its bins as the tensor holds them (standardised): the distinct
            values where they are few, else quantiles. Encoders that cut numbers into bins take them.
    """

    name: ClassVar[str] = "number"
    columns: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    missing: tuple[bool, ...]
    edges: tuple[tuple[float, ...], ...]

    @classmethod
    def infer(cls, values: pl.Series) -> Guess:
        """Say how well raw values are numbers: near the share of them that are, if that is at least 0.95.

        >>> Number.infer(pl.Series(["0.42", "80", "", "7"]))
        Guess(confidence=0.97, reason='numbers from 0.42 to 80')
        """
        if not is_readable(values):
            return Guess(0.0, f"values of type {values.dtype}")
        numbers, malformed = read_numbers(values)
        parsed = numbers[~np.isnan(numbers)]
        present = len(parsed) + int(np.count_nonzero(malformed))
        finite = parsed[np.isfinite(parsed)]
        if not present:
            return Guess(0.0, "no values")
        share = len(parsed) / present
        if share < ENOUGH or not len(finite):
            wrong = f"{present - len(parsed):,} of {present:,} values are not numbers"
            return Guess(
                0.3 * share if len(finite) else 0.0, wrong if share < ENOUGH else "no finite numbers"
            )
        return Guess(0.97 * share, _describe(finite))

    @classmethod
    def fit(cls, frame: pl.DataFrame, *, bins: int = BINS) -> Self:
        """Fit to the training rows; infinities count as missing.

        Args:
            frame: raw values.
            bins: at most so many for each column; 0 for none.

        Raises:
            DataError: a column has values, none of which is a number; or it holds lists or objects.
        """
        cells = frame.height * frame.width
        fitted = side_by_side(lambda column: _fit(frame[column], bins), frame.columns, cells)
        mean, scale, missing, edges = zip(*fitted) if fitted else ((), (), (), ())
        return cls(tuple(frame.columns), mean, scale, missing, edges)

    def transform(
        self, frame: pl.DataFrame, ledger: Ledger | None = None, rows: NDArray[np.int64] | None = None
    ) -> Tensor:
        """Standardise raw values.

        Args:
            frame: raw values (N rows), with at least the columns of this block.
            ledger: where repaired cells are counted.
            rows: (N,) the row numbers in the source, from 0, for the ledger's examples.

        Returns:
            (N, D + M) float32: the D columns, then the M indicators in the order of their columns.
        """
        prepared = np.empty((frame.height, len(self.columns) + sum(self.missing)), dtype=np.float32)
        starts = range(0, frame.height, ROWS)

        def some_rows(start: int) -> dict[tuple[int, str], Cells]:
            return self._standardise(frame.slice(start, ROWS), prepared[start : start + ROWS], start)

        found = side_by_side(some_rows, starts, frame.height * len(self.columns))
        for place, column in enumerate(self.columns):
            for reason in (MISSING, MALFORMED, INFINITE):
                note_pieces(ledger, reason, column, [piece.get((place, reason)) for piece in found], rows)
        return torch.from_numpy(prepared)

    def invert(self, tensor: Tensor) -> pl.DataFrame:
        """Turn a tensor (N, D), or (N, D + M) whose indicators are left out, back into numbers in float64."""
        standard = tensor.detach().cpu().to(torch.float64).numpy()
        numbers = standard[:, : len(self.columns)] * np.array(self.scale) + np.array(self.mean)
        return pl.DataFrame({column: numbers[:, place] for place, column in enumerate(self.columns)})

    def features(self) -> dict[str, Any]:
        """``width``: the D columns and M indicators; ``edges``: of each column's bins."""
        width = len(self.columns) + sum(self.missing)
        return {"width": width, "edges": [list(edges) for edges in self.edges]}

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """Numbers drawn from the normal distribution with the fitted mean and scale, rounded to a hundredth of it.

        A tenth of the cells is missing in the columns that had missing cells in training.
        """
        drawn = {}
        for column, mean, scale, missing in zip(self.columns, self.mean, self.scale, self.missing):
            numbers = generator.normal(mean, scale, count)
            decimals = 2 - int(np.floor(np.log10(scale)))
            if abs(decimals) <= 15:  # beyond, 10 ** decimals is not exact enough to round by
                numbers = np.round(numbers, decimals)
            absent = generator.random(count) < 0.1 if missing else np.zeros(count, dtype=np.bool_)
            values = [None if gone else number for number, gone in zip(numbers.tolist(), absent.tolist())]
            drawn[column] = pl.Series(column, values, dtype=pl.Float64)
        return pl.DataFrame(drawn)

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values; floats survive JSON exactly."""
        return {
            "columns": list(self.columns),
            "mean": list(self.mean),
            "scale": list(self.scale),
            "missing": list(self.missing),
            "edges": [list(edges) for edges in self.edges],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The kind that ``state`` described.

        Raises:
            ModelFileError: the lists have different lengths.
        """
        columns = tuple(state["columns"])
        fitted = {name: tuple(state[name]) for name in ("mean", "scale", "missing")}
        fitted["edges"] = tuple(tuple(edges) for edges in state["edges"])
        check_state(cls.name, columns, fitted)
        return cls(columns, **fitted)

    def _standardise(
        self, frame: pl.DataFrame, prepared: NDArray[np.float32], start: int
    ) -> dict[tuple[int, str], Cells]:
        """Write a piece of the rows into ``prepared``; give back, by column and reason, which cells were repaired.

        Args:
            frame: the rows of the piece.
            prepared: (rows, D + M).
            start: the place of its first row.
        """
        tile = np.empty((min(CHUNK, len(self.columns)), frame.height), dtype=np.float32)
        repaired: dict[tuple[int, str], Cells] = {}
        indicator = len(self.columns)
        for first in range(0, len(self.columns), CHUNK):
            places = range(first, min(first + CHUNK, len(self.columns)))
            for place, standard in zip(places, tile):
                numbers, malformed = read_numbers(frame[self.columns[place]])
                with np.errstate(over="ignore", invalid="ignore"):  # what overflows is repaired below
                    standard[:] = (numbers - self.mean[place]) / self.scale[place]
                usable = np.isfinite(standard)
                if not usable.all():
                    absent = np.isnan(numbers)
                    reasons = {
                        MISSING: absent & ~malformed,
                        MALFORMED: malformed,
                        INFINITE: ~usable & ~absent,
                    }
                    for reason, cells in reasons.items():
                        repaired[place, reason] = counted(cells, start)
                    standard[~usable] = 0.0
                if self.missing[place]:
                    prepared[:, indicator] = ~usable
                    indicator += 1
            prepared[:, first : first + len(places)] = tile[: len(places)].T
        return repaired


def _fit(values: pl.Series, bins: int) -> tuple[float, float, bool, tuple[float, ...]]:
    """Mean, scale, whether a cell has no usable number, and the edges of the bins, of one column."""
    numbers, malformed = read_numbers(values)
    usable = np.isfinite(numbers)
    check_some(values.name, "numbers", malformed, usable)
    complete = bool(usable.all())
    known = numbers if complete else numbers[usable]
    mean, scale = _moments(known)
    return mean, scale, not complete, _edges(known, mean, scale, bins)


def _moments(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """The mean and the scale, for numbers as large or small as float64 holds.

    A spread within rounding of the largest value is taken as none, and gives a scale of 1.
    """
    if not len(numbers):
        return 0.0, 1.0
    low, high = float(numbers.min()), float(numbers.max())
    peak = max(-low, high)
    # squares of such numbers would overflow or vanish
    scale = peak if peak and not 1e-140 < peak < 1e140 else 1.0
    scaled = numbers / scale if scale != 1.0 else numbers
    mean = float(scaled.mean())
    pieces = (
        scaled[start : start + ROWS] for start in range(0, len(scaled), ROWS)
    )  # which stay in the cache
    std = float(np.sqrt(sum(float(np.square(piece - mean).sum()) for piece in pieces) / len(scaled)))
    if std <= 16 * np.finfo(np.float64).eps * peak / scale:
        return mean * scale, 1.0
    furthest = max(high / scale - mean, mean - low / scale)
    return mean * scale, max(std, furthest / REACH) * scale


def _edges(numbers: NDArray[np.float64], mean: float, scale: float, bins: int) -> tuple[float, ...]:
    """The edges of at most ``bins`` bins in standardised units, to six digits: rising, none where all are the same.

    A value that fills a bin alone (the 0 of an amount that most rows do not have) is an edge, and the quantiles are
    those of the other values, so that it does not use up the bins of the rest.
    """
    if not bins or not len(numbers):
        return ()
    sample = numbers[:: -(-len(numbers) // LOOKED_AT)]
    with np.errstate(over="ignore", invalid="ignore"):
        distinct, counts = np.unique((sample - mean) / scale, return_counts=True)
    if len(distinct) > bins + 1:
        often = counts > len(sample) / bins
        rest = np.repeat(distinct[~often], counts[~often])
        shares = np.linspace(0.0, 1.0, bins + 1 - np.count_nonzero(often))
        distinct = np.concatenate([distinct[often], np.quantile(rest, shares, method="nearest")])
    rounded = np.unique([float(f"{value:.6g}") for value in distinct if np.isfinite(value)])
    return tuple(rounded.tolist()) if len(rounded) > 1 else ()


def _describe(finite: NDArray[np.float64]) -> str:
    low, high = float(finite.min()), float(finite.max())
    if (finite != np.floor(finite)).any():
        return f"numbers from {low:g} to {high:g}"
    distinct = len(np.unique(finite))
    return (
        f"whole numbers, {distinct:,} distinct"
        if distinct <= 20
        else f"whole numbers from {low:.0f} to {high:.0f}"
    )
