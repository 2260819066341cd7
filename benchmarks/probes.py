"""What the probes add to a training, on each network of the speed benchmark: steps with a probe and without, in turns.

    scripts/bench probes [--seconds 20] [--only NAME ...]

A probe keeps the weights before a step, and after it sends the batch through the network once more and measures. Of the
first thousand steps 11 are probed, later one in 500; from the cost of a probe in steps follows what it adds to them.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from peers import ours
from peers.networks import CASES

from ranvier.data.batches import Batch, Batches
from ranvier.execution.plan import Plan
from ranvier.insight.watching.probes import Probes, sampled
from ranvier.losses import CrossEntropy
from ranvier.training.limits import Limits
from ranvier.training.steps import steps_by

PROBED = sum(sampled(step) for step in range(1, 1001))


def resampled(values: list[float], times: int = 2000) -> tuple[float, float, float]:
    """The median and its 95% interval by the bootstrap."""
    drawn = torch.randint(len(values), (times, len(values)), generator=torch.Generator().manual_seed(0))
    medians = torch.tensor(values)[drawn].median(1).values.sort().values
    return (
        statistics.median(values),
        float(medians[int(0.025 * times)]),
        float(medians[int(0.975 * times) - 1]),
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--only", nargs="*", default=[*(case.name for case in CASES), "tabm"])
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, one thread, seconds of the processor; {PROBED} probes in 1,000 steps")
    for case in CASES:
        if case.name in asked.only:
            x, y = case.inputs(case.batch), torch.randint(0, case.classes, (case.batch,))
            block = "image" if case.name in ours.PICTURES else "number"
            batch = Batch({block: x}, y, torch.arange(len(x)))
            plan = Plan("explicit" if case.hidden or case.name in ours.PICTURES else "autograd")
            row(
                case.name, ours.state_of(ours.network_of(case, x), CrossEntropy()), batch, plan, asked.seconds
            )
    if "tabm" in asked.only:
        state = ours.state_of(ours.table_network(), ours.TWO_CLASSES)
        row("default network, Adult", state, ours.adult(256), Plan("explicit"), asked.seconds)


def row(name: str, state: ours.State, batch: Batch, plan: Plan, seconds: float) -> None:
    """Time pairs of steps until the seconds are up."""
    probes = Probes(state)
    with steps_by(plan, state, Batches(batch, len(batch), 0), Limits(epochs=1)) as steps:

        def two(first: int) -> float:
            started = time.process_time()
            for step in (first, first + 1):
                loss = steps.step(batch)
                state.step = step
                probes.on_step(state, batch, loss)
            return time.process_time() - started

        two(511), two(513)
        plain, added = [], []
        end = time.perf_counter() + seconds
        while time.perf_counter() < end or len(added) < 5:
            without = two(513)
            plain.append(without / 2)
            added.append((two(511) - without) / (without / 2))
            del probes.recording.samples[2:]
            del state.noticed["samples"][2:]
    cost, low, high = resampled(added)
    share = PROBED / 1000
    print(
        f"{name:<24} {statistics.median(plain) * 1e6:10.0f} us a step   a probe costs {cost:.2f} steps "
        f"({low:.2f} to {high:.2f})   {cost * share:+.2%} ({low * share:+.2%} to {high * share:+.2%}), "
        f"later {cost / 500:+.2%}",
        flush=True,
    )


if __name__ == "__main__":
    main()
