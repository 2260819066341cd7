"""How often a metric's 95% interval holds the true value: simulated data whose truth is known from two million rows.

python benchmarks/interval_coverage.py [REPETITIONS] [--rows 100,500] [--worlds "rare class,counts"]

Beside each figure that is outside of 93 to 97 stands *; (n%) is the share of repetitions that were refused an interval.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ranvier.catalog import METRICS, load
from ranvier.evaluation import Metric, measure
from ranvier.evaluation.inputs import Form

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


def grades(rows: int, generator: np.random.Generator) -> Rows:
    """Five classes in an order, from 7% to 38% of the rows, about a hidden number."""
    place = generator.normal(size=rows)
    scores = -1.5 * (place[:, None] - np.linspace(-2, 2, 5)) ** 2
    return of_classes(scores, 1.2, generator)


def counts(rows: int, generator: np.random.Generator) -> Rows:
    """Counts of about 3 whose rate varies more than the prediction knows."""
    rate = generator.gamma(3.0, 1.0, rows) + 0.1
    return generator.poisson(rate).astype(np.float64), rate * np.exp(0.3 * generator.normal(size=rows))


def sets(rows: int, generator: np.random.Generator) -> Rows:
    """Six labels, each on 10% to 40% of the rows, two and two depending on one another."""
    shared = np.repeat(generator.normal(size=(rows, 3)), 2, axis=1)
    score = 1.2 * shared + generator.normal(size=(rows, 6)) + np.linspace(-0.6, -3.0, 6)
    marks = generator.random((rows, 6)) < 1 / (1 + np.exp(-score))
    known = 1.3 * (score + 0.4 * generator.normal(size=score.shape))
    return marks.astype(np.int64), 1 / (1 + np.exp(-known))


WORLDS: dict[str, tuple[Callable[..., Rows], Form, int]] = {
    "two classes": (two, "classes", 2),
    "rare class": (rare, "classes", 2),
    "eight classes": (eight, "classes", 8),
    "five grades": (grades, "ordered", 5),
    "six labels": (sets, "labels", 6),
    "normal errors": (normal, "values", 1),
    "heavy tails": (heavy, "values", 1),
    "counts": (counts, "counts", 1),
}


def metrics_of(form: Form, classes: int) -> list[Metric]:
    """The metrics of a form that suit so many classes. One of each two that are the same number."""
    found = [load("metrics", name) for name in METRICS if not name.startswith("recall_")]
    return [metric for metric in found if metric.form == form and metric.suits(classes)]


def covered(draw: Callable[..., Rows], metrics: list[Metric], rows: int, repetitions: int) -> dict[str, str]:
    """The share of intervals that hold the truth, of each metric; of those that there are."""
    chunks = [draw(200_000, np.random.default_rng([1, i])) for i in range(10)]
    truth = {m.name: np.mean([m(*chunk)[0] for chunk in chunks]) for m in metrics}
    held: dict[str, list[bool]] = {metric.name: [] for metric in metrics}
    for repetition in range(repetitions):
        target, prediction = draw(rows, np.random.default_rng([2, rows, repetition]))
        for name, entry in measure(target, prediction, metrics, repetition).items():
            if entry["low"] is not None and entry["high"] is not None:
                held[name].append(bool(entry["low"] <= truth[name] <= entry["high"]))
    return {name: told(each, repetitions) for name, each in held.items()}


def told(held: list[bool], repetitions: int) -> str:
    """A cell of the table."""
    if not held:
        return "none"
    share = 100 * float(np.mean(held))
    refused = round(100 * (1 - len(held) / repetitions))
    return f"{share:.1f}" + ("" if 93 <= share <= 97 else " *") + (f" ({refused}%)" if refused else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("repetitions", nargs="?", type=int, default=1000)
    parser.add_argument("--rows", default="100,500,2000")
    parser.add_argument("--worlds", default=",".join(WORLDS))
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.rows.split(",")]
    print(f"{arguments.repetitions} repetitions; per cent of intervals that hold the truth, for {sizes} rows")
    for name, (draw, form, classes) in WORLDS.items():
        if name not in arguments.worlds.split(","):
            continue
        metrics = metrics_of(form, classes)
        found = [covered(draw, metrics, rows, arguments.repetitions) for rows in sizes]
        print(f"\n| {name} | " + " | ".join(map(str, sizes)) + " |\n|---|" + "---|" * len(sizes))
        for metric in found[0]:
            print(f"| {metric} | " + " | ".join(each[metric] for each in found) + " |", flush=True)


if __name__ == "__main__":
    main()
