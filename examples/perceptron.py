"""The perceptron learns AND, cannot learn XOR, and one hidden layer can.

Seed text 004, sections 1.2 and 2.2.2, which tell this story (Rosenblatt 1957, Minsky & Papert 1969, Rumelhart 1986) and
give no program. Rosenblatt's rule: for a row that is answered wrongly, w <- w + (y - a) x and b <- b + (y - a).

Twice: on the four corners themselves, and, with `ranvier.fit`, on corners with noise, measured on new rows. No line is
right on more than 3 of XOR's 4 corners, and the rule, which never settles there, does not even get that far.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import ranvier as rv

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
AND = np.array([0, 0, 0, 1])
XOR = np.array([0, 1, 1, 0])


def perceptron(x: np.ndarray, y: np.ndarray, epochs: int = 1000) -> tuple[int, int | None]:
    """Rosenblatt's rule; the most rows right after any change, and the epoch in which nothing had to be changed."""
    w, b, best = np.zeros(x.shape[1]), 0.0, 0
    for epoch in range(1, epochs + 1):
        changed = False
        for row, label in zip(x, y):
            a = int(row @ w + b >= 0)  # the step
            if a != label:
                w, b, changed = w + (label - a) * row, b + (label - a), True
                best = max(best, int(((x @ w + b >= 0) == y).sum()))
        if not changed:
            return best, epoch
    return best, None


def best_line(y: np.ndarray, lines: int = 100_000) -> int:
    """The most corners that any of so many lines, drawn at random, has on their right side."""
    rng = np.random.default_rng(0)
    w, b = rng.normal(size=(lines, 2)), rng.normal(size=(lines, 1))
    return int(((w @ X.T + b >= 0) == y).sum(axis=1).max())


def around_the_corners(labels: np.ndarray, rows: int, seed: int) -> pl.DataFrame:
    """Corners with normal noise of 0.1, each as often as any other."""
    rng = np.random.default_rng(seed)
    corner = np.arange(rows) % 4
    x = X[corner] + 0.1 * rng.normal(size=(rows, 2))
    return pl.DataFrame({"x1": x[:, 0], "x2": x[:, 1], "y": np.where(labels[corner], "yes", "no")})


def accuracy(labels: np.ndarray, network: dict[str, Any], epochs: int) -> float:
    """The share of 2,000 new rows that the network gets right."""
    settings = {"training.epochs": epochs, "evaluation.baselines": False, "seed": 0}
    with tempfile.TemporaryDirectory() as out:
        run = rv.fit(
            around_the_corners(labels, 400, seed=0),
            target="y",
            test=around_the_corners(labels, 2000, seed=1),
            network=network,
            settings=settings,
            out=Path(out) / "run",
        )
        return float(run.metrics["test"]["accuracy"]["value"])


def main(epochs: int = 60) -> dict[str, Any]:
    found: dict[str, Any] = {
        "and": perceptron(X, AND),
        "xor": perceptron(X, XOR),
        "best_line": best_line(XOR),
    }
    print(f"AND by the perceptron's rule: {found['and'][0]} of 4 right, settled in epoch {found['and'][1]}")
    print(f"XOR by the perceptron's rule: at best {found['xor'][0]} of 4 right, not settled in 1,000 epochs")
    print(f"XOR by the best of 100,000 random lines: {found['best_line']} of 4 right")
    mlp = {"name": "mlp", "hidden": [8], "activation": "tanh", "dropout": 0.0}
    for name, labels, network, passes in (
        ("and_perceptron", AND, {"name": "perceptron"}, 10),
        ("xor_perceptron", XOR, {"name": "perceptron"}, 10),
        ("xor_mlp", XOR, mlp, epochs),
    ):
        found[name] = accuracy(labels, network, passes)
        print(f"{name.replace('_', ' by the '):<21} {found[name]:.3f} right on new rows around the corners")
    return found


if __name__ == "__main__":
    main()
