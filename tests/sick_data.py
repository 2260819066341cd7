"""For each check a table that is sick in the one way that it looks for, and its healthy twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from ranvier.insight.checks import Case
from ranvier.spec import Spec
from ranvier.workflow.prepared import prepare

ROWS = 600


def case_of(data: Any, metrics: dict[str, Any] | None = None, **settings: Any) -> Case:
    """What the checks are given for ``data`` and these settings."""
    prepared = prepare(Spec.from_settings(settings), data)
    return Case(
        table=prepared.table,
        schema=prepared.schema,
        split=prepared.split,
        task=prepared.task,
        parts=prepared.parts,
        metrics=metrics,
        seed=settings.get("seed", 0),
    )


def table(rows: int = ROWS, seed: int = 0, numbers: int = 5) -> pl.DataFrame:
    """Numbers, a word, and two targets that follow from them with much noise: a class ``y`` and a number ``t``."""
    generator = np.random.default_rng(seed)
    inputs = generator.normal(size=(rows, numbers))
    noise = generator.normal(size=rows)
    frame = pl.DataFrame({f"x{place}": inputs[:, place] for place in range(numbers)})
    return frame.with_columns(
        colour=pl.Series(generator.choice(["red", "green", "blue"], rows)),
        y=pl.Series(np.where(inputs[:, 0] + noise > 0, "yes", "no")),
        t=pl.Series(inputs[:, 0] + inputs[:, 1] + noise),
    )


def classes(frame: pl.DataFrame, **settings: Any) -> Case:
    return case_of(frame.drop("t", strict=False), target="y", **settings)


def numbers(frame: pl.DataFrame, **settings: Any) -> Case:
    return case_of(frame.drop("y", strict=False), target="t", **settings)


def unlearnt_class(sick: bool) -> Case:
    test = table(60, seed=1)
    if sick:
        test = test.with_columns(y=pl.Series(["perhaps", *test["y"][1:]]))
    parts = {"train": table().drop("t"), "validation": None, "test": test.drop("t")}
    return case_of(parts, target="y")


def leaking_column(sick: bool) -> Case:
    frame = table()
    paid = np.where(frame["y"].to_numpy() == "yes", 100.0, 0.0) + np.arange(ROWS) % 7
    if not sick:
        paid = np.random.default_rng(5).permutation(paid)
    return classes(frame.with_columns(refund=pl.Series(paid)))


def linear_relation(sick: bool) -> Case:
    frame = table()
    some = frame["t"] * 0.5 + pl.Series(np.random.default_rng(3).normal(size=ROWS))
    other = frame["t"] - some if sick else pl.Series(np.random.default_rng(4).normal(size=ROWS))
    return numbers(frame.with_columns(casual=some, registered=other))


def target_runs(sick: bool) -> Case:
    generator = np.random.default_rng(2)
    level = np.cumsum(generator.normal(size=ROWS))
    frame = table().with_columns(t=pl.col("t") * 0.5 + pl.Series(level))
    return numbers(frame if sick else frame.sample(fraction=1.0, shuffle=True, seed=1))


def sorted_rows(sick: bool) -> Case:
    return classes(table().sort("y") if sick else table())


def identifier_input(sick: bool) -> Case:
    ids = np.random.default_rng(7).integers(1000, 1300, ROWS)
    return classes(table().with_columns(pl.Series("customer_id" if sick else "weight", ids)))


def identifier_set_aside(sick: bool) -> Case:
    words = [f"k{row * 7919 % 10007}" for row in range(ROWS)] if sick else ["k1", "k2", "k3"] * (ROWS // 3)
    return classes(table().with_columns(key=pl.Series(words)))


def constant_column(sick: bool) -> Case:
    return classes(
        table().with_columns(unit=pl.Series(["kg" if sick or row % 3 else "lb" for row in range(ROWS)]))
    )


def near_duplicates(sick: bool) -> Case:
    frame = table()
    if sick:
        generator = np.random.default_rng(9)
        copies = frame[:60].with_columns(x3=pl.Series(generator.normal(size=60)))
        frame = pl.concat([frame, copies.with_columns(pl.col("x0") * 1.0000001)])
    return classes(frame)


def parts_differ(sick: bool) -> Case:
    test = table(100, seed=1)
    if sick:
        test = test.with_columns(pl.col("x2") + 1.5)
    parts = {"train": table().drop("y"), "validation": None, "test": test.drop("y")}
    return case_of(parts, target="t")


def imbalance(sick: bool) -> Case:
    rare = np.arange(ROWS) % (40 if sick else 8) == 0
    return classes(table().with_columns(y=pl.Series(np.where(rare, "fraud", "fair"))))


def small_class(sick: bool) -> Case:
    seven = (np.arange(ROWS) * 7) % ROWS < (9 if sick else 90)
    return classes(table().with_columns(y=pl.when(pl.Series(seven)).then(pl.lit("odd")).otherwise("y")))


def few_rows(sick: bool) -> Case:
    return classes(table(80 if sick else 400, numbers=60))


def missing_values(sick: bool) -> Case:
    empty = np.random.default_rng(3).random(ROWS) < (0.8 if sick else 0.2)
    return classes(table().with_columns(deck=pl.when(~pl.Series(empty)).then(pl.col("colour"))))


def skewed_numbers(sick: bool) -> Case:
    return classes(table().with_columns(pl.col("x3").exp().pow(2 if sick else 0.3)))


def no_better(sick: bool) -> Case:
    compared = {"better": "neither" if sick else "a", "difference": 0.01, "low": -0.1, "high": 0.1}
    metrics = {
        "metric": "accuracy",
        "test": {"accuracy": {"value": 0.6}},
        "baselines": {"trivial": {"accuracy": {"value": 0.59}}},
        "comparison": {"trivial": compared},
    }
    return classes(table(), metrics=metrics)


def telling_gaps(sick: bool) -> Case:
    frame = table()
    generator = np.random.default_rng(6)
    of = (frame["y"] == "yes").to_numpy() if sick else generator.random(ROWS) < 0.5
    gap = pl.Series(generator.random(ROWS) < np.where(of, 0.45, 0.05))
    return classes(frame.with_columns(income=pl.when(~gap).then(pl.col("x2"))))


def label_noise(sick: bool) -> Case:
    """Four clouds; those across from each other are of one class."""
    frame = table(1_000, numbers=2).drop("colour")
    places = frame.select("x0", "x1").to_numpy()
    truth = (places > 0).sum(1) == 1
    wrong = np.arange(1_000) % 20 == 0 if sick else np.zeros(1_000, dtype=bool)
    frame = frame.with_columns(pl.Series(f"x{n}", places[:, n] + 2 * np.sign(places[:, n])) for n in (0, 1))
    return classes(frame.with_columns(y=pl.Series(np.where(truth ^ wrong, "yes", "no"))))


def heavy_tails(sick: bool) -> Case:
    far = np.arange(ROWS) % 150 == 0
    return numbers(table().with_columns(t=pl.Series(np.where(far & sick, 60.0, 1.0)) * pl.col("t")))


def one_class_part(sick: bool) -> Case:
    test = table(100, seed=1)
    if sick:
        test = test.with_columns(y=pl.lit("yes"))
    parts = {"train": table(1_000).drop("t"), "validation": None, "test": test.drop("t")}
    return case_of(parts, target="y")


def never_predicted(sick: bool) -> Case:
    share = {"value": None if sick else 0.5, "low": None, "high": None}
    of_class = {"precision": share, "recall": {"value": 0.0}, "f1": {"value": 0.0}, "support": 40}
    return classes(
        table(), metrics={"classes": {"no": {**of_class, "precision": {"value": 0.6}}, "yes": of_class}}
    )


SICK: dict[str, tuple[Callable[[bool], Case], tuple[str, ...], tuple[str, ...]]] = {
    "unlearnt_class": (unlearnt_class, ("'perhaps'", "'y'"), ("train_rows", "rows")),
    "leaking_column": (leaking_column, ("'refund'",), ("roc_auc", "best_other", "rows")),
    "linear_relation": (linear_relation, ("'casual'", "'registered'"), ("r2", "weights")),
    "target_runs": (target_runs, ("order of the rows", "'t'"), ("correlation_of_neighbours", "rows")),
    "sorted_rows": (sorted_rows, ("order of the rows", "'y'"), ("runs",)),
    "identifier_input": (identifier_input, ("'customer_id'",), ("reason", "distinct")),
    "identifier_set_aside": (identifier_set_aside, ("'key'",), ("reason",)),
    "constant_column": (constant_column, ("'unit'",), ("reason",)),
    "near_duplicates": (near_duplicates, ("test rows",), ("test_rows_with_a_copy", "examples")),
    "parts_differ": (parts_differ, ("'x2'",), ("distance",)),
    "imbalance": (imbalance, ("'fraud'", "'y'"), ("share", "rows")),
    "small_class": (small_class, ("'odd'", "'y'"), ("train_rows",)),
    "few_rows": (few_rows, ("training rows",), ("train_rows", "columns")),
    "missing_values": (missing_values, ("'deck'",), ("share",)),
    "skewed_numbers": (skewed_numbers, ("'x3'",), ("skewness", "share_far_out")),
    "telling_gaps": (telling_gaps, ("'income'",), ("distance", "missing")),
    "label_noise": (label_noise, ("'y'", "rows"), ("row_count", "agreed")),
    "heavy_tails": (heavy_tails, ("'t'",), ("share", "rows")),
    "one_class_part": (one_class_part, ("test rows", "'y'"), ("class", "rows")),
    "never_predicted": (never_predicted, ("'yes'", "'y'"), ("support",)),
    "no_better": (no_better, ("accuracy",), ("network", "trivial", "low", "high")),
}
"""For each check: its case, what the place names, and what the evidence holds."""
