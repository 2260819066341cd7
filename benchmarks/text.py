"""Texts: the defaults on film reviews and 20 newsgroups, beside TF-IDF (1-2-grams) with a linear model.

    scripts/bench text reviews FOLDER [SEEDS]     reviews.csv: fresh against rotten
    scripts/bench text newsgroups FOLDER          20newsgroups-train.tab and -test.tab: their own test file

The linear models are scikit-learn's ``TfidfVectorizer(ngram_range=(1, 2))`` with ``LogisticRegression`` or
``LinearSVC``, as they come, fitted to all rows that are not for the test: training and validation rows together.
Of the newsgroups the logistic regression is left out: its twenty million weights take too long. Seconds are of the
processor, for all of the training and its measure.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

import ranvier as rv

SETTINGS = {"evaluation.baselines": False}


def reviews(folder: Path) -> pl.DataFrame:
    """Each review once, fresh or rotten."""
    frame = pl.read_csv(folder / "reviews.csv").filter(pl.col("category").is_in(["fresh", "rotten"]))
    return frame.select("text", "category").unique("text", keep="first", maintain_order=True)


def newsgroups(folder: Path, part: str) -> pl.DataFrame:
    """The messages of a part; the file begins with three lines that describe it."""
    lines = (folder / f"20newsgroups-{part}.tab").read_text(encoding="utf-8").split("\n")[3:]
    rows = [line.split("\t", 1) for line in lines if "\t" in line]
    return pl.DataFrame({"group": [row[0] for row in rows], "text": [row[1] for row in rows]})


@dataclass(frozen=True)
class Done:
    """A run with the defaults: the network, its accuracy, the part of each row, and seconds of the processor."""

    network: str
    accuracy: dict[str, float]
    parts: pl.Series
    seconds: float


def run(frame: object, target: str, seed: int, **apart: pl.DataFrame) -> Done:
    """Train with the defaults."""
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        made = rv.fit(
            frame, target=target, settings={**SETTINGS, "seed": seed}, out=Path(folder) / "run", **apart
        )
        print(made, file=sys.stderr)
        said = dict(made.metrics["test"]["accuracy"])
        parts = pl.read_csv(Path(folder) / "run" / "split.csv")["part"]
    return Done(made.spec.network.name if made.spec.network else "", said, parts, time.process_time() - start)


def linear(train: pl.DataFrame, test: pl.DataFrame, target: str, model: object) -> float:
    """The accuracy of TF-IDF with a linear model."""
    made = TfidfVectorizer(ngram_range=(1, 2))
    fitted = model.fit(made.fit_transform(train["text"]), train[target])  # type: ignore[attr-defined]
    return float(np.mean(fitted.predict(made.transform(test["text"])) == test[target].to_numpy()))


def row(name: str, done: Done, others: Sequence[float | None]) -> None:
    """A line of the table."""
    value, low, high = (done.accuracy[key] for key in ("value", "low", "high"))
    beside = " | ".join("-" if other is None else f"{other:.4f}" for other in others)
    print(
        f"| {name} | `{done.network}` | {value:.4f} ({low:.4f} to {high:.4f}) | {beside} | {done.seconds:.0f} |",
        flush=True,
    )


def main(which: str, folder: str, seeds: str = "3") -> None:
    """Measure, and print a table."""
    place = Path(folder).expanduser()
    print("| rows | network | accuracy | logistic regression | linear SVM | seconds |")
    print("|---|---|---|---|---|---|")
    if which == "newsgroups":
        train, test = newsgroups(place, "train"), newsgroups(place, "test")
        done = run(train, "group", 0, test=test)
        row("20 newsgroups", done, [None, linear(train, test, "group", LinearSVC())])
        return
    frame = reviews(place)
    for seed in range(int(seeds)):
        done = run(frame, "category", seed)
        held = done.parts == "test"
        models = [LogisticRegression(max_iter=200), LinearSVC()]
        others = [linear(frame.filter(~held), frame.filter(held), "category", model) for model in models]
        row(f"reviews, seed {seed}", done, others)


if __name__ == "__main__":
    main(*sys.argv[1:])
