"""How often a metric's 95% interval holds the true value: simulated data whose truth is known from two million rows.

python benchmarks/interval_coverage.py [REPETITIONS] [SIZE ...]
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ranvier.catalog import METRICS, load
from ranvier.evaluation import Metric, measure

Rows = tuple[NDArray[np.float64], NDArray[np.float64]]


def shares(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Softmax over the columns."""
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def of_classes(scores: NDArray[np.float64], heat: float, generator: np.random.Generator) -> Rows:
    """Classes drawn from the scores' probabilities; the prediction knows the scores with noise, and is too sure."""
    true = shares(scores)
    target = (generator.random((len(true), 1)) > true.cumsum(1)).sum(1).clip(max=true.shape[1] - 1)
    return target, shares(heat * (scores + 0.4 * generator.normal(size=scores.shape)))


def two(rows: int, generator: np.random.Generator, base: float = -0.6) -> Rows:
    """Two classes, 38% positive."""
    score = generator.normal(base, 1.6, rows)
    return of_classes(np.stack([np.zeros(rows), score], 1), 1.3, generator)


def rare(rows: int, generator: np.random.Generator) -> Rows:
    """Two classes, 11% positive."""
    return two(rows, generator, -2.8)


def eight(rows: int, generator: np.random.Generator) -> Rows:
    """Eight classes, from 5% to 25% of the rows."""
    scores = 1.5 * generator.normal(size=(rows, 8)) + np.linspace(0.8, -0.8, 8)
    return of_classes(scores, 1.3, generator)


def normal(rows: int, generator: np.random.Generator) -> Rows:
    """Values above 0 with normal errors of one size."""
    prediction = 1 + np.abs(generator.normal(8.0, 2.0, rows))
    return np.abs(prediction + generator.normal(size=rows)) + 0.05, prediction


def heavy(rows: int, generator: np.random.Generator) -> Rows:
    """Values with errors of Student's t with six degrees, the larger the value the larger."""
    prediction = 1 + np.abs(generator.normal(5.0, 2.0, rows))
    errors = generator.standard_t(6, rows) * prediction / 10
    return np.abs(prediction + errors) + 0.05, prediction


WORLDS: dict[str, tuple[Callable[..., Rows], int]] = {
    "two classes": (two, 2),
    "rare class": (rare, 2),
    "eight classes": (eight, 8),
    "normal errors": (normal, 0),
    "heavy tails": (heavy, 0),
}


def metrics_of(classes: int) -> list[Metric]:
    """The metrics that suit so many classes; 0 are values. One of each two that are the same number."""
    found = [load("metrics", name) for name in METRICS if not name.startswith("recall_")]
    if not classes:
        return [metric for metric in found if metric.form == "values"]
    return [metric for metric in found if metric.form == "classes" and metric.suits(classes)]


def covered(
    draw: Callable[..., Rows], metrics: list[Metric], rows: int, repetitions: int
) -> dict[str, float]:
    """The share of intervals that hold the truth, of each metric; of those that there are."""
    chunks = [draw(200_000, np.random.default_rng([1, i])) for i in range(10)]
    truth = {m.name: np.mean([m(*chunk)[0] for chunk in chunks]) for m in metrics}
    held: dict[str, list[bool]] = {metric.name: [] for metric in metrics}
    for repetition in range(repetitions):
        target, prediction = draw(rows, np.random.default_rng([2, rows, repetition]))
        for name, entry in measure(target, prediction, metrics, repetition).items():
            if entry["low"] is not None and entry["high"] is not None:
                held[name].append(bool(entry["low"] <= truth[name] <= entry["high"]))
    return {name: float(np.mean(each)) for name, each in held.items()}


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    sizes = [int(size) for size in sys.argv[2:]] or [100, 500, 2000]
    print(f"{repetitions} repetitions; per cent of intervals that hold the truth, for {sizes} rows")
    for name, (draw, classes) in WORLDS.items():
        found = [covered(draw, metrics_of(classes), rows, repetitions) for rows in sizes]
        print(f"\n| {name} | " + " | ".join(map(str, sizes)) + " |\n|---|" + "---|" * len(sizes))
        for metric in found[0]:
            print(
                f"| {metric} | " + " | ".join(f"{100 * each[metric]:.1f}" for each in found) + " |",
                flush=True,
            )


if __name__ == "__main__":
    main()
