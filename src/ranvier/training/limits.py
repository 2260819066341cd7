"""When training ends, and what steadies it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """When training ends, and what steadies it.

    Args:
        epochs: at most so many.
        seconds: of training, over all sittings; None means no limit.
        patience: epochs without a better ``metric`` on the validation rows before training stops; 0 means never.
        metric: what is watched: ``loss``, or a metric's name.
        greater_is_better: of that metric.
        l1, l2: penalties on the weights.
        clip: the largest norm of the gradient, or None.
        noise: the deviation of the noise on the prepared numbers of a batch.
        seed: of the run.
    """

    epochs: int
    seconds: float | None = None
    patience: int = 0
    metric: str = "loss"
    greater_is_better: bool = False
    l1: float = 0.0
    l2: float = 0.0
    clip: float | None = None
    noise: float = 0.0
    seed: int = 0
