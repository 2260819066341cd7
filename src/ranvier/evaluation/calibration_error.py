"""The expected calibration error as a metric, with an interval that holds where a bootstrap's does not.

Legend: N rows, C classes, M bins of equal width of the confidence, R resamples. Confidence is the probability of the
predicted class. Guo et al., On calibration of modern neural networks (ICML 2017).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .classification import Labels, labels
from .inputs import Floats
from .metrics import Ends, Metric

BINS = 10
DRAWS = 2000
"""So many errors are simulated behind each end of an interval."""
HALVINGS = 30


def of_bins(target: Labels, probabilities: Floats, weights: Floats) -> Floats:
    """The expected calibration error in ten bins: (N,), (N, C), (R, N) -> (R,).

    The sum over the bins of their share of the rows times |share of right rows - mean confidence|.
    """
    gap, index = _gaps(target, probabilities)
    by_bin = np.zeros((len(gap), BINS))
    by_bin[np.arange(len(gap)), index] = gap
    total: Floats = np.abs(weights @ by_bin).sum(1) / weights.sum(1)
    return total


def interval(target: Labels, probabilities: Floats, weight: Floats | None, seed: int) -> tuple[str, Ends]:
    """The 95% interval of the expected calibration error, by simulation.

    Noise cannot cancel under the absolute value: the error that is measured is above the true one, the more so the
    nearer to 0 that is, and a bootstrap adds the same once more. Here the measurement is simulated instead: bins with
    true gaps t g_m and normal noise of the size that their rows have, for a whole range of t. The interval holds the
    errors sum_m a_m t g_m for which what was measured lies between the 2.5% and the 97.5% quantile of what would be
    (a test inverted: Neyman, 1937). The profile g is that of the measured gaps, drawn towards their common size by as
    much as their squares are noise. The interval begins at 0 where true probabilities could have given as much.

    Args:
        target: (N,) class indices.
        probabilities: (N, C)
        weight: (N,) row weights; None is one each.
        seed: of the simulation.
    """
    gap, index = _gaps(target, probabilities)
    rows = len(gap)
    w = np.ones(rows) if weight is None else weight * (rows / weight.sum())
    inside = np.bincount(index, w, BINS)
    used = inside > 0
    inside = inside[used]
    share = inside / rows
    measured = np.bincount(index, w * gap, BINS)[used] / inside
    confidence = np.bincount(index, w * probabilities.max(1), BINS)[used] / inside
    right = measured + confidence
    right = (right * inside + confidence) / (inside + 1)  # one row more that is as right as it says
    noise = np.sqrt(np.clip(right * (1 - right), 0.0, None) * np.bincount(index, w**2, BINS)[used]) / inside
    squares = float(share @ measured**2)
    signal = max(0.0, 1.0 - float(share @ noise**2) / squares) if squares > 0 else 0.0
    profile = np.sqrt(signal * measured**2 + (1.0 - signal) * squares)
    error = float(share @ np.abs(measured))
    drawn = np.random.default_rng([seed, 2]).standard_normal((DRAWS, len(share) + 1))
    effective = rows**2 / (w**2).sum()

    def above(t: float, quantile: float) -> float:
        """By how much a quantile of the errors that would be measured is above the one that was; it grows with t."""
        gaps = t * profile
        spread = float(share @ gaps**2) - float(share @ gaps) ** 2
        between = (max(spread, 0.0) / effective) ** 0.5
        found = np.abs(gaps + noise * drawn[:, 1:]) @ share + between * drawn[:, 0]
        return float(np.quantile(found, quantile)) - error

    scale = float(share @ profile)
    low, high = (scale * _root(lambda t, q=q: above(t, q)) for q in (0.975, 0.025))  # type: ignore[misc]
    return "simulation", (min(low, error), min(max(high, error), 1.0))


def _root(rising: Callable[[float], float]) -> float:
    """Where a rising function of t >= 0 passes 0; 0 where it begins above."""
    if rising(0.0) >= 0:
        return 0.0
    low, high = 0.0, 1.0
    while rising(high) < 0 and high < 1e6:
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return high


def _gaps(target: Labels, probabilities: Floats) -> tuple[Floats, Labels]:
    """Of each row (N,): right (1 or 0) less the confidence, and the bin."""
    confidence = np.clip(probabilities.max(1), 0.0, 1.0)
    right = (labels(probabilities) == target).astype(np.float64)
    index = np.searchsorted(np.linspace(0.0, 1.0, BINS + 1)[1:-1], confidence)
    return right - confidence, index.astype(np.int64)


expected_calibration_error = Metric(
    "expected_calibration_error",
    "classes",
    False,
    "probabilities",
    of_bins,
    high=1.0,
    interval=interval,
)
