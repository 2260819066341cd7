"""The network 2-4-1 that tells whether a rectangle contains a circle.

Seed text 000, section 4.3. It promises 95% on new data from 100 samples that contain the circle and 100 that do not.
Here the inputs are the width w and the height h of a rectangle, the circle has the diameter 1 and lies in the
rectangle's middle, so that the answer is: min(w, h) >= 1.

The original gives no data and no program, and its formula cannot be the network that it describes:

- y = y1 / (1 + y1) * y2 / (1 + y2) is called a sigmoid. It is not 1 / (1 + exp(-z)): it is 0 as soon as one of the two
  ReLUs is 0, where the cross-entropy of a positive sample is infinite and every gradient is 0. From random weights
  most samples lie there (printed below);
- there are two hidden neurons y1, y2 in it, not the four of the text;
- "each neuron uses ReLU" and "hidden and output layer use sigmoid" cannot both hold.

Mended: four ReLU neurons, one sigmoid, cross-entropy (and Adam, not plain gradient descent). What the promise needs is
printed: the accuracy on 20,000 new rectangles after learning from 100 + 100 and from 1,000 + 1,000, each for several
draws of samples and weights.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl

import ranvier as rv


def rectangles(each: int, rng: np.random.Generator) -> pl.DataFrame:
    """`each` rectangles that contain the circle and `each` that do not, sides uniform from 0 to 2."""
    sides = rng.uniform(0, 2, size=(40 * each, 2))
    contains = sides.min(axis=1) >= 1
    chosen = np.concatenate([sides[contains][:each], sides[~contains][:each]])
    answer = ["contains"] * each + ["does not"] * each
    return pl.DataFrame({"width": chosen[:, 0], "height": chosen[:, 1], "circle": answer})


def seed_formula(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The original's y for inputs (N, 2), with weights from the standard normal distribution and b = 0."""
    y1, y2 = np.maximum(x @ rng.normal(size=(2, 2)), 0).T
    return y1 / (1 + y1) * y2 / (1 + y2)


def share_without_gradient(draws: int = 1000) -> float:
    """The share of the samples that the original's formula answers with exactly 0 at first: they teach it nothing."""
    rng = np.random.default_rng(0)
    x = rectangles(100, rng).select("width", "height").to_numpy()
    return float(np.mean([np.mean(seed_formula(x, rng) == 0) for _ in range(draws)]))


def accuracy(each: int, seed: int) -> float:
    """Learn from `each` + `each` rectangles; the accuracy on 20,000 new ones."""
    rng = np.random.default_rng(seed)
    settings = {
        "network": {"name": "mlp", "hidden": [4], "activation": "relu", "dropout": 0.0},
        "training.optimizer": "adam",
        "training.learning_rate": 0.02,
        "training.batch_size": 20,
        "training.epochs": max(20, 15_000 // each),
        "evaluation.baselines": False,
        "seed": seed,
    }
    with tempfile.TemporaryDirectory() as out:
        run = rv.fit(
            rectangles(each, rng),
            target="circle",
            test=rectangles(10_000, rng),
            settings=settings,
            out=Path(out) / "run",
        )
        return float(run.metrics["test"]["accuracy"]["value"])


def main(draws: int = 3, sizes: tuple[int, ...] = (100, 1000)) -> dict[str, object]:
    dead = share_without_gradient()
    print(f"the original's formula gives 0, and no gradient, for {dead:.0%} of the samples at first")
    found = {each: [accuracy(each, seed) for seed in range(draws)] for each in sizes}
    for each, values in found.items():
        print(
            f"2-4-1 from {each:,} + {each:,} samples: on new rectangles {np.median(values):.3f} "
            f"(lowest {min(values):.3f}, highest {max(values):.3f} of {draws})"
        )
    return {"dead": dead, "accuracy": found}


if __name__ == "__main__":
    main()
