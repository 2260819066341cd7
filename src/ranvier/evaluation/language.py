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

TEMPERATURES = tuple(1.04**step for step in range(-15, 26))
"""Among these, from 0.56 to 2.67, a temperature is looked for."""

AS_IT_IS = TEMPERATURES.index(1.0)
"""The place of 1, which leaves the network's own probabilities."""

ENOUGH = 1_000
"""Fewer tokens choose no temperature."""


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


def recalibrated(nats: NDArray[np.float64]) -> float:
    """The temperature at which a text is foretold best; 1 where none is better, or there is too little text.

    Guo et al., On calibration of modern neural networks (ICML 2017). Whether it is better is asked of tokens that did
    not choose it: each half of the text at the temperature that the other half chooses.

    Args:
        nats: (G, L) -log p of each token of a text that took no part in the training, at each of ``TEMPERATURES``.

    >>> heats = np.array(TEMPERATURES)[:, None]
    >>> round(recalibrated(np.log(heats / 1.2) ** 2 + np.zeros((1, 1_000))), 3)
    1.2
    """
    half = nats.shape[1] // 2
    if nats.shape[1] < ENOUGH:
        return 1.0
    first, second = nats[:, :half], nats[:, half:]
    crossed = second[_best(first)].sum() + first[_best(second)].sum()
    if crossed >= nats[AS_IT_IS].sum():
        return 1.0
    means, best = nats.mean(axis=1), _best(nats)
    step = float(best - AS_IT_IS)
    if 0 < best < len(TEMPERATURES) - 1:  # the lowest point of the parabola through three
        before, at, after = means[best - 1 : best + 2]
        step += float((before - after) / (2 * (before - 2 * at + after)))
    return float(1.04**step)


def _best(nats: NDArray[np.float64]) -> int:
    return int(nats.mean(axis=1).argmin())


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
