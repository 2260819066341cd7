"""MNIST with the networks for pictures, by plain defaults: accuracy on its 10,000 test digits, seconds of training.

    scripts/bench pictures FOLDER [NETWORK[:SEEDS] ...]

FOLDER holds MNIST's four IDX files. Each network is trained as ``ranvier train FOLDER --network NETWORK`` does, from
the seeds 0, 1, ...; ``default`` is ``ranvier train FOLDER``. Without networks: ``lenet5:3 default:3``. The aims are
99.1% within 3 minutes for lenet5, and 99.5% within 10 minutes for the default.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import ranvier as rv
from ranvier.workflow.planning import plan_of


class Clock:
    """Notes the seconds of training, by the clock and of the processor, and when 99% was first reached.

    It is looked for on the validation rows, at the end of each epoch.
    """

    def __init__(self) -> None:
        self.began: tuple[float, float] | None = None
        self.took = (0.0, 0.0)
        self.reached: tuple[float, float] | None = None

    def on_step(self, state: object, batch: object, loss: float) -> None:
        """Begin with the first step."""
        self.began = self.began or (time.perf_counter(), time.process_time())

    def on_epoch(self, state: object, line: dict[str, Any]) -> None:
        """Look at the clocks, and at the accuracy."""
        began = self.began or (0.0, 0.0)
        self.took = (time.perf_counter() - began[0], time.process_time() - began[1])
        if self.reached is None and line["validation"]["accuracy"] >= 0.99:
            self.reached = self.took


def measured(folder: str, network: str, seed: int) -> float:
    """Train once and print a line; the accuracy on the test digits."""
    clock = Clock()
    named = {} if network == "default" else {"network": network}
    with tempfile.TemporaryDirectory() as out:
        run = rv.fit(folder, settings={"seed": seed, **named}, out=Path(out) / "run", watchers=[clock])
        test, epochs = run.metrics["test"]["accuracy"], len(run.history)
    until = "never" if clock.reached is None else "{:.0f} s ({:.0f} s)".format(*clock.reached)
    print(
        f"{network}, {seed}, {epochs}, {test['value']:.4f} ({test['low']:.4f} to {test['high']:.4f}), "
        f"{clock.took[0]:.0f} s ({clock.took[1]:.0f} s), {until}, {plan_of(run.spec)}",
        flush=True,
    )
    return float(test["value"])


def main() -> None:
    folder, asked = sys.argv[1], sys.argv[2:] or ["lenet5:3", "default:3"]
    print(
        "network, seed, epochs, test accuracy (95% interval), training (of the processor), until 99.0%, plan"
    )
    for one in asked:
        network, _, seeds = one.partition(":")
        found = [measured(folder, network, seed) for seed in range(int(seeds or 1))]
        print(f"{network}: median of {len(found)}: {statistics.median(found):.4f}", flush=True)


if __name__ == "__main__":
    main()
