"""One temperature for all probabilities, chosen on rows that took no part in the training, and whether it helps.

Legend: N rows, C classes. Guo et al., On calibration of modern neural networks (ICML 2017). The temperature is fitted
to all validation rows; whether it helps is asked of rows that did not choose it: five folds, each at the temperature
that the other four choose.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .calibration import at_temperature, calibration_error, temperature
from .inputs import Floats
from .metrics import log_loss
from .more_metrics import brier

FOLDS = 5
FEWEST = 30
"""Validation rows below which nothing is chosen."""
WRONG = 10
"""Rows of another class than predicted, below which nothing is chosen: they alone tell how sure is too sure."""


@dataclass(frozen=True)
class Recalibration:
    """A temperature, and what it brings.

    Args:
        temperature: that makes the log loss of the validation rows least; above 1 where the network is too sure.
        applied: whether the model gives probabilities at this temperature, rather than its own.
        reason: why, as a sentence.
        validation: the log loss of the validation rows ``before``, and ``after``: each at a temperature that it did not
            choose.
        test: ``log_loss``, ``calibration_error`` and ``brier`` of the test rows, each ``before`` and ``after``; empty
            without test rows.
    """

    temperature: float
    applied: bool
    reason: str
    validation: dict[str, float]
    test: dict[str, dict[str, float]]

    @property
    def used(self) -> float:
        """The temperature of the model's probabilities: 1 where none is applied."""
        return self.temperature if self.applied else 1.0

    def as_dict(self) -> dict[str, Any]:
        """As it stands in ``metrics.json``."""
        return asdict(self)


def recalibrate(target: ArrayLike, prediction: ArrayLike, seed: int = 0) -> Recalibration | None:
    """Choose a temperature on validation rows; None where there are fewer than 30, or fewer than 10 wrong ones.

    It is applied where it lowers the log loss of rows that did not choose it. It changes no predicted class.

    Args:
        target: (N,) class indices 0..C-1 of the validation rows.
        prediction: (N, C) probabilities.
        seed: of the folds.

    Raises:
        DataError: the arrays do not fit together, or are not probabilities.
    """
    truth, guess = np.asarray(target), np.asarray(prediction, dtype=np.float64)
    if len(truth) < FEWEST or int((guess.argmax(1) != truth).sum()) < WRONG:
        return None
    found = temperature(truth, guess)
    folds = np.random.Generator(np.random.PCG64(seed)).permutation(len(truth)) % FOLDS
    others = np.empty_like(guess)
    for fold in range(FOLDS):
        inside = folds == fold
        others[inside] = at_temperature(guess[inside], temperature(truth[~inside], guess[~inside]))
    before, after = _log_loss(truth, guess), _log_loss(truth, others)
    if after < before:
        reason = "it lowers the log loss of validation rows that did not choose it"
    else:
        reason = "it does not lower the log loss of validation rows that did not choose it"
    return Recalibration(found, after < before, reason, {"before": before, "after": after}, {})


def before_and_after(
    target: ArrayLike, prediction: ArrayLike, temperature: float
) -> dict[str, dict[str, float]]:
    """Log loss, expected calibration error and Brier score of rows before and after a temperature.

    Args:
        target: (N,) class indices 0..C-1.
        prediction: (N, C) probabilities of the network.
        temperature: see ``recalibrate``.

    Raises:
        DataError: the arrays do not fit together, or are not probabilities.
    """
    truth, guess = np.asarray(target), np.asarray(prediction, dtype=np.float64)
    both = {"before": guess, "after": at_temperature(guess, temperature)}
    return {
        "log_loss": {when: _log_loss(truth, each) for when, each in both.items()},
        "calibration_error": {when: calibration_error(truth, each) for when, each in both.items()},
        "brier": {when: float(brier(truth, each)[0]) for when, each in both.items()},
    }


def _log_loss(truth: NDArray[np.int64], guess: Floats) -> float:
    return float(log_loss(truth, guess)[0])
