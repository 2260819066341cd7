"""Planted faults and healthy programs: what rv.check and rv.watch find, where, and how often they are wrong.

    scripts/bench faults              the open half, and the healthy programs
    scripts/bench faults --frozen     the frozen half, which is run only at the end
    scripts/bench faults --verbose    with what was missed
    scripts/bench faults --only cost  what rv.watch adds to a step

A fault is found where a finding has its code, or one of its codes; the place is right where it names a right layer.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

import ranvier as rv

sys.path.insert(0, str(Path(__file__).parent))

from faults import programs
from faults.healthy import healthy
from faults.programs import FAULTS, Fault, Program, own_step


def run(program: Program, when: str, steps: int) -> list[rv.Finding]:
    """The findings of a program: before training, or of some steps of it."""
    if when == "before":
        return rv.check(program.network, program.loss, (program.x, program.y), program.optimizer)
    watch = rv.watch(program.network, program.optimizer, say=None)
    drawn = torch.Generator().manual_seed(0)
    for step in range(steps):
        rows = torch.randint(len(program.y), (program.batch,), generator=drawn)
        if program.ordered:
            rows = torch.arange(step * program.batch, (step + 1) * program.batch) % len(program.y)
        try:
            (program.step or own_step)(program, program.x[rows], program.y[rows])
        except RuntimeError:
            break
    watch.close()
    return watch.findings


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frozen", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--when", choices=("before", "during"))
    parser.add_argument("--only", choices=("faults", "healthy", "cost"))
    parser.add_argument("--healthy", type=int, default=240)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    if asked.only == "cost":
        cost()
        return
    if asked.only != "healthy":
        if asked.frozen:
            from faults.frozen import faults
        else:
            from faults import open as faults
        assert faults
        for when in (asked.when,) if asked.when else ("before", "during"):
            planted(
                when, {name: fault for name, fault in FAULTS.items() if fault.when == when}, asked.verbose
            )
    if asked.only != "faults":
        for when in (asked.when,) if asked.when else ("before", "during"):
            alarms(when, asked.healthy, asked.verbose)


def planted(when: str, faults: dict[str, Fault], verbose: bool) -> None:
    count = found = placed = other = told = remedied = 0
    started = time.perf_counter()
    for name, fault in faults.items():
        for architecture in fault.architectures:
            findings = run(fault.build(architecture), when, fault.steps)
            right = [f for f in findings if f.code in fault.codes]
            there = [f for f in right if any(place in f.place for place in fault.place)]
            count, found, placed = count + 1, found + bool(right), placed + bool(there)
            told, remedied = told + len(findings), remedied + sum(bool(f.remedy) for f in findings)
            other += any(f.code not in fault.codes for f in findings)
            if verbose and not there:
                print(f"  {name} {architecture}: {[str(f) for f in findings]}")
    seconds = (time.perf_counter() - started) / max(count, 1)
    print(
        f"{when} training: {len(faults)} faults, {count} programs; right code {found} ({found / count:.1%}), "
        f"right place {placed} ({placed / max(found, 1):.1%} of these); other findings too in {other}; "
        f"{remedied} of {told} findings with a remedy; "
        f"{seconds:.2f} s each"
    )


def alarms(when: str, most: int, verbose: bool) -> None:
    count = wrong = 0
    for name, program in itertools.islice(healthy(), most):
        findings = [f for f in run(program, when, 120) if f.severity != "info"]
        count, wrong = count + 1, wrong + bool(findings)
        if verbose and findings:
            print(f"  {name}: {[str(f) for f in findings]}")
    print(f"{when} training: {count} healthy programs, {wrong} with a warning or error ({wrong / count:.1%})")


def cost(steps: int = 1000, times: int = 5) -> None:
    """Time so many steps with and without a watch, by turns; the first 100 steps are not timed."""

    def seconds(make: Callable[[], tuple[nn.Module, torch.Tensor]], watched: bool) -> float:
        torch.manual_seed(0)
        network, x = make()
        y = torch.arange(len(x)) % 10
        program = Program(network, nn.CrossEntropyLoss(), x, y, torch.optim.SGD(network.parameters(), 0.01))
        watch = rv.watch(network, program.optimizer, say=None) if watched else None
        for step in range(steps + 100):
            if step == 100:
                started = time.process_time()
            own_step(program, x, y)
        if watch:
            watch.close()
        return (time.process_time() - started) / steps

    mlp = lambda: (  # noqa: E731
        nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)),
        torch.randn(128, 784),
    )
    cnn = lambda: (  # noqa: E731
        nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1352, 10)),
        torch.randn(64, 1, 28, 28),
    )
    lstm = lambda: (  # noqa: E731
        nn.Sequential(programs.LastStep(), nn.Linear(programs.WIDTH, 10)),
        torch.randn(64, 16, 8),
    )
    for name, make in {"784-128-10": mlp, "small CNN": cnn, "LSTM": lstm}.items():
        pairs = [(seconds(make, False), seconds(make, True)) for _ in range(times)]
        plain = statistics.median(a for a, _ in pairs)
        added = statistics.median(b / a - 1 for a, b in pairs)
        print(f"{name}: {plain * 1e3:.3f} ms a step, {added:+.1%} with rv.watch (median of {times} pairs)")


if __name__ == "__main__":
    main()
