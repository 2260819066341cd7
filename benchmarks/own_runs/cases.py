"""The runs: data that is small and real, settings that are wrong in a known way, and settings that are not."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Case:
    """A run.

    Args:
        name: what it is.
        kind: of the data, a key of ``DATA``.
        folder: where the data of others is.
        settings: of the run.
        codes: any of these says what is wrong with it; none of a healthy one.
    """

    name: str
    kind: str
    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    codes: tuple[str, ...] = ()

    def given(self) -> tuple[Any, Any]:
        """What is learnt from, and the target: values, a name, or None where the data says it."""
        return DATA[self.kind](self.folder) if self.kind in DATA else (f"sample:{self.kind}", None)


def found(folder: Path, name: str) -> Path:
    """A file of others' data, anywhere below the folder."""
    return next(folder.rglob(name))


@cache
def titanic(folder: Path) -> tuple[Any, Any]:
    """700 passengers."""
    frame = pl.read_csv(found(folder, "titanic.csv"), null_values=["NA", ""])
    return frame.drop_nulls("survived").sample(700, seed=0), "survived"


@cache
def pictures(folder: Path) -> tuple[Any, Any]:
    """300 of MNIST's test digits (300, 28, 28)."""
    pixels = np.fromfile(found(folder, "t10k-images-idx3-ubyte"), np.uint8)[16:].reshape(-1, 28, 28)
    labels = np.fromfile(found(folder, "t10k-labels-idx1-ubyte"), np.uint8)[8:]
    return pixels[:300], labels[:300].astype(str)


@cache
def texts(folder: Path) -> tuple[Any, Any]:
    """300 film reviews: fresh or rotten."""
    frame = pl.read_csv(found(folder, "reviews.csv")).filter(pl.col("category").is_in(["fresh", "rotten"]))
    return frame.select("text", "category").unique("text", maintain_order=True).head(300), "category"


@cache
def series(folder: Path) -> tuple[Any, Any]:
    """300 of the test days of ItalyPowerDemand: 24 hours each."""
    head, data, rows = found(folder, "ItalyPowerDemand_TEST.ts").read_text().partition("@data")
    some = Path(tempfile.mkdtemp()) / "days.ts"
    some.write_text(head + data + "\n".join(rows.split("\n")[:301]) + "\n")
    return some, None


@cache
def sounds(folder: Path) -> tuple[Any, Any]:
    """Spoken digits 0 to 2, 25 files each."""
    home = found(folder, "spoken-digits") if folder.name != "spoken-digits" else folder
    files = [(str(path), digit) for digit in "012" for path in sorted((home / digit).glob("*.wav"))[:25]]
    return pl.DataFrame(files, schema=["sound", "digit"], orient="row"), "digit"


DATA = {"titanic": titanic, "pictures": pictures, "texts": texts, "series": series, "sounds": sounds}
TABLES = ("iris", "wine", "breast_cancer", "diabetes", "bicycles", "digits", "titanic")

DEEP = {"name": "mlp", "hidden": [32] * 10}

SICK: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "adam at a rate of 1": (
        {"training.optimizer": "adam", "training.learning_rate": 1.0},
        ("RV241", "RV246", "RV257", "RV261", "RV201"),
    ),
    "gradient descent at a rate of 100": (
        {"training.optimizer": "gradient_descent", "training.learning_rate": 100.0},
        ("RV241", "RV201", "RV249", "RV257", "RV261", "RV246", "RV253"),
    ),
    "adam at a rate of 1e-8": (
        {"training.optimizer": "adam", "training.learning_rate": 1e-8},
        ("RV242", "RV253"),
    ),
    "momentum at a rate of 1e-6": (
        {"training.optimizer": "momentum", "training.learning_rate": 1e-6},
        ("RV242", "RV253"),
    ),
    "weight decay of 20": (
        {
            "training.optimizer": {"name": "adamw", "weight_decay": 20.0},
            "training.learning_rate": 0.01,
            "training.schedule": "constant",
        },
        ("RV251", "RV253", "RV260", "RV246"),
    ),
    "a penalty of 30 on the squares": ({"regularization.l2": 30.0}, ("RV251", "RV253", "RV260", "RV246")),
    "five epochs at a low rate": ({"training.epochs": 5, "training.learning_rate": 1e-4}, ("RV255",)),
    "ten layers of sigmoid": ({"network": {**DEEP, "activation": "sigmoid"}}, ("RV248", "RV253", "RV260")),
}
"""By name: settings, and the codes that name what is wrong with them."""

OTHERS = {"pictures": "lenet5", "texts": "transformer", "series": "gru"}


def sick(folder: Path) -> Iterator[Case]:
    """Each fault on each table by a perceptron, and on pictures, texts and series by a network for these."""
    for name, (settings, codes) in SICK.items():
        for kind in TABLES[:-1]:
            yield Case(f"{name}, {kind}", kind, folder, {"network": "mlp", **settings}, codes)
        if "network" not in settings:
            for kind, network in OTHERS.items():
                yield Case(f"{name}, {network}", kind, folder, {"network": network, **settings}, codes)


def healthy(folder: Path) -> Iterator[Case]:
    """Runs without end that are as they should be: data, networks, optimizers, batches and seeds in turn."""
    networks: list[Any] = [
        None,
        "mlp",
        "linear",
        {"name": "mlp", "hidden": [64, 64], "norm": "batch"},
        {"name": "mlp", "hidden": [32], "activation": "tanh", "dropout": 0.0},
        {"name": "mlp", "hidden": [64, 32], "activation": "gelu", "norm": "layer"},
    ]
    optimizers = ["adamw", "adam", "momentum", "gradient_descent", "rmsprop", "nesterov"]
    others = {
        "pictures": ["lenet5", "mlp"],
        "texts": ["ngrams", "text_cnn", "transformer", "gru"],
        "series": ["inception", "rnn", "lstm", "gru", "transformer"],
        "sounds": ["sound_cnn"],
    }
    for seed in itertools.count():
        for number, (kind, network) in enumerate(itertools.product(TABLES, networks)):
            settings: dict[str, Any] = {"seed": seed, "doctor.trials": False}
            if network is not None:
                settings |= {"network": network, "training.optimizer": optimizers[(number + seed) % 6]}
            elif seed and kind in ("digits", "bicycles"):
                continue  # the default network takes some seconds there
            if number % 4 == 3:
                settings |= {"training.batch_size": (8, 16, 128)[(number + seed) % 3]}
            if number % 5 == 4:
                settings |= {"training.schedule": "constant"}
            yield Case(f"{kind} {settings}", kind, folder, settings)
        for kind, names in others.items():
            for number, name in enumerate(names):
                settings = {"seed": seed, "doctor.trials": False, "network": name}
                if (number + seed) % 3 == 2:
                    settings |= {"training.optimizer": "adam"}
                yield Case(f"{kind} {settings}", kind, folder, settings)
