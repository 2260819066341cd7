"""Series as baselines take them: as many points in each, on straight lines between those that there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_POINTS = 256
"""A baseline sees so many numbers of a series at most."""


def resampled(
    points: NDArray[np.float32], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.float64]:
    """All series at as many places, evenly spaced from the first point to the last.

    Args:
        points: (L, C) of all series.
        starts: (N,) where each begins.
        lengths: (N,) its points; one without any is 0.

    Returns:
        (N, C P), P being the most points that a series has, or fewer so that C P is at most ``MOST_POINTS``.

    >>> resampled(np.array([[0.0], [2.0], [5.0]]), np.array([0, 2]), np.array([2, 1])).tolist()
    [[0.0, 2.0], [5.0, 5.0]]
    """
    channels = points.shape[1]
    count = max(1, min(int(lengths.max(initial=1)), MOST_POINTS // max(1, channels)))
    found = np.zeros((len(starts), channels, count))
    for row, (start, length) in enumerate(zip(starts, lengths)):
        if length:
            places = np.linspace(0, length - 1, count)
            for channel in range(channels):
                own = points[start : start + length, channel]
                found[row, channel] = np.interp(places, np.arange(length), own)
    return found.reshape(len(starts), -1)
