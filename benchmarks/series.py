"""Classes of series by their own test files, beside the nearest neighbour with dynamic time warping.

    scripts/bench series FOLDER [SEEDS] [NAME ...]

FOLDER holds ``NAME_TRAIN.ts`` and ``NAME_TEST.ts`` of the UCR and UEA archives, anywhere below it. The network is the
default one with default settings, from each of SEEDS seeds (5). The neighbour is that of the least warped distance
(squares of all channels together, no window), which needs no training and has no seed.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

import ranvier as rv
from ranvier.data.ledger import Ledger
from ranvier.data.source import read

NAMES = ("GunPoint", "ArrowHead", "ItalyPowerDemand", "BasicMotions")

Floats = NDArray[np.float64]


def warped(a: Floats, b: Floats) -> Floats:
    """The warped distances (P,) of pairs of series (P, T, C)."""
    count, length = a.shape[:2]
    last = np.full((count, length + 1), np.inf)
    last[:, 0] = 0.0
    for row in range(length):
        now = np.full((count, length + 1), np.inf)
        cost = ((a[:, row, None] - b) ** 2).sum(axis=2)
        above = np.minimum(last[:, 1:], last[:, :-1])
        for column in range(length):
            now[:, column + 1] = cost[:, column] + np.minimum(above[:, column], now[:, column])
        last = now
    return last[:, -1]


def neighbour(train: pl.DataFrame, test: pl.DataFrame) -> float:
    """The accuracy of the nearest neighbour."""
    known, asked = (
        np.stack([np.array(f[c].to_list()) for c in f.columns[:-1]], axis=2) for f in (train, test)
    )
    nearest: list[int] = []
    some = max(1, 8000 // len(known))
    for start in range(0, len(asked), some):
        rows = asked[start : start + some]
        pairs = np.repeat(rows, len(known), axis=0), np.tile(known, (len(rows), 1, 1))
        nearest += warped(*pairs).reshape(len(rows), -1).argmin(axis=1).tolist()
    right = np.array(train["label"].to_list())[nearest] == np.array(test["label"].to_list())
    return float(right.mean())


def main(folder: Path, seeds: int, names: tuple[str, ...]) -> None:
    print(
        "| data | train, test | 1-NN, warped | Ranvier, mean of the seeds | lowest, highest | seconds a seed |"
    )
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as runs:
        for name in names:
            train, test = (next(folder.rglob(f"{name}_{part}.ts")) for part in ("TRAIN", "TEST"))
            frames = [read(path, Ledger()).frame for path in (train, test)]
            beside = neighbour(*frames)
            started, found = time.perf_counter(), []
            for seed in range(seeds):
                settings = {"seed": seed, "evaluation.report": False, "evaluation.baselines": False}
                run = rv.fit(train, test=test, settings=settings, out=Path(runs) / f"{name}-{seed}")
                found.append(run.metrics["test"]["accuracy"]["value"])
                print(
                    f"{name}, seed {seed}: {found[-1]:.4f}; the neighbour {beside:.4f}",
                    file=sys.stderr,
                    flush=True,
                )
            taken = (time.perf_counter() - started) / seeds
            print(
                f"| {name} | {len(frames[0])}, {len(frames[1])} | {beside:.4f} | {statistics.mean(found):.4f} "
                f"| {min(found):.4f}, {max(found):.4f} | {taken:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5, tuple(sys.argv[3:]) or NAMES)
