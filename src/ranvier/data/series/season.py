"""The season of a series: after how many steps it comes back to where it was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LEAST = 0.2
"""A season is one where the series goes with itself so many steps later at least this closely, and more closely than
noise of that length does in one case of some hundreds: 3 / sqrt(T)."""

LONGEST = 400
"""No longer season is looked for."""


def autocorrelation(values: NDArray[np.float64], longest: int) -> NDArray[np.float64]:
    """How closely a series goes with itself 0 to ``longest`` steps later, from -1 to 1; 0 where it is constant.

    >>> autocorrelation(np.array([1.0, -1.0, 1.0, -1.0]), 2).tolist()
    [1.0, -0.75, 0.5]
    """
    x = values - values.mean()
    whole = float(x @ x)
    if whole <= 0.0:
        return np.zeros(longest + 1)
    return np.array([float(x[lag:] @ x[: len(x) - lag]) / whole for lag in range(longest + 1)])


def find_season(lines: Sequence[NDArray[np.float64]]) -> tuple[int, float]:
    """The season of series (T,) each, and how closely they go with themselves after it; 1 where there is none.

    The trend is taken out by a straight line first. The season is the highest peak of the autocorrelation, of several
    series their mean weighted by length. It is seen at least twice.

    >>> find_season([np.tile([0.0, 1.0, 4.0, 1.0], 8)])[0]
    4
    """
    longest = min(LONGEST, max((len(line) for line in lines), default=0) // 2 - 1)
    if longest < 2:
        return 1, 0.0
    total, weight = np.zeros(longest + 1), np.zeros(longest + 1)
    for line in lines[:200]:
        lags = min(longest, len(line) // 2 - 1)
        if lags < 2:
            continue
        total[: lags + 1] += len(line) * autocorrelation(_without_trend(line), lags)
        weight[: lags + 1] += len(line)
    mean = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)
    inner = mean[1:-1]
    peaks = np.flatnonzero((inner > mean[:-2]) & (inner >= mean[2:])) + 1
    peaks = peaks[peaks >= 2]
    if not len(peaks):
        return 1, 0.0
    best = int(peaks[np.argmax(mean[peaks])])
    strength = float(mean[best])
    least = max(LEAST, 3.0 / float(weight[best]) ** 0.5)
    return (best, strength) if strength >= least else (1, strength)


def _without_trend(values: NDArray[np.float64]) -> NDArray[np.float64]:
    place = np.arange(len(values)) - (len(values) - 1) / 2
    slope = float(place @ values) / float(place @ place)
    left: NDArray[np.float64] = values - values.mean() - slope * place
    return left
