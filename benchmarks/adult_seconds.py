"""Seconds of training on Adult to the accuracy that scikit-learn's MLPClassifier ends with, for each installed library.

    python benchmarks/adult_seconds.py FOLDER [--early] [--accuracy A] [--hidden 100] [--iterations 200] [--most 40]
        [--rounds 3]

FOLDER holds adult/{train,test}.csv. Ranvier's own preparation makes the rows that all are given: standardised numbers,
categories as 0 and 1. scikit-learn's MLPClassifier is trained with its defaults (one hidden layer of 100, Adam at 1e-3,
batches of 200, up to 200 epochs); the accuracy on Adult's test file that it ends with is what the others must reach.
After so many epochs it knows its rows by heart; with ``--early`` it stops where its validation rows tell (its option
``early_stopping``), at an accuracy that takes several epochs. ``--accuracy`` says it beforehand.

Each library then trains the same network with the same optimizer and batches, epoch by epoch; after each its test
accuracy is taken, which does not count. Printed are the epochs and the seconds until it is reached first, by the clock
and of the processor, the median of the rounds, in which the libraries take turns; and the accuracy then. Ranvier's plan
is the rule's, by hand on one thread, as for every run that is expected to take less than ten seconds.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import torch
from peers import ours
from peers.libraries import PEERS, Run
from peers.networks import Case, mlp
from torch import Tensor
from torch.nn import functional

from ranvier.data.infer import infer_schema
from ranvier.data.ledger import Ledger
from ranvier.data.preparation import Preparation
from ranvier.data.source import read_parts
from ranvier.execution.plan import Plan

SIZE = 200


def rows_of(folder: Path) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Inputs (N, W) and classes (N,) of the training and the test file."""
    ledger = Ledger()
    table = read_parts(folder / "adult/train.csv", None, folder / "adult/test.csv", ledger)
    frame = table.frame.with_columns(pl.col("income").str.strip_chars_end("."))
    schema = infer_schema(table, {}, "income", "classify", ledger)
    train = torch.from_numpy(np.flatnonzero(table.parts == "train"))
    test = torch.from_numpy(np.flatnonzero(table.parts == "test"))
    preparation = Preparation.fit(frame[train.numpy()], schema)
    blocks = preparation.transform(frame)
    cards = preparation.blocks["category"].features()["cardinalities"]
    hot = [functional.one_hot(column, count) for column, count in zip(blocks.pop("category").T, cards)]
    x = torch.cat([*blocks.values(), *hot], 1).float()
    y = torch.from_numpy((frame["income"] == ">50K").to_numpy()).long()
    return tuple({part: values[at] for part, values in (("x", x), ("y", y))} for at in (train, test))  # type: ignore[return-value]


def wanted(
    train: dict[str, Tensor], test: dict[str, Tensor], hidden: int, iterations: int, early: bool
) -> float:
    """The test accuracy that scikit-learn ends with."""
    from sklearn.neural_network import MLPClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it may not have converged
        model = MLPClassifier((hidden,), max_iter=iterations, early_stopping=early, random_state=0).fit(
            train["x"].numpy(), train["y"].numpy()
        )
    reached = float(model.score(test["x"].numpy(), test["y"].numpy()))
    print(f"scikit-learn ends with an accuracy of {reached:.4f} after {model.n_iter_} epochs", flush=True)
    return reached


def ranvier(case: Case, x: Tensor, y: Tensor) -> Run:
    """Ranvier, by the plan that the rule gives."""
    return ours.ranvier(case, x, y, Plan("explicit", threads=1))


def to_reach(
    make: Callable[[Case, Tensor, Tensor], Run | None],
    case: Case,
    train: dict[str, Tensor],
    test: dict[str, Tensor],
    accuracy: float,
    most: int,
) -> tuple[int, float, float, float] | None:
    """Epochs, seconds by the clock and of the processor, and the accuracy; None where it is not installed.

    Only what trains is timed: a library's first compilation counts, importing it and building the network do not.
    """
    clock, processor, reached, epoch = 0.0, 0.0, 0.0, 0
    run = make(case, train["x"], train["y"])
    if run is None:
        return None
    while reached < accuracy and epoch < most:
        started, worked = time.perf_counter(), time.process_time()
        run.epoch()
        clock, processor = clock + time.perf_counter() - started, processor + time.process_time() - worked
        epoch += 1
        reached = float((run.classes(test["x"]) == test["y"].numpy()).mean())
    return epoch, clock, processor, reached


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--early", action="store_true")
    parser.add_argument("--accuracy", type=float)
    for name, default in (("hidden", 100), ("iterations", 200), ("most", 40), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    cores = torch.get_num_threads()
    train, test = rows_of(asked.folder)
    print(
        f"torch {torch.__version__}, {cores} threads; Adult: {len(train['y'])} training rows of "
        f"{train['x'].shape[1]} numbers, {len(test['y'])} test rows"
    )
    accuracy = asked.accuracy or wanted(train, test, asked.hidden, asked.iterations, asked.early)
    width = train["x"].shape[1]
    case = Case("Adult", lambda: mlp(width, (asked.hidden,), 2), torch.randn, SIZE, 1, 2, (asked.hidden,))
    found: dict[str, list[tuple[int, float, float, float]]] = {}
    for turn in range(asked.rounds):
        for name, make in {"Ranvier": ranvier, **PEERS}.items():
            torch.manual_seed(turn)
            torch.set_num_threads(cores)
            try:
                one = to_reach(make, case, train, test, accuracy, asked.most)
            except ImportError as error:  # installed without something that it needs
                print(f"{name} is left out: {error}")
                continue
            if one is not None:
                found.setdefault(name, []).append(one)
    median = {name: [statistics.median(values) for values in zip(*runs)] for name, runs in found.items()}
    for name, (epochs, clock, processor, reached) in median.items():
        times = [value / own for value, own in zip((clock, processor), median["Ranvier"][1:3])]
        late = "" if reached >= accuracy else f"  not reached in {asked.most} epochs"
        print(
            f"  {name:<14} {epochs:4.0f} epochs {clock:8.2f} s ({processor:.2f} s of the processor)  "
            f"accuracy {reached:.4f}   {times[0]:6.2f} x Ranvier ({times[1]:.2f}){late}"
        )


if __name__ == "__main__":
    main()
