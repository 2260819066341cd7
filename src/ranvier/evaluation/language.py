"""How well a text is foretold: perplexity, and bits for each character and byte.

A token that stands for what was not seen in training says less than the text does. What it leaves open counts as well:
log2(1,114,112) bits, as if any of Unicode's code points could stand there. The same is counted for the baselines.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .intervals import Measured
from .resampling import Z

OPEN_BITS = math.log2(0x110000)
"""What an unknown token leaves open."""

STRETCH = 200
"""The interval takes so many tokens in a row together, since what is near is alike."""

METRIC = "bits_per_character"


def measure_text(
    nats: NDArray[np.float64], unknown: int, characters: float, size: float
) -> dict[str, Measured]:
    """Perplexity by token, bits by character and by byte, with 95% intervals over other text of the kind.

    Args:
        nats: (L,) -log p of each token.
        unknown: how many of the tokens were not seen in training.
        characters, size: how many characters and bytes the L tokens stand for.

    >>> found = measure_text(np.full(1_000, np.log(2)), 0, 1_000, 1_250)
    >>> {name: round(entry["value"], 6) for name, entry in found.items()}
    {'bits_per_character': 1.0, 'bits_per_byte': 0.8, 'perplexity': 2.0}
    """
    mean, spread = float(nats.mean()), half_width(nats)
    bits = mean / math.log(2) + OPEN_BITS * unknown / len(nats)  # by token
    found = {}
    for name, count in ((METRIC, characters), ("bits_per_byte", size)):
        by = len(nats) / count
        half = None if spread is None else spread / math.log(2) * by
        found[name] = _measured(bits * by, None if half is None else (bits * by - half, bits * by + half))
    ends = None if spread is None else (math.exp(mean - spread), math.exp(mean + spread))
    found["perplexity"] = _measured(math.exp(mean), ends)
    return found


def half_width(nats: NDArray[np.float64]) -> float | None:
    """Half the width of the 95% interval of the mean; None for less than two stretches of tokens."""
    whole = len(nats) // STRETCH
    if whole < 2:
        return None
    means = nats[: whole * STRETCH].reshape(whole, STRETCH).mean(axis=1)
    return float(Z * means.std(ddof=1) / math.sqrt(whole))


def verdict_on_text(nats: NDArray[np.float64], others: dict[str, NDArray[np.float64]]) -> str:
    """How a network compares with baselines on the same tokens, in words.

    Args:
        nats: (L,) of the network.
        others: (L,) of each baseline, by what a sentence calls it.

    >>> even, odd = np.tile([1.0, 1.2], 500), np.tile([1.3, 1.1], 500)
    >>> verdict_on_text(even, {"the 5-grams": odd})
    'Better than the 5-grams (8.3% fewer bits, 95% interval 8.3% to 8.3%).'
    """
    clauses = []
    for name, theirs in others.items():
        whole = float(theirs.mean())
        saved, half = 1 - float(nats.mean()) / whole, half_width(theirs - nats)
        if half is None:
            clauses.append(
                f"{abs(saved):.1%} {'fewer' if saved >= 0 else 'more'} bits than {name}, without an interval"
            )
            continue
        low, high = saved - half / whole, saved + half / whole
        word = "better than" if low > 0 else "worse than" if high < 0 else "no better than"
        if high < 0:
            told = f"{-saved:.1%} more bits, 95% interval {-high:.1%} to {-low:.1%}"
        else:
            told = f"{saved:.1%} fewer bits, 95% interval {low:.1%} to {high:.1%}"
        clauses.append(f"{word} {name} ({told})")
    said = " and ".join(clauses)
    return f"{said[:1].upper()}{said[1:]}." if said else "There is no baseline to compare with."


def _measured(value: float, ends: tuple[float, float] | None) -> Measured:
    low, high = ends or (None, None)
    reason = None if ends else f"fewer than {2 * STRETCH:,} tokens"
    return Measured(value=value, low=low, high=high, method="stretches" if ends else None, reason=reason)
