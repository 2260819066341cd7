"""Windows of series: what is known at an origin, and the values that come after it, in units of the window's own.

An example of a forecast is a window of L values and the H values that follow. It belongs to the part of the split that
all its H values lie in; the window itself may reach back into earlier parts, which were known by then. Origins are one
step apart.

Legend: T points of a series, L length, H horizon, N windows, Q levels of quantiles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..partition import PARTS
from .lines import Floats, Ints, Line

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
"""The quantiles that are forecast: the middle, and the ends of intervals of 80% and 95%."""

MIDDLE = LEVELS.index(0.5)

INTERVALS = {80: (1, 3), 95: (0, 4)}
"""Which quantiles are the ends of an interval that is to hold so many in a hundred values."""


@dataclass(frozen=True)
class Windows:
    """N windows in units of their own: (value - level) / unit.

    Args:
        line: (N,) which series each is of.
        origin: (N,) the place in that series of the first value that is forecast.
        past: (N, L).
        future: (N, H).
        level: (N,) the mean of the later half of a window.
        unit: (N,) the mean distance of its values from that level.
        error: (N,) what the seasonal naive forecast errs by in the training part of the series, on average.
    """

    line: Ints
    origin: Ints
    past: Floats
    future: Floats
    level: Floats
    unit: Floats
    error: Floats

    def __len__(self) -> int:
        return len(self.line)

    def targets(self) -> Floats:
        """(N, 2 + H): the error in units of the window, the place of 0, and the future."""
        zero = -self.level / self.unit
        return np.concatenate([(self.error / self.unit)[:, None], zero[:, None], self.future], axis=1)

    def restored(self, values: Floats) -> Floats:
        """Values (N, ...) in units of their windows as values of the series."""
        shape = (-1,) + (1,) * (values.ndim - 1)
        found: Floats = values * self.unit.reshape(shape) + self.level.reshape(shape)
        return found


@dataclass(frozen=True)
class Bounds:
    """Where the parts of a series of T points end: its training part, and its validation part."""

    train: int
    validation: int

    def part(self, name: str, points: int) -> tuple[int, int]:
        """The places from which and to which a part goes."""
        ends = (0, self.train, self.validation, points)
        at = PARTS.index(name)
        return ends[at], ends[at + 1]


def divide(points: int, horizon: int, shares: Mapping[str, float]) -> Bounds:
    """Cut a series into its parts, in the order of time; a part that is held out has at least one horizon.

    >>> divide(144, 12, {"validation": 0.15, "test": 0.25})
    Bounds(train=86, validation=108)
    """
    held = {name: max(horizon, round(points * share)) for name, share in shares.items() if share}
    test = points - held.get("test", 0)
    return Bounds(test - held.get("validation", 0), test)


def level_and_unit(past: Floats) -> tuple[Floats, Floats]:
    """Of windows (N, L) the level and the unit (N,); of one in which nothing moves the unit is its level, or 1.

    >>> level_and_unit(np.array([[0.0, 4.0, 2.0, 4.0], [5.0, 5.0, 5.0, 5.0]]))
    (array([3., 5.]), array([1.5, 5. ]))
    """
    level = past[:, -max(1, past.shape[1] // 2) :].mean(axis=1)
    unit = np.abs(past - level[:, None]).mean(axis=1)
    still = unit <= 1e-9 * np.maximum(np.abs(level), 1e-300)
    return level, np.where(still, np.where(level == 0.0, 1.0, np.abs(level)), unit)


def naive_error(values: Floats, season: int) -> float:
    """What the seasonal naive forecast errs by, one season ahead, on average; of a series within one season, or that
    repeats itself, what the naive one errs by; 0 where the series is constant. Both are up to rounding.

    >>> naive_error(np.array([1.0, 2.0, 2.0, 4.0]), 2)
    1.5
    >>> waves = np.sin(np.arange(48) * np.pi / 6)
    >>> bool(np.isclose(naive_error(waves, 12), naive_error(waves, 1)))
    True
    """
    nothing = 1e-9 * float(np.abs(values).max(initial=0.0))
    for lag in (season, 1):
        if len(values) > lag and (error := float(np.abs(values[lag:] - values[:-lag]).mean())) > nothing:
            return error
    return 0.0


def cut_windows(
    lines: Sequence[Line],
    bounds: Sequence[Bounds],
    part: str,
    length: int,
    horizon: int,
    season: int,
) -> Windows:
    """All windows of a part.

    Args:
        lines: the series.
        bounds: of the parts of each.
        part: ``train``, ``validation`` or ``test``.
        length: L.
        horizon: H.
        season: for the error of the naive forecast.
    """
    found: list[tuple[Ints, Ints, Floats, Floats, Floats]] = []
    for number, (line, ends) in enumerate(zip(lines, bounds)):
        start, end = ends.part(part, len(line))
        origins = np.arange(max(start, length), end - horizon + 1)
        if not len(origins):
            continue
        stretches = np.lib.stride_tricks.sliding_window_view(line.values, length + horizon)
        whole = stretches[origins - length]
        error = naive_error(line.values[: ends.train], season)
        same = np.full(len(origins), number)
        found.append((same, origins, whole[:, :length], whole[:, length:], np.full(len(origins), error)))
    if not found:
        nothing = np.zeros(0)
        return Windows(
            nothing.astype(np.int64),
            nothing.astype(np.int64),
            np.zeros((0, length)),
            np.zeros((0, horizon)),
            nothing,
            nothing,
            nothing,
        )
    of, origins, past, future, errors = (np.concatenate(each) for each in zip(*found))
    return in_own_units(of, origins, past, future, errors)


def last_windows(lines: Sequence[Line], length: int) -> Windows:
    """The window at the end of each series, with nothing after it; one that is shorter begins with its first value."""
    past = np.stack(
        [np.pad(line.values[-length:], (max(0, length - len(line)), 0), mode="edge") for line in lines]
    )
    of = np.arange(len(lines))
    origin = np.array([len(line) for line in lines], dtype=np.int64)
    return in_own_units(of, origin, past, np.zeros((len(lines), 0)), np.ones(len(lines)))


def in_own_units(of: Ints, origin: Ints, past: Floats, future: Floats, error: Floats) -> Windows:
    """Windows of plain values (N, L) and what follows (N, H), in units of their own."""
    level, unit = level_and_unit(past)
    before, after = ((each - level[:, None]) / unit[:, None] for each in (past, future))
    return Windows(of, origin, before, after, level, unit, error)
