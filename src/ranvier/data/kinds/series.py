"""Series: numbers in the order of time in each cell, of one length or of many.

| raw value | becomes |
|---|---|
| T numbers | (x - mean) / scale for each, by one mean and scale for each channel |
| a number that is missing, infinite or beyond 1e30 | the straight line between its neighbours; 0 where none is left |
| columns of different length in a row | their first points, as many as the shortest has |
| missing, or a list of no numbers | a series without points |
| malformed (text that is no list of numbers) | as missing |

Each cell of the last four lines is counted in the ledger.

A cell is a list or an array, or text such as ``[0.5, 1, 2]``; each column is a channel. Columns of plain numbers that
are called series are the points of one channel, in the order of the columns.

Legend: N rows, T points of a row, C channels.
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
from ..ragged import Ragged
from . import Guess
from .values import ENOUGH, check_some, check_state, is_readable, note_cells, read_numbers, read_text
from .vector import MALFORMED as NO_LIST
from .vector import Vector, read_lists

MISSING = "missing: taken as a series without points"
MALFORMED = NO_LIST.partition(":")[0] + ": taken as a series without points"
EMPTY = "a list without a single point: taken as a series without points"
BROKEN = "points missing or infinite: the straight line between their neighbours stands in"
NOTHING = "every point missing or infinite: 0 stands in"
UNEQUAL = "longer than another column of the row: the points beyond are left out"

LARGEST = 1e30
"""Larger numbers are taken as infinite: their squares, and what is left of them in 32 bits, would be."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """Columns of series, fitted to the training rows.

    Args:
        columns: their names; each is a channel, or each is a point of the one channel.
        wide: whether they are points.
        mean: for each channel, of all its points.
        scale: their standard deviation; 1 where all are the same.
        shortest, longest: how many points a row has.
        missing: for each column, whether training had missing cells.
        known: of windows, the channels that are known over the horizon too, which then are the last points; None where
            these are no windows.
    """

    name: ClassVar[str] = "series"
    columns: tuple[str, ...]
    wide: bool
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    shortest: int
    longest: int
    missing: tuple[bool, ...]
    known: tuple[int, ...] | None = None

    @classmethod
    def infer(cls, values: pl.Series) -> Guess:
        """Say how well raw values are series: well where they are lists of numbers of different lengths. Lists of one
        length are vectors, unless it is said that they are series.

        >>> Series.infer(pl.Series([[1.0, 2.0], None, [3.0, 5.0, 4.0]]))
        Guess(confidence=0.95, reason='series of 2 to 3 numbers')
        """
        as_vectors = Vector.infer(values)
        if as_vectors.confidence or ", with " not in as_vectors.reason:
            return Guess(0.0, as_vectors.reason)
        lengths = read_lists(values)[0].list.len().drop_nulls().to_list()
        if not lengths or min(lengths) == max(lengths):
            return Guess(0.0, as_vectors.reason)
        return Guess(0.95, f"series of {min(lengths):,} to {max(lengths):,} numbers")

    @classmethod
    def fit(cls, frame: pl.DataFrame) -> Self:
        """Fit to the training rows.

        Raises:
            DataError: a column holds neither lists of numbers nor numbers.
        """
        wide = all(_is_plain(frame[column]) for column in frame.columns)
        columns, channels = tuple(frame.columns), 1 if wide else frame.width
        unfinished = cls(columns, wide, (0.0,) * channels, (1.0,) * channels, 0, 0, (False,) * frame.width)
        points, lengths, gone = unfinished._read(frame, None, None)
        if not wide and not len(points):
            for column in columns:
                lists, malformed = read_lists(frame[column])
                check_some(column, "series", malformed, lists.is_not_null().to_numpy())
        whole = points[np.isfinite(points).all(axis=1)]
        mean = whole.mean(axis=0) if len(whole) else np.zeros(channels)
        scale = whole.std(axis=0) if len(whole) else np.ones(channels)
        scale = np.where(scale <= 1e-12 * np.maximum(np.abs(mean), 1e-300), 1.0, scale)
        there = lengths[lengths > 0]
        shortest, longest = (int(there.min()), int(there.max())) if len(there) else (1, 1)
        return cls(columns, wide, tuple(mean.tolist()), tuple(scale.tolist()), shortest, longest, gone)

    @classmethod
    def of_windows(cls, columns: Sequence[str], length: int, known: Sequence[int] = ()) -> Self:
        """The kind of windows (N, length) that are in units of their own already, a channel for each column."""
        count = len(columns)
        none = (False,) * count
        return cls(tuple(columns), False, (0.0,) * count, (1.0,) * count, length, length, none, tuple(known))

    def transform(
        self, frame: pl.DataFrame, ledger: Ledger | None = None, rows: NDArray[np.int64] | None = None
    ) -> Ragged:
        """Standardise raw values.

        Args:
            frame: raw values (N rows), with at least the columns of this block.
            ledger: where repaired cells are counted.
            rows: (N,) the row numbers in the source, from 0, for the ledger's examples.

        Returns:
            (N, T, C) float32, T being each row's own.

        Raises:
            DataError: a column holds neither lists of numbers nor numbers.
        """
        points, lengths, _ = self._read(frame, ledger, rows)
        standard = ((points - np.array(self.mean)) / np.array(self.scale)).astype(np.float32)
        starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        return Ragged(torch.from_numpy(standard), torch.from_numpy(starts))

    def invert(self, tensor: Tensor) -> pl.DataFrame:
        """Turn standardised points (N, T, C) back into lists; a series without points is null."""
        points = tensor.double().numpy() * np.array(self.scale) + np.array(self.mean)
        there = ~np.isnan(points).all(axis=2)
        if self.wide:
            found = {name: points[:, at, 0] for at, name in enumerate(self.columns)}
            return pl.DataFrame(found).fill_nan(None)
        kind = pl.List(pl.Float64)
        return pl.DataFrame(
            {
                name: pl.Series(
                    name, [row[has, at].tolist() or None for row, has in zip(points, there)], dtype=kind
                )
                for at, name in enumerate(self.columns)
            }
        )

    def features(self) -> dict[str, Any]:
        """``channels``: C; ``length``: the points of the longest row of the training; of windows ``known``."""
        known = {} if self.known is None else {"known": list(self.known)}
        return {"channels": len(self.mean), "length": self.longest, **known}

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """Random walks with the mean and the scale of those seen; a tenth of the cells is missing where some were."""
        lengths = generator.integers(self.shortest, self.longest + 1, count)
        drawn: dict[str, Any] = {}
        if self.wide:
            walks = _walks(count, len(self.columns), generator) * self.scale[0] + self.mean[0]
            for at, (name, missing) in enumerate(zip(self.columns, self.missing)):
                gone = generator.random(count) < (0.1 if missing else 0.0)
                drawn[name] = pl.Series(name, walks[:, at]).set(pl.Series(gone), None)
            return pl.DataFrame(drawn)
        for name, mean, scale, missing in zip(self.columns, self.mean, self.scale, self.missing):
            gone = generator.random(count) < (0.1 if missing else 0.0)
            walks = _walks(count, self.longest, generator) * scale + mean
            cells = [None if no else row[:length].tolist() for no, row, length in zip(gone, walks, lengths)]
            drawn[name] = pl.Series(name, cells, dtype=pl.List(pl.Float64))
        return pl.DataFrame(drawn)

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values."""
        lists = ("columns", "mean", "scale", "missing")
        plain = {name: getattr(self, name) for name in ("wide", "shortest", "longest")}
        known = {} if self.known is None else {"known": list(self.known)}
        return {**{name: list(getattr(self, name)) for name in lists}, **plain, **known}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The kind that ``state`` described.

        Raises:
            ModelFileError: the lists have different lengths.
        """
        columns, missing = tuple(state["columns"]), tuple(state["missing"])
        check_state(cls.name, columns, {"missing": missing})
        mean, scale = tuple(state["mean"]), tuple(state["scale"])
        wide, shortest, longest = bool(state["wide"]), int(state["shortest"]), int(state["longest"])
        known = tuple(map(int, state["known"])) if "known" in state else None
        return cls(columns, wide, mean, scale, shortest, longest, missing, known)

    def _read(
        self, frame: pl.DataFrame, ledger: Ledger | None, rows: NDArray[np.int64] | None
    ) -> tuple[Floats, NDArray[np.int64], tuple[bool, ...]]:
        """All points (L, C) one row after another, the lengths (N,), and which columns have missing cells."""
        if self.wide:
            return self._read_wide(frame, ledger, rows)
        flat: list[Floats] = []
        sizes: list[NDArray[np.int64]] = []
        gone = []
        for column in self.columns:
            lists, malformed = read_lists(frame[column])
            if isinstance(lists.dtype, pl.Array):
                lists = lists.arr.to_list()
            if isinstance(lists.dtype, pl.List) and lists.dtype.inner.is_nested():
                raise DataError(
                    Mistake(
                        f"column {column!r} holds lists of lists",
                        "one list of numbers in each cell",
                        "give each channel a column of its own",
                    )
                )
            known = lists.is_not_null().to_numpy()
            note_cells(ledger, MISSING, column, ~known & ~malformed, rows)
            note_cells(ledger, MALFORMED, column, malformed, rows)
            gone.append(not bool(known.all()))
            sizes.append(lists.list.len().fill_null(0).to_numpy().astype(np.int64))
            note_cells(ledger, EMPTY, column, known & (sizes[-1] == 0), rows)
            present = lists.filter(pl.Series(sizes[-1] > 0))
            listed = present.explode().cast(pl.Float64) if len(present) else pl.Series([], dtype=pl.Float64)
            flat.append(_filled(column, listed.to_numpy(), sizes[-1], ledger, rows))
        lengths = np.min(sizes, axis=0)
        kept = []
        for column, points, mine in zip(self.columns, flat, sizes):
            note_cells(ledger, UNEQUAL, column, mine > lengths, rows)
            within = np.arange(len(points)) - np.repeat(np.cumsum(mine) - mine, mine)
            kept.append(points[within < np.repeat(lengths, mine)])
        return np.stack(kept, axis=1), lengths, tuple(gone)

    def _read_wide(
        self, frame: pl.DataFrame, ledger: Ledger | None, rows: NDArray[np.int64] | None
    ) -> tuple[Floats, NDArray[np.int64], tuple[bool, ...]]:
        """The same of columns that are the points of one channel."""
        numbers = np.stack([read_numbers(frame[column])[0] for column in self.columns], axis=1)
        broken: NDArray[np.bool_] = ~(np.abs(numbers) <= LARGEST)
        whole: NDArray[np.bool_] = np.logical_and.reduce(broken, axis=1)
        note_cells(ledger, MISSING, f"{self.columns[0]} to {self.columns[-1]}", whole, rows)
        for at, column in enumerate(self.columns):
            note_cells(ledger, BROKEN, column, broken[:, at] & ~whole, rows)
        sizes = np.where(whole, 0, numbers.shape[1])
        kept = numbers[~whole].ravel()
        points = _filled("", kept, sizes, None, None)
        return points[:, None], sizes, tuple(bool(one) for one in np.logical_or.reduce(broken, axis=0))


def _is_plain(values: pl.Series) -> bool:
    """Whether a column holds single numbers, as far as they are any."""
    if not is_readable(values):
        return False
    if values.dtype.is_numeric():
        return True
    text = read_text(values).drop_nulls()
    if not len(text) or values.dtype != pl.String:
        return False
    numbers, _ = read_numbers(text)
    return bool(np.isfinite(numbers).sum() >= ENOUGH * len(text))


def _filled(
    column: str,
    points: Floats,
    sizes: NDArray[np.int64],
    ledger: Ledger | None,
    rows: NDArray[np.int64] | None,
) -> Floats:
    """Points (L,) of rows of these sizes, with those that are not finite on the line between their neighbours."""
    bad = ~(np.abs(points) <= LARGEST)
    if not bad.any():
        return points
    of = np.repeat(np.arange(len(sizes)), sizes)
    count = np.bincount(of[bad], minlength=len(sizes))
    broken = count > 0
    note_cells(ledger, BROKEN, column, broken & (count < sizes), rows)
    note_cells(ledger, NOTHING, column, broken & (count == sizes), rows)
    points = np.where(bad, np.nan, points)
    ends = np.cumsum(sizes)
    for row in np.flatnonzero(broken):
        part = slice(ends[row] - sizes[row], ends[row])
        points[part] = _interpolated(points[part])
    return points


def _interpolated(values: Floats) -> Floats:
    """Values (T,) without gaps; 0 where none is finite.

    >>> _interpolated(np.array([np.nan, 1.0, np.nan, 3.0])).tolist()
    [1.0, 1.0, 2.0, 3.0]
    """
    good = np.isfinite(values)
    if not good.any():
        return np.zeros(len(values))
    places = np.arange(len(values))
    return np.interp(places, places[good], values[good])


def _walks(count: int, length: int, generator: np.random.Generator) -> Floats:
    """(count, length) random walks of about unit size."""
    steps = generator.normal(size=(count, length))
    walks: Floats = steps.cumsum(axis=1) / np.sqrt(np.arange(1, length + 1))
    return walks


def channel_names(count: int) -> Sequence[str]:
    """What the channels of a series are called where nobody says.

    >>> channel_names(1), channel_names(3)
    (['series'], ['channel_1', 'channel_2', 'channel_3'])
    """
    return ["series"] if count == 1 else [f"channel_{number}" for number in range(1, count + 1)]
