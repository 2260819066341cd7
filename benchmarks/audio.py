"""Spoken digits of voices that were not heard in training: the accuracy of a digit, and how well its word is written.

    scripts/bench audio FOLDER [--seeds N] [--epochs N] [--only classify|transcribe]

FOLDER holds folders 0 to 9 of files ACCENT-VARIANT-SPEED.wav, as espeak-ng speaks them. All files of the accent en-029
and of the variants f4 and m5 are the test rows (half of them), the others are trained on, by plain defaults or for so
many epochs. The aims are an accuracy of 97%, and at most 5% of the characters wrong.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

import ranvier as rv

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def table(folder: Path) -> pl.DataFrame:
    """Each file with its digit, the digit's word and its part."""
    rows = []
    for path in sorted(folder.glob("*/*.wav")):
        accent, variant, _ = path.stem.rsplit("-", 2)
        part = "test" if accent == "en-029" or variant in ("f4", "m5") else "train"
        rows.append((str(path), path.parent.name, WORDS[int(path.parent.name)], part))
    return pl.DataFrame(rows, schema=["sound", "digit", "word", "part"], orient="row")


def measured(rows: pl.DataFrame, target: str, task: str, seed: int, epochs: int | None) -> None:
    """Train once, and print a line."""
    other = "word" if target == "digit" else "digit"
    columns = {"part": {"role": "part"}, other: {"role": "ignored"}}
    settings: dict[str, Any] = {"task": task, "seed": seed, "columns": columns}
    if epochs:
        settings["training.epochs"] = epochs
    began, busy = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as out:
        run = rv.fit(rows, target=target, settings=settings, out=Path(out) / "run")
        took, cpu = time.perf_counter() - began, time.process_time() - busy
        test, epochs = run.metrics["test"], len(run.history)
        names = (
            ["accuracy"] if task == "classify" else ["character_error_rate", "word_error_rate", "exact_match"]
        )
        said = ", ".join(
            f"{name} {test[name]['value']:.4f} ({test[name]['low']:.4f} to {test[name]['high']:.4f})"
            for name in names
        )
        beside = ", ".join(
            f"{name} {entry[names[0]]['value']:.4f}" for name, entry in run.metrics["baselines"].items()
        )
    print(f"{task}, seed {seed}: {said}; beside {beside}", flush=True)
    print(f"  {epochs} epochs, {took:.0f} s by the clock, {cpu:.0f} s of the processor", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--only", choices=["classify", "transcribe"])
    asked = parser.parse_args()
    rows = table(asked.folder.expanduser())
    print(rows["part"].value_counts(sort=True).rows())
    for target, task in (("digit", "classify"), ("word", "transcribe")):
        for seed in range(asked.seeds):
            if asked.only in (None, task):
                measured(rows, target, task, seed, asked.epochs)


if __name__ == "__main__":
    main()
