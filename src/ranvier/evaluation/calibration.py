"""Whether probabilities mean what they say: of the rows called 80% sure, about 80% should be right.

Legend: N rows, C classes, M bins. Confidence is the probability of the predicted class. Guo et al., On calibration of
modern neural networks (ICML 2017), for the expected calibration error and for temperature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .calibration_error import BINS, of_bins
from .classification import labels
from .inputs import Floats, check_probabilities, checked, checked_weight
from .resampling import wilson

TINY = 1e-300
"""The logarithm is taken of nothing smaller."""


@dataclass(frozen=True)
class Bin:
    """The rows whose confidence is in (``low``, ``high``].

    Args:
        low, high: the bin's ends.
        rows: how many there are, at least 1.
        confidence: their mean confidence.
        right: the share of them that is right.
        interval: Wilson's 95% interval of that share.
    """

    low: float
    high: float
    rows: int
    confidence: float
    right: float
    interval: tuple[float, float]


def reliability(target: ArrayLike, prediction: ArrayLike, bins: int = BINS) -> list[Bin]:
    """The share of right rows in bins of equal width of the confidence; empty bins are left out.

    Args:
        target: (N,) class indices 0..C-1.
        prediction: (N, C) probabilities.
        bins: M.

    Raises:
        DataError: the arrays do not fit together, or are not probabilities.

    >>> [(bin.rows, round(bin.confidence, 2), bin.right) for bin in reliability([0, 1], [[0.9, 0.1], [0.8, 0.2]])]
    [(1, 0.8, 0.0), (1, 0.9, 1.0)]
    """
    confidence, right, index = _binned(target, prediction, bins)
    found = []
    for m in np.unique(index):
        inside = index == m
        rows, share = int(inside.sum()), float(right[inside].mean())
        mean = float(confidence[inside].mean())
        found.append(Bin(m / bins, (m + 1) / bins, rows, mean, share, wilson(share, rows)))
    return found


def calibration_error(target: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None = None) -> float:
    """The expected calibration error: sum over ten bins of their share of rows times |right - confidence|.

    Args:
        target: (N,) class indices 0..C-1.
        prediction: (N, C) probabilities.
        weight: (N,) row weights; None counts each row once.

    Raises:
        DataError: the arrays do not fit together, or are not probabilities.

    >>> round(calibration_error([0, 1], [[0.9, 0.1], [0.8, 0.2]]), 3)
    0.45
    """
    truth, guess = checked(target, prediction, "classes")
    check_probabilities(guess)
    row_weight = checked_weight(weight, len(truth))
    weights = np.ones((1, len(truth))) if row_weight is None else row_weight[None]
    return float(of_bins(truth, guess, weights)[0])


def temperature(target: ArrayLike, prediction: ArrayLike) -> float:
    """The temperature T that makes the log loss of p^(1/T) / sum p^(1/T) least: above 1 where too sure.

    It changes no predicted class. It is looked for between 0.05 and 20.

    Args:
        target: (N,) class indices 0..C-1 of rows that took no part in the training and are not the test rows.
        prediction: (N, C) probabilities.

    Raises:
        DataError: the arrays do not fit together, or are not probabilities.
    """
    truth, guess = checked(target, prediction, "classes")
    check_probabilities(guess)
    from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]

    rows, logs = np.arange(len(truth)), np.log(np.maximum(guess, TINY))

    def loss(log_temperature: float) -> float:  # convex in 1/T, so that it has one valley in log T
        scaled = logs / np.exp(log_temperature)
        scaled = scaled - scaled.max(1, keepdims=True)
        return float(np.mean(np.log(np.exp(scaled).sum(1)) - scaled[rows, truth]))

    found = minimize_scalar(
        loss, bounds=(np.log(0.05), np.log(20.0)), method="bounded", options={"xatol": 1e-6}
    )
    return float(np.exp(found.x))


def at_temperature(prediction: ArrayLike, temperature: float) -> Floats:
    """Probabilities (N, C) at a temperature; 1 leaves them as they are.

    >>> at_temperature([[0.8, 0.2]], 2.0).round(3)
    array([[0.667, 0.333]])
    """
    scaled = np.log(np.maximum(np.asarray(prediction, dtype=np.float64), TINY)) / temperature
    powers: Floats = np.exp(scaled - scaled.max(1, keepdims=True))
    shares: Floats = powers / powers.sum(1, keepdims=True)
    return shares


def _binned(target: ArrayLike, prediction: ArrayLike, bins: int) -> tuple[Floats, Floats, Floats]:
    """Of each row (N,): the confidence, whether it is right, and the bin."""
    truth, guess = checked(target, prediction, "classes")
    check_probabilities(guess)
    confidence = np.clip(guess.max(1), 0.0, 1.0)
    right = (labels(guess) == truth).astype(np.float64)
    return confidence, right, np.searchsorted(np.linspace(0.0, 1.0, bins + 1)[1:-1], confidence)
