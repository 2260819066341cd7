"""MNIST with the networks for pictures: accuracy on its 10,000 test digits, seconds of the processor.

    scripts/bench pictures FOLDER [NETWORK[:EPOCHS] ...]

FOLDER holds MNIST's four IDX files. Each network is trained with its defaults but for one thread and 5% of the training
rows for validation; ``lenet5:12`` says how many epochs, where the default is not wanted.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import ranvier as rv

SETTINGS = {"split.validation": 0.05, "evaluation.baselines": False, "execution.threads": 1}


class Clock:
    """Notes when the accuracy on the validation rows first reached 99%."""

    def __init__(self) -> None:
        self.started = time.process_time()
        self.reached: float | None = None

    def on_step(self, state: object, batch: object, loss: float) -> None:
        """Nothing."""

    def on_epoch(self, state: object, line: dict) -> None:
        """Look at the accuracy."""
        if self.reached is None and line["validation"].get("accuracy", 0.0) >= 0.99:
            self.reached = time.process_time() - self.started


def main() -> None:
    folder, asked = sys.argv[1], sys.argv[2:] or ["lenet5", "compact"]
    print("network, epochs, test accuracy (95% interval), processor in all, until 99.0% on validation rows")
    for one in asked:
        network, _, epochs = one.partition(":")
        settings = {**SETTINGS, **({"training.epochs": int(epochs)} if epochs else {})}
        clock = Clock()
        with tempfile.TemporaryDirectory() as out:
            run = rv.fit(folder, network=network, settings=settings, out=Path(out) / "run", watchers=[clock])
            used = time.process_time() - clock.started
            test = run.metrics["test"]["accuracy"]
            done = len(run.history)
        reached = "not reached" if clock.reached is None else f"{clock.reached:.0f} s"
        print(
            f"{network}, {done}, {test['value']:.4f} ({test['low']:.4f} to {test['high']:.4f}), {used:.0f} s, "
            f"{reached}",
            flush=True,
        )


if __name__ == "__main__":
    main()
