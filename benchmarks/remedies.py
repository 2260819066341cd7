"""Ranvier's own trainings: whether the remedies of sick runs help, and what the probes say of healthy ones.

    scripts/bench remedies FOLDER                    sick and healthy runs
    scripts/bench remedies FOLDER --only sick        runs whose settings are wrong
    scripts/bench remedies FOLDER --only healthy     200 runs of many networks and settings

FOLDER holds the data of others anywhere below it: MNIST's test files, ``reviews.csv``, ``titanic.csv``,
``ItalyPowerDemand_TRAIN.ts``, and ``spoken-digits``. ``--healthy`` says how many healthy runs there are (200),
``--first`` and ``--last`` cut out some runs (from 0), ``--lines`` appends a line of JSON a run to a file, ``--sum FILE
...`` adds up such files.

A sick run is found where a warning or an error has one of its codes. Of each finding that has a remedy in settings the
trial is counted: the lowest validation loss of some hundred steps with the remedy, and without, on the same batches.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

import ranvier as rv
from ranvier.errors import DivergedError

sys.path.insert(0, str(Path(__file__).parent))

from own_runs.cases import Case, healthy, sick

QUIET = {"evaluation.baselines": False, "evaluation.report": False, "evaluation.resamples": 100}


def run(case: Case, folder: Path) -> rv.Run:
    """Train and measure; a training that breaks down is one as well."""
    try:
        data, target = case.given()
        named = {"target": target} if isinstance(target, str) else {"y": target}
        return rv.fit(data, **named, settings={**QUIET, **case.settings}, out=folder / "run")
    except DivergedError:
        return rv.Run(folder / "run")


def line_of(case: Case) -> dict[str, Any]:
    """What the doctor said of a run: its warnings and errors about the training."""
    with tempfile.TemporaryDirectory() as folder:
        found = run(case, Path(folder)).findings
    grave = [f for f in found if f["severity"] != "info" and f["code"].startswith("RV2")]
    told = [
        {
            "code": f["code"],
            "place": f["place"],
            "offered": bool(f["settings"]),
            "trial": f["evidence"].get("trial"),
        }
        for f in grave
    ]
    return {"name": case.name, "codes": list(case.codes), "found": told}


def shown(line: dict[str, Any]) -> str:
    """A run on one line."""
    told = []
    for f in line["found"]:
        trial = f["trial"]
        said = "" if trial is None else " helps" if trial["helped"] else " does not help"
        if trial is not None:
            said += f" ({trial['settings']}: {trial['without']} to {trial['with']})"
        told.append(f["code"] + said)
    return f"  {line['name']}: {'; '.join(told) or 'nothing'}"


def told(lines: Sequence[dict[str, Any]]) -> None:
    """What the runs come to."""
    ill, well = ([line for line in lines if bool(line["codes"]) is wanted] for wanted in (True, False))
    if ill:
        right = sum(any(f["code"] in line["codes"] for f in line["found"]) for line in ill)
        found = [f for line in ill for f in line["found"]]
        offered = [f for f in found if f["offered"]]
        trials = [f["trial"] for f in found if f["trial"]]
        helped = sum(trial["helped"] for trial in trials)
        runs = [
            {str(f["trial"]["settings"]): f["trial"]["helped"] for f in line["found"] if f["trial"]}
            for line in ill
        ]
        each = [said for one in runs for said in one.values()]
        print(
            f"{len(ill)} sick runs: {right} found ({right / len(ill):.1%}); {len(found)} findings, {len(offered)} with "
            f"a remedy in settings ({len(offered) / max(len(found), 1):.1%}); {len(trials)} tried, {helped} helped "
            f"({helped / max(len(trials), 1):.1%}); each remedy "
            f"once a run: {len(each)} tried, {sum(each)} helped ({sum(each) / max(len(each), 1):.1%})"
        )
    if well:
        wrong = [line for line in well if line["found"]]
        print(
            f"{len(well)} healthy runs: {len(wrong)} with a warning or an error ({len(wrong) / len(well):.1%})"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--only", choices=("healthy", "sick"))
    parser.add_argument("--healthy", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--last", type=int)
    parser.add_argument("--lines", type=Path)
    parser.add_argument("--sum", type=Path, nargs="+")
    asked = parser.parse_args()
    if asked.sum:
        told([json.loads(line) for path in asked.sum for line in path.read_text().splitlines()])
        return
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    cases = [
        *(sick(asked.folder) if asked.only != "healthy" else []),
        *(itertools.islice(healthy(asked.folder), asked.healthy) if asked.only != "sick" else []),
    ]
    lines = []
    for case in itertools.islice(cases, asked.first, asked.last):
        began = time.process_time()
        lines.append(line_of(case))
        if lines[-1]["codes"] or lines[-1]["found"]:
            print(f"{shown(lines[-1])}  [{time.process_time() - began:.1f} s]", flush=True)
        if asked.lines:
            with asked.lines.open("a") as file:
                file.write(json.dumps(lines[-1]) + "\n")
    told(lines)
    print(f"{time.process_time():.0f} s of the processor")


if __name__ == "__main__":
    main()
