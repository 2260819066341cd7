"""A small finished run, and what it was made from, for tests that need one."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import polars as pl

import ranvier as rv

QUICK: dict[str, Any] = {
    "training.epochs": 3,
    "evaluation.baselines": False,
    "network": {"name": "mlp", "hidden": [8]},
}
"""Settings that train in a moment."""


def mixed_frame(rows: int = 120) -> pl.DataFrame:
    """Numbers with gaps, words and truths; the target follows from them."""
    numbers = [None if i % 17 == 0 else round((i * 37 % 101) / 7, 3) for i in range(rows)]
    words = [["red", "green", "blue"][i % 3] for i in range(rows)]
    truths = [i % 2 == 0 for i in range(rows)]
    target = [
        "yes" if (n or 0) > 7 or (w == "red" and t) else "no" for n, w, t in zip(numbers, words, truths)
    ]
    return pl.DataFrame({"size": numbers, "colour": words, "new": truths, "bought": target})


def small_run(folder: Path, **settings: Any) -> rv.Run:
    """A run on the mixed frame, in ``folder``."""
    return rv.fit(mixed_frame(), target="bought", settings={**QUICK, **settings}, out=folder / "run")


class StopAt:
    """Presses Ctrl-C after a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step(self, state: Any, batch: Any, loss: float) -> None:
        if state.step == self.step:
            signal.raise_signal(signal.SIGINT)

    def on_epoch(self, state: Any, line: Any) -> None:
        pass
