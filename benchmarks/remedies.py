"""Ranvier's own trainings: what the probes say of healthy runs, and whether the remedies of sick ones help.

    scripts/bench remedies                    healthy and sick runs
    scripts/bench remedies --only sick        runs whose settings are wrong, on each sample
    scripts/bench remedies --only healthy     as many as --healthy says, of many settings

A sick run is found where a warning or an error has one of its codes. Of each finding that has a remedy in settings the
trial is counted: the lowest validation loss of the run's first steps with the remedy, and without.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

import ranvier as rv
from ranvier.errors import DivergedError

SAMPLES = ("iris", "wine", "breast_cancer", "diabetes", "bicycles", "digits")
QUIET = {"evaluation.baselines": False, "evaluation.report": False, "evaluation.resamples": 100}
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
    "ten layers of sigmoid": ({"network": {**DEEP, "activation": "sigmoid"}}, ("RV248", "RV253", "RV260")),
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
}
"""By name: settings, and the codes that name what is wrong with them."""


def healthy() -> Iterator[tuple[str, dict[str, Any]]]:
    """Runs that are as they should be: every sample, network, optimizer, normalisation and seed in turn."""
    networks: list[Any] = [
        None,
        "mlp",
        "linear",
        {"name": "mlp", "hidden": [64, 64], "norm": "batch"},
        {"name": "mlp", "hidden": [32], "activation": "tanh", "dropout": 0.0},
        {"name": "mlp", "hidden": [64, 32], "activation": "gelu", "norm": "layer"},
    ]
    optimizers = ["adamw", "adam", "momentum", "gradient_descent", "rmsprop", "nesterov"]
    for seed in itertools.count():
        for number, (sample, network) in enumerate(itertools.product(SAMPLES, networks)):
            settings: dict[str, Any] = {"seed": seed}
            if network is not None:
                settings |= {"network": network, "training.optimizer": optimizers[(number + seed) % 6]}
            elif sample in ("digits", "bicycles") and seed:
                continue  # the default network takes some seconds there
            yield sample, settings


def run(sample: str, settings: dict[str, Any], folder: Path) -> rv.Run:
    try:
        return rv.fit(f"sample:{sample}", settings={**QUIET, **settings}, out=folder)
    except DivergedError:
        return rv.Run(folder)


def grave(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The warnings and errors about the training."""
    return [f for f in found if f["severity"] != "info" and f["code"].startswith("RV2")]


def helps(finding: dict[str, Any]) -> str:
    """What the trial of a finding said, where there was one."""
    trial = finding["evidence"].get("trial")
    return "" if trial is None else "helps" if trial["helped"] else "does not help"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=("healthy", "sick"))
    parser.add_argument("--healthy", type=int, default=200)
    parser.add_argument("--samples", nargs="*", default=list(SAMPLES))
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        if asked.only != "healthy":
            sick_runs(Path(folder), asked.samples)
        if asked.only != "sick":
            healthy_runs(Path(folder), asked.healthy)


def sick_runs(folder: Path, samples: list[str]) -> None:
    count = found = offered = graves = tried = helped = 0
    for (name, (settings, codes)), sample in itertools.product(SICK.items(), samples):
        told = grave(run(sample, {"network": "mlp", **settings}, folder / f"sick-{count}").findings)
        right = [f for f in told if f["code"] in codes]
        trials = [f["evidence"]["trial"] for f in told if "trial" in f["evidence"]]
        count, found = count + 1, found + bool(right)
        graves, offered = graves + len(told), offered + sum(bool(f["settings"]) for f in told)
        tried, helped = tried + len(trials), helped + sum(trial["helped"] for trial in trials)
        shown = ", ".join(f"{f['code']} {helps(f)}".strip() for f in told)
        print(f"  {name}, {sample}: {shown or 'nothing'}", flush=True)
    print(
        f"{count} sick runs: {found} found ({found / count:.1%}); {graves} findings, {offered} with a remedy in "
        f"settings ({offered / max(graves, 1):.1%}); {tried} tried, {helped} helped ({helped / max(tried, 1):.1%})",
        flush=True,
    )


def healthy_runs(folder: Path, most: int) -> None:
    wrong = 0
    for number, (sample, settings) in enumerate(itertools.islice(healthy(), most)):
        told = grave(run(sample, {**settings, "doctor.trials": False}, folder / f"healthy-{number}").findings)
        wrong += bool(told)
        for f in told:
            print(f"  {sample} {settings}: {f['code']} {f['place']}: {f['cause']}", flush=True)
    print(f"{most} healthy runs: {wrong} with a warning or an error ({wrong / most:.1%})", flush=True)


if __name__ == "__main__":
    main()
