"""How well hidden tokens are told: perplexity and accuracy, each over the hidden tokens alone."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .intervals import Measured
from .language import STRETCH, half_width


def measure_hidden(nats: NDArray[np.float64], right: NDArray[np.bool_]) -> dict[str, Measured]:
    """Perplexity and accuracy, with 95% intervals over other text of the kind.

    Args:
        nats: (N,) -log p of each hidden token.
        right: (N,) whether it was told.

    >>> found = measure_hidden(np.full(1_000, np.log(8)), np.tile([True, False], 500))
    >>> {name: round(entry["value"], 6) for name, entry in found.items()}
    {'perplexity': 8.0, 'accuracy': 0.5}
    """
    mean, share = float(nats.mean()), float(right.mean())
    spread, about = half_width(nats), half_width(right.astype(np.float64))
    return {
        "perplexity": _measured(
            math.exp(mean), None if spread is None else (math.exp(mean - spread), math.exp(mean + spread))
        ),
        "accuracy": _measured(
            share, None if about is None else (max(share - about, 0.0), min(share + about, 1.0))
        ),
    }


def _measured(value: float, ends: tuple[float, float] | None) -> Measured:
    low, high = ends or (None, None)
    reason = None if ends else f"fewer than {2 * STRETCH:,} hidden tokens"
    return Measured(value=value, low=low, high=high, method="stretches" if ends else None, reason=reason)
