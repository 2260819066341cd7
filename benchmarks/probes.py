"""What looking on adds to a training: probes, history and progress on against off.

    scripts/bench probes [--seconds 20] [--only NAME ...]

On each network of the speed benchmark, in turns: some steps that nobody looks at and as many that probes, history and
the live line look at, the one first or the other, and two steps of which one is sampled. A sampled step keeps the
weights before it, and after it sends the batch through the network once more and measures; of the first thousand steps
11 are, later one in 500: the table has the first thousand steps, and ten epochs of 60,000 rows. What the end of an
epoch costs (a line of history) and what drawing the live line costs each second is added. Seconds of the processor, one
thread; medians with 95% intervals by the bootstrap over the turns.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from peers import ours
from peers.networks import CASES
from rich.console import Console
from rich.progress import Progress

from ranvier.cli.progress import FRAMES, LiveLine, columns
from ranvier.data.batches import Batch, Batches
from ranvier.execution.plan import Plan
from ranvier.insight.watching.probes import Probes, sampled
from ranvier.losses import CrossEntropy
from ranvier.training.history import History
from ranvier.training.limits import Limits
from ranvier.training.steps import steps_by

ROWS, EPOCHS = 60_000, 10
"""Of an epoch, and of a run."""


def share(steps: int) -> float:
    """The share of the first steps that is looked at closely."""
    return sum(sampled(step) for step in range(1, steps + 1)) / steps


def interval(values: torch.Tensor, times: int = 2000) -> str:
    """The median of what each turn said and its 95% interval by the bootstrap, in percent."""
    drawn = torch.randint(len(values), (times, len(values)), generator=torch.Generator().manual_seed(0))
    medians = values[drawn].median(1).values.sort().values
    low, high = medians[int(0.025 * times)], medians[int(0.975 * times) - 1]
    return f"{statistics.median(values.tolist()):+.2%} ({low:+.2%} to {high:+.2%})"


def seconds_of(function: Callable[[], object], times: int) -> float:
    """What one call costs."""
    started = time.process_time()
    for _ in range(times):
        function()
    return (time.process_time() - started) / times


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--only", nargs="*", default=[*(case.name for case in CASES), "tabm"])
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, one thread, seconds of the processor")
    print(f"| network | a step, us | sampled step, in steps | first 1,000 steps | {EPOCHS} epochs |")
    print("|---|---|---|---|---|")
    for case in CASES:
        if case.name in asked.only:
            x, y = case.rows(case.batch)
            batch = ours.batch_of(case, x, y)
            plan = Plan("explicit" if case.hidden or case.name in ours.PICTURES else "autograd")
            state = ours.state_of(ours.network_of(case, x), CrossEntropy())
            row(case.name, state, batch, plan, asked.seconds)
    if "tabm" in asked.only:
        state = ours.state_of(ours.table_network(), ours.TWO_CLASSES)
        row("default network, Adult", state, ours.adult(256), Plan("explicit"), asked.seconds)


def row(name: str, state: ours.State, batch: Batch, plan: Plan, seconds: float) -> None:
    """Take turns until the seconds are up, and print a line of the table."""
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w") as nowhere:
        bar = Progress(*columns(), console=Console(file=nowhere, force_terminal=True), auto_refresh=False)
        line = LiveLine(bar)
        bar.start()  # one that has not begun draws nothing
        history, probes = History(Path(folder), state), Probes(state)
        watchers: Sequence[Any] = [history, probes, line]
        with steps_by(plan, state, Batches(batch, len(batch), 0), Limits(epochs=1)) as steps:

            def some(count: int, watchers: Sequence[Any], first: int = 513) -> float:
                started = time.process_time()
                for _ in range(count):
                    loss = steps.step(batch)
                    state.step = first
                    for watcher in watchers:
                        watcher.on_step(state, batch, loss)
                    first = 513 if first == 512 else first + (first < 512)
                return (time.process_time() - started) / count

            some(2, watchers, 511), some(2, watchers)
            count = max(2, round(0.01 / some(2, [])))
            turns = []
            end = time.perf_counter() + seconds
            while time.perf_counter() < end or len(turns) < 5:
                looked = some(2, watchers, 511)
                some(2, [])  # what the sampled step has put out of the cache comes back
                ways = ([], watchers) if len(turns) % 2 else (watchers, [])
                took = [some(count, way) for way in ways]
                turns.append((*(took if len(turns) % 2 else took[::-1]), looked))
                del probes.recording.samples[2:]
                del state.noticed["samples"][2:]
        told = {
            "epoch": 1,
            "step": 1,
            "learning_rate": 0.1,
            "train": {"loss": 1.0},
            "validation": {"loss": 1.0},
        }
        ends = seconds_of(lambda: [watcher.on_epoch(state, told) for watcher in (history, line)], 50)
        drawn = seconds_of(bar.refresh, 50)
        bar.stop()
    off, on, looked = torch.tensor(turns, dtype=torch.float64).unbind(1)
    step = float(off.median())
    always = (on - off) / off + ends / (ROWS / len(batch) * step) + FRAMES * drawn
    sampling = 2 * (looked - on) / off
    print(
        f"| {name} | {step * 1e6:.0f} | {float(sampling.median()):.2f} | {interval(always + share(1000) * sampling)} | "
        f"{interval(always + share(EPOCHS * ROWS // len(batch)) * sampling)} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
