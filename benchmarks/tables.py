"""The default network on tables, beside scikit-learn's boosted trees on the same rows.

    python benchmarks/tables.py FOLDER [--quick] [--only NAME ...] [--first-seed N]

FOLDER holds adult/{train,test}.csv, titanic/titanic.csv, apartments/{apartments,apartments_test}.csv and
bikeshare/Bikeshare.csv; what is not there is left out and named. Nothing is set but the target and the seed.

Each split is drawn at random: 20% test rows (Adult and apartments have test files of their own), and of the rest 15%
validation rows, by which the network stops. The trees (``HistGradientBoosting``, default settings, native categories)
learn from training and validation rows together: all rows that the network has seen. Printed are the mean errors over
the splits (1 - accuracy, 1 - ROC AUC for Adult, or RMSE), their ratio, on how many splits the network was not worse,
and the seconds of a whole fit, without baselines: by the clock, and of the processor, which is what the clock would say
on a machine that does nothing else (one thread).
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import roc_auc_score, root_mean_squared_error

import ranvier as rv
from ranvier.settings import parse_setting

SMALL = ("titanic", "apartments", "iris", "wine", "breast_cancer", "digits", "diabetes")
SPLITS = {"digits": 20, "adult": 3}
"""Splits of a table, where they are not ten; of Adult the validation rows alone, for its test rows are given."""


@dataclass(frozen=True)
class Data:
    """A table, its target, and its test rows where they are given apart."""

    name: str
    frame: pd.DataFrame
    target: str
    metric: str
    test: pd.DataFrame | None = None


def sample(name: str) -> Data:
    loaded = getattr(datasets, f"load_{name}")()
    frame = pd.DataFrame(loaded.data, columns=[f"x{i}" for i in range(loaded.data.shape[1])])
    if name == "diabetes":
        return Data(name, frame.assign(y=loaded.target), "y", "rmse")
    return Data(name, frame.assign(y=[str(loaded.target_names[t]) for t in loaded.target]), "y", "accuracy")


def load(name: str, folder: Path) -> Data:
    if name == "adult":
        train, test = (
            pd.read_csv(folder / f"adult/{part}.csv", skipinitialspace=True, na_values="?")
            for part in ("train", "test")
        )
        for part in (train, test):
            part["income"] = part["income"].str.rstrip(".")
        return Data(name, train, "income", "roc_auc", test)
    if name == "titanic":
        frame = pd.read_csv(folder / "titanic/titanic.csv")
        frame["survived"] = frame["survived"].map({0: "no", 1: "yes"})
        return Data(name, frame, "survived", "accuracy")
    if name == "apartments":
        train, test = (
            pd.read_csv(folder / f"apartments/{part}.csv", index_col=0)
            for part in ("apartments", "apartments_test")
        )
        return Data(name, train, "m2_price", "rmse", test)
    if name == "bikeshare":
        frame = pd.read_csv(folder / "bikeshare/Bikeshare.csv").drop(columns=["casual", "registered"])
        return Data(name, frame, "bikers", "rmse")
    return sample(name)


@dataclass(frozen=True)
class Parts:
    """The rows of one split."""

    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame


def split(data: Data, seed: int) -> Parts:
    order = np.random.default_rng(seed).permutation(len(data.frame))
    test, rest = data.test, order
    if test is None:
        held = round(0.2 * len(order))
        test, rest = data.frame.iloc[order[:held]], order[held:]
    held = round(0.15 * len(rest))
    return Parts(data.frame.iloc[rest[held:]], data.frame.iloc[rest[:held]], test)


def error(data: Data, truth: pd.Series, prediction: Any) -> float:
    """1 - accuracy, 1 - ROC AUC, or the RMSE."""
    if data.metric == "accuracy":
        return float(np.mean(truth.astype(str).to_numpy() != pd.Series(prediction).astype(str).to_numpy()))
    if data.metric == "roc_auc":
        return 1.0 - float(roc_auc_score(truth, prediction))
    return float(root_mean_squared_error(truth, prediction))


def network(data: Data, parts: Parts, seed: int, settings: dict[str, Any]) -> tuple[float, float, float, int]:
    """The error, the seconds by the clock and of the processor, and how many epochs there were."""
    with tempfile.TemporaryDirectory() as out:
        started, busy = time.perf_counter(), time.process_time()
        run = rv.fit(
            parts.train,
            target=data.target,
            validation=parts.validation,
            test=parts.test,
            settings={"seed": seed, "evaluation.baselines": False, **settings},
            out=Path(out) / "run",
        )
        seconds = time.perf_counter() - started
        busy = time.process_time() - busy
        predicted = run.predict(parts.test).to_pandas()
        epochs = len((Path(out) / "run/history.jsonl").read_text().splitlines())
    truth, answer = parts.test[data.target], predicted[data.target]
    if data.metric == "roc_auc":
        second = sorted(truth.unique())[1]
        truth, answer = truth == second, predicted[f"{data.target}={second}"]
    return error(data, truth, answer), seconds, busy, epochs


def trees(data: Data, parts: Parts, seed: int) -> float:
    seen = pd.concat([parts.train, parts.validation])
    whole = pd.concat([seen, parts.test])
    words = [c for c in whole.columns if c != data.target and not pd.api.types.is_numeric_dtype(whole[c])]
    whole = whole.assign(**{column: whole[column].astype("category") for column in words})
    inputs = whole.drop(columns=data.target)
    kind = HistGradientBoostingRegressor if data.metric == "rmse" else HistGradientBoostingClassifier
    model = kind(random_state=seed, categorical_features="from_dtype")
    model.fit(inputs.iloc[: len(seen)], seen[data.target])
    test = inputs.iloc[len(seen) :]
    if data.metric == "roc_auc":
        second = sorted(model.classes_)[1]
        return error(data, parts.test[data.target] == second, model.predict_proba(test)[:, 1])
    return error(data, parts.test[data.target], model.predict(test))


@dataclass(frozen=True)
class Result:
    """Errors of each split."""

    name: str
    network: list[float]
    trees: list[float]
    seconds: list[float]
    processor: list[float]

    @property
    def ratio(self) -> float:
        """Of the mean errors; one below 0.001 counts as 0.001, since there is no ratio to none."""
        return max(statistics.mean(self.network), 1e-3) / max(statistics.mean(self.trees), 1e-3)


def measure(data: Data, seeds: range, settings: dict[str, Any], verbose: bool = False) -> Result:
    ours, theirs, seconds, processor = [], [], [], []
    for seed in seeds:
        parts = split(data, seed)
        value, took, busy, epochs = network(data, parts, seed, settings)
        ours.append(value)
        theirs.append(trees(data, parts, seed))
        seconds.append(took)
        processor.append(busy)
        if verbose:
            print(
                f"  {data.name} {seed}: {value:.4f} trees {theirs[-1]:.4f} {epochs} epochs {took:.1f} s "
                f"({busy:.1f} of the processor)",
                flush=True,
            )
    return Result(data.name, ours, theirs, seconds, processor)


def results(
    names: list[str], folder: Path, quick: bool, first: int, settings: dict[str, Any], verbose: bool
) -> Iterator[Result]:
    for name in names:
        try:
            data = load(name, folder)
        except FileNotFoundError as missing:
            print(f"{name:14} left out: there is no {missing.filename}")
            continue
        splits = 2 if quick else SPLITS.get(name, 10)
        yield measure(data, range(first, first + splits), settings, verbose)


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    reader.add_argument("folder", type=Path)
    reader.add_argument("--quick", action="store_true", help="two splits of each table")
    reader.add_argument("--only", nargs="+", help="these tables alone")
    reader.add_argument("--first-seed", type=int, default=0)
    reader.add_argument("--verbose", action="store_true", help="a line for each split")
    reader.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="settings, to try them out")
    asked = reader.parse_args()
    settings = dict(parse_setting(each) for each in asked.set)
    names = asked.only or ["adult", "bikeshare", *SMALL]
    print(
        f"{'':14} {'network':>9} {'trees':>9} {'ratio':>7} {'won':>6} {'seconds':>8} (most) {'processor':>9} (most)"
    )
    ratios = {}
    for result in results(names, asked.folder, asked.quick, asked.first_seed, settings, asked.verbose):
        won = sum(a <= b for a, b in zip(result.network, result.trees))
        print(
            f"{result.name:14} {statistics.mean(result.network):9.4f} {statistics.mean(result.trees):9.4f} "
            f"{result.ratio:7.3f} {won:3}/{len(result.network):<2} {statistics.mean(result.seconds):8.1f} "
            f"({max(result.seconds):.1f}) {statistics.mean(result.processor):9.1f} ({max(result.processor):.1f})",
            flush=True,
        )
        ratios[result.name] = result.ratio
    small = [ratios[name] for name in SMALL if name in ratios]
    if small:
        mean = math.exp(statistics.mean(math.log(ratio) for ratio in small))
        print(
            f"small tables: not above the trees on {sum(r <= 1.0 for r in small)} of {len(small)}, ", end=""
        )
        print(f"geometric mean of the ratios {mean:.3f}")


if __name__ == "__main__":
    main()
