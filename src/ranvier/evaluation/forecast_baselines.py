"""What a forecast has to beat: the last value, the last season, and exponential smoothing, each from the same past.

Each takes a series of which the first ``origin`` values are known, and gives the next H. The smoothing is fitted anew
at each origin; the network learns once.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..data.series.lines import Floats, Ints

FEWEST = 4
"""With fewer values there is nothing to smooth."""

MOST_FITS = 200
"""So many origins at most are smoothed, evenly spaced: each takes some fits of tenths of a second."""


def naive(known: Floats, horizon: int, season: int = 1) -> Floats:
    """The last season again and again; with a season of 1 the last value.

    >>> naive(np.array([1.0, 2.0, 3.0]), 3, season=2).tolist()
    [2.0, 3.0, 2.0]
    """
    return np.resize(known[-min(season, len(known)) :], horizon).astype(np.float64)


def forms(known: Floats, season: int) -> list[dict[str, Any]]:
    """The forms of exponential smoothing that are tried: trend, damped trend or none, seasons that add or multiply."""
    trends: list[dict[str, Any]] = [{"trend": "add"}, {"trend": "add", "damped_trend": True}, {"trend": None}]
    if season < 2 or len(known) < 2 * season + 4:
        return trends
    found = [{**trend, "seasonal": "add", "seasonal_periods": season} for trend in trends]
    if known.min() > 0:
        found += [{**trend, "seasonal": "mul", "seasonal_periods": season} for trend in trends[:2]]
    return found


def smoothing(
    known: Floats, horizon: int, season: int, form: dict[str, Any] | None = None
) -> tuple[Floats, Any]:
    """Exponential smoothing (Holt 1957, Winters 1960), of the forms the one with the least AICc.

    Args:
        known: (T,).
        horizon: H.
        season: of the series.
        form: one of ``forms``, where it was chosen before; None chooses.

    Returns:
        The forecast (H,), and the form.
    """
    from statsmodels.tsa.holtwinters import ExponentialSmoothing  # type: ignore[import-untyped]

    if len(known) < FEWEST:
        return naive(known, horizon, season), None
    best: tuple[float, Floats, Any] | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a fit has not converged
        for each in [form] if form is not None else forms(known, season):
            try:
                fitted = ExponentialSmoothing(known, initialization_method="estimated", **each).fit()
                said = np.asarray(fitted.forecast(horizon), dtype=np.float64)
            except (ValueError, FloatingPointError, np.linalg.LinAlgError):
                continue
            if np.isfinite(said).all() and (best is None or fitted.aicc < best[0]):
                best = (float(fitted.aicc), said, each)
    if best is None:
        return naive(known, horizon, season), None
    return best[1], best[2]


def is_installed() -> bool:
    """Whether statsmodels, which smooths, is there."""
    from importlib.util import find_spec

    return find_spec("statsmodels") is not None


def spaced(count: int, most: int = MOST_FITS) -> Ints:
    """At most ``most`` of ``count`` places, evenly spaced, the first and the last among them.

    >>> spaced(5, 3).tolist()
    [0, 2, 4]
    """
    return np.unique(np.round(np.linspace(0, count - 1, min(count, most))).astype(np.int64))


def smoothed(known: Sequence[Floats], horizon: int, season: int) -> Floats:
    """The smoothing of several series or origins: (N, H); the form is chosen anew for each."""
    return np.stack([smoothing(each, horizon, season)[0] for each in known])
