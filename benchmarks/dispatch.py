"""Steps by autograd whose operations are compiled, beside the same steps one operation at a time, in turns.

    python benchmarks/dispatch.py [--rounds 15] [--only NAME ...]

The networks of ``benchmarks/speed.py`` that go by autograd, and one of many small operations, as a user's own may be.
Milliseconds a step are the median of stretches in turns; beside them stands what the first three steps took, compiling
included. It needs a C++ compiler.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from itertools import count

import torch
from peers import ours
from peers.networks import CASES, Case
from torch import Tensor, nn

from ranvier.data.batches import Batches
from ranvier.execution.plan import Dispatch, Plan, Precision, compiler_missing
from ranvier.losses import CrossEntropy
from ranvier.training.limits import Limits
from ranvier.training.steps import steps_by

STRETCH = 0.3
"""Seconds of steps of one plan before another has its turn."""


class Waves(nn.Module):
    """One hidden layer of waves: some twenty small operations, of which torch's kernels do one at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(32, 256), nn.Linear(256, 10)

    def forward(self, x: Tensor) -> Tensor:
        z = self.first(x)
        z = torch.sin(z) * torch.exp(-z * z) + torch.tanh(z) * torch.sigmoid(z)
        z = (z - z.mean(-1, keepdim=True)) / (z.std(-1, keepdim=True) + 1e-5)
        outputs: Tensor = self.last(z * torch.rsqrt(1.0 + z * z))
        return outputs


WAVES = Case("many small operations", Waves, lambda n: torch.randn(n, 32), batch=512, steps=40)


def stepping(case: Case, plan: Plan) -> tuple[Callable[[], float], float]:
    """A function that carries out the next step, and the seconds that the first three took."""
    x, y = case.rows(case.batch * 8)
    batches = Batches(ours.batch_of(case, x, y), case.batch, 0)
    state = ours.state_of(ours.network_of(case, x).train(), CrossEntropy())
    started = time.perf_counter()
    steps = steps_by(plan, state, batches, Limits(epochs=1)).__enter__()
    drawn = (batch for epoch in count() for batch in batches.epoch(epoch, into=steps.buffers))
    for _ in range(3):
        steps.step(next(drawn))
    return lambda: steps.step(next(drawn)), time.perf_counter() - started


def compare(case: Case, rounds: int) -> None:
    """The rows of one network."""
    ways: list[tuple[Dispatch, Precision]] = [
        (how, precision) for precision in ("float32", "bfloat16") for how in ("eager", "compiled")
    ]
    runs, first = {}, {}
    for how, precision in ways:
        plan = Plan("autograd", precision, threads=torch.get_num_threads(), dispatch=how)
        runs[how, precision], first[how, precision] = stepping(case, plan)
    took: dict[tuple[Dispatch, Precision], list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, step in runs.items():
            started, done = time.perf_counter(), 0
            while time.perf_counter() < started + STRETCH or not done:
                step()
                done += 1
            took[way].append((time.perf_counter() - started) / done)
    for how, precision in ways:
        middle, eager = (statistics.median(took[way, precision]) for way in (how, "eager"))
        print(
            f"  {precision:<9} {how:<9} {middle * 1e3:8.2f} ms a step   {eager / middle:5.2f} x eager"
            f"   first three steps {first[how, precision]:5.1f} s",
            flush=True,
        )


def main() -> None:
    """Print the rows of each network."""
    cases = [WAVES, *(case for case in CASES if not case.hidden and case.name not in ours.PICTURES)]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", nargs="*", help="networks whose name begins so")
    asked = parser.parse_args()
    if missing := compiler_missing():
        raise SystemExit(f"Nothing can be compiled here: {missing}.")
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    for case in cases:
        if not asked.only or any(case.name.startswith(name) for name in asked.only):
            print(f"\n{case.name}, batch {case.batch}", flush=True)
            compare(case, asked.rounds)


if __name__ == "__main__":
    main()
