"""A small BERT on film reviews: fine-tuned after pretraining on their text, beside the same network without.

    scripts/bench pretraining FOLDER [PASSES] [SEEDS]     reviews.csv: fresh against rotten

A fifth of the reviews is held out, the same each time. The network is pretrained once, on the text of all others and
of the plots that stand beside them (PASSES times over it; 10). Then it learns fresh from rotten with each of SEEDS
seeds (3): from its first weights, whole from the pretrained ones, with them frozen, and with adapters. TF-IDF
(1-2-grams) with logistic regression stands beside it. Seconds are of the processor.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression
from text import linear, reviews

import ranvier as rv

ARMS: dict[str, dict[str, Any]] = {
    "without": {},
    "whole": {"start.how": "whole"},
    "frozen": {"start.how": "frozen"},
    "adapters": {"start.how": "adapters"},
}
QUIET = {"evaluation.baselines": False, "evaluation.report": False}


def parts(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """The reviews to learn from, those held out, and the text to be pretrained on: none of it is held out."""
    frame = reviews(folder)
    order = np.random.Generator(np.random.PCG64(0)).permutation(frame.height)
    held, own = frame[order[: frame.height // 5]], frame[order[frame.height // 5 :]]
    every = pl.read_csv(folder / "reviews.csv")["text"].drop_nulls().unique(maintain_order=True)
    return own, held, every.filter(~every.is_in(held["text"].to_list())).to_list()


def pretrained(texts: list[str], passes: int, folder: Path) -> Path:
    """The model file of a BERT that has read the texts so many times."""
    corpus = folder / "texts.txt"
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(texts))
    corpus.write_text("\n".join(" ".join(texts[place].split()) for place in order), encoding="utf-8")
    began = time.process_time()
    settings = {
        **QUIET,
        "task": "pretrain",
        "training.epochs": passes,
        "split.test": 0.05,
        "split.validation": 0.05,
    }
    run = rv.fit(corpus, settings=settings, out=folder / "pretrained")
    said = run.metrics["test"]
    print(
        f"pretrained in {time.process_time() - began:.0f} s of the processor: {said['accuracy']['value']:.3f} of the "
        f"hidden words told, perplexity {said['perplexity']['value']:.0f}\n",
        flush=True,
    )
    return Path(run.folder) / "model.rv"


def main(folder: str, passes: str = "10", seeds: str = "3") -> None:
    """Measure, and print a table."""
    own, held, texts = parts(Path(folder).expanduser())
    print(f"{own.height:,} reviews to learn from, {held.height:,} held out; {len(texts):,} texts to read\n")
    with tempfile.TemporaryDirectory() as made:
        model = pretrained(texts, int(passes), Path(made))
        print("| seed | " + " | ".join(ARMS) + " | logistic regression |")
        print("|---|" + "---|" * (len(ARMS) + 1), flush=True)
        beside = linear(own, held, "category", LogisticRegression(max_iter=200))
        for seed in range(int(seeds)):
            line = []
            for name, how in ARMS.items():
                settings = {**QUIET, "seed": seed, "network": "bert", **how}
                if how:
                    settings["start.model"] = str(model)
                began = time.process_time()
                run = rv.fit(
                    own, target="category", test=held, settings=settings, out=Path(made) / f"{name}-{seed}"
                )
                value = run.metrics["test"]["accuracy"]["value"]
                print(name, seed, value, run.spec.training.epochs, file=sys.stderr)
                line.append(f"{value:.4f} ({time.process_time() - began:.0f} s)")
            print(f"| {seed} | {' | '.join(line)} | {beside:.4f} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
