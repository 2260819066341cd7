"""MNIST with the seed's own network, 784-128-10: Adam, batch 32, 10 epochs; accuracy on MNIST's own 10,000 test digits.

    python benchmarks/mnist_seed.py FOLDER [SEEDS]

FOLDER holds MNIST's four IDX files. Training accuracy is printed beside test accuracy, since the seed's text shows the
one as if it were the other.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import ranvier as rv

SETTINGS = {
    "network": {"name": "mlp", "hidden": [128], "dropout": 0.0},
    "training.optimizer": "adam",
    "training.learning_rate": 1e-3,
    "training.batch_size": 32,
    "training.epochs": 10,
    "split.validation": 0.05,
    "evaluation.baselines": False,
}


def read_idx(path: Path) -> np.ndarray:
    """An array from an IDX file."""
    content = path.read_bytes()
    shape = np.frombuffer(content, ">i4", count=content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)


def main() -> None:
    folder, seeds = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3
    parts = {
        part: (read_idx(folder / f"{part}-images-idx3-ubyte"), read_idx(folder / f"{part}-labels-idx1-ubyte"))
        for part in ("train", "t10k")
    }
    accuracies = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as out:
            started = time.perf_counter()
            run = rv.fit(
                *parts["train"],
                test=parts["t10k"],
                settings={**SETTINGS, "seed": seed},
                out=Path(out) / "run",
            )
            seconds = time.perf_counter() - started
            test = run.metrics["test"]["accuracy"]
            train = rv.evaluate(run, *parts["train"]).test["accuracy"]["value"]
        accuracies.append(test["value"])
        print(
            f"seed {seed}: test accuracy {test['value']:.4f} (95% interval {test['low']:.4f} to {test['high']:.4f}), "
            f"training accuracy {train:.4f}, {seconds:.0f} s in all",
            flush=True,
        )
    print(f"median of {seeds}: {statistics.median(accuracies):.4f}")


if __name__ == "__main__":
    main()
