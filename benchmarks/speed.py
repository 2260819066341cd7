"""Microseconds a training step, Ranvier beside every library that is installed, in turns.

    python benchmarks/speed.py [--rounds 5] [--only NAME ...]

Each library trains in a process of its own. A burst is one epoch over rows in memory, its start and its end counted;
of each library's bursts the quickest counts, so that what else the machine did matters little; the median stands
beside it. Behind them stands the accuracy on 2,000 rows of their own after all of its bursts, with one standard error:
all have then trained for the same number of steps. Above stands the plan that Ranvier chose by trial. Where a peer is
not installed its place is empty: ``pip install "ranvier[bench]"`` brings those that pip can.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterable

import torch
from peers import ours
from peers.apart import TEST_ROWS, Apart
from peers.libraries import PEERS
from peers.networks import CASES, Case

from ranvier.execution.explicit import Explicit
from ranvier.execution.plan import Plan
from ranvier.execution.population import Population
from ranvier.training.optimizers import adam, adamw

PAUSE = 0.1
"""Seconds in which the threads of the last library go to sleep."""


def quickest(
    runs: dict[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Seconds of the quickest call of each, in turns; one call beforehand does not count."""
    cores = torch.get_num_threads()
    for run in runs.values():
        run()
    best = dict.fromkeys(runs, math.inf)
    for _ in range(rounds):
        for name, run in runs.items():
            torch.set_num_threads(cores)
            started = clock()
            run()
            best[name] = min(best[name], clock() - started)
    torch.set_num_threads(cores)
    return best


def compare(case: Case, rounds: int) -> None:
    """One row: Ranvier's chosen plan, its best in 32 bits, and the peers."""
    print(f"\n{case.name}, batch {case.batch}", flush=True)
    runs: dict[str, Apart] = {}
    for name in ("Ranvier", "Ranvier (32 bits)", *PEERS):
        if name == "Ranvier (32 bits)" and "bfloat16, " not in runs["Ranvier"].said.partition("(")[0]:
            continue  # it has them
        run = Apart(case.name, name)
        if run.said:
            print(f"  {name}: {run.said}", flush=True)
        if run.runs:
            runs[name] = run
    bursts: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name in in_turns(runs, turn):
            time.sleep(PAUSE)
            seconds = runs[name].epoch()
            if turn:  # the first warms it up
                bursts[name].append(seconds / case.steps * 1e6)
    best = min(bursts["Ranvier"])
    for name, micro in bursts.items():
        right = runs[name].right()
        error = math.sqrt(right * (1.0 - right) / TEST_ROWS)
        said = f"{min(micro):10.0f} us a step (median {statistics.median(micro):.0f})   {min(micro) / best:6.2f} x"
        print(f"  {name:<20} {said} Ranvier   accuracy {right:.3f} +- {error:.3f}", flush=True)
        runs[name].end()


def in_turns(names: Iterable[str], turn: int) -> list[str]:
    """The names in turns, each turn beginning with another one."""
    order = deque(names)
    order.rotate(-turn)
    return list(order)


def bare_kernels(rounds: int) -> None:
    """784-128-10 by hand beside the operations that it cannot do without; seconds of the processor, on one thread.

    These are the drawing of the rows, both layers, the class probabilities, all derivatives and the update. The value
    of the loss, and everything that a loop does around a step, are left out.
    """
    torch.set_num_threads(1)
    case = CASES[0]
    x, y = case.inputs(case.batch * case.steps), torch.randint(0, 10, (case.batch * case.steps,))
    rows, index = torch.empty(32, 784), torch.randperm(len(x))
    w1, w2, b1, b2 = torch.randn(128, 784), torch.randn(10, 128), torch.zeros(128), torch.zeros(10)
    a, d1 = torch.empty(32, 128), torch.empty(32, 128)
    flat = [torch.zeros(w1.numel() + w2.numel() + 138) for _ in range(4)]
    step, minus = torch.tensor(1.0), torch.full((32, 1), -1.0)
    z, d2 = torch.empty(10, 32).t(), torch.empty(10, 32).t()  # quicker so
    share = torch.full((32, 1), 1.0 / 32)
    of_rows = torch.empty(32, dtype=torch.int64)
    relu_backward = torch.ops.aten.threshold_backward.grad_input

    def kernels() -> None:
        for start in range(0, len(x), 32):
            torch.index_select(x, 0, index[start : start + 32], out=rows)
            torch.addmm(b1, rows, w1.t(), out=a)
            torch.clamp_min(a, 0.0, out=a)
            torch.addmm(b2, a, w2.t(), out=z)
            torch.softmax(z.t(), 0, out=d2.t())
            torch.index_select(y, 0, index[start : start + 32], out=of_rows)
            d2.scatter_add_(1, of_rows[:, None], minus).mul_(share)
            torch.mm(d2.t(), a, out=w2)
            torch.sum(d2, 0, out=b2)
            torch.mm(d2, w2, out=d1)
            relu_backward(d1, a, 0.0, grad_input=d1)
            torch.sum(d1, 0, out=b1)
            torch.mm(d1.t(), rows, out=w1)
            torch._fused_adam_(
                [flat[0]], [flat[1]], [flat[2]], [flat[3]], [], [step], lr=1e-3, beta1=0.9, beta2=0.999,
                weight_decay=0.0, eps=1e-8, amsgrad=False, maximize=False,
            )  # fmt: skip

    best = quickest(
        {"kernels": kernels, "loop": ours.ranvier(case, x, y, Plan("explicit")).epoch},
        3 * rounds,
        time.process_time,
    )
    print(
        f"\n784-128-10, one thread: {best['loop'] / case.steps * 1e6:.0f} us a step in the loop, bare kernels"
    )
    print(
        f"  {best['kernels'] / case.steps * 1e6:.0f} us: {best['loop'] / best['kernels']:.2f} times as long"
    )


def table(rounds: int) -> None:
    """The default network of tables: by hand beside autograd, on each number of threads."""
    data = ours.adult(256 * 20)
    for threads in sorted({1, torch.get_num_threads()}):
        runs = {
            name: ours.epoch_of(
                ours.state_of(ours.table_network(), ours.TWO_CLASSES),
                ours.Batches(data, 256, 0),
                Plan(name, threads=threads),
            )
            for name in ("explicit", "autograd")
        }
        # on one thread the processor's seconds, which other work on the machine lengthens less
        best = quickest(runs, rounds, time.process_time if threads == 1 else time.perf_counter)
        print(f"\nThe default network on the shape of Adult, batch 256, {threads} thread(s): by hand")
        print(
            f"  {best['explicit'] / 20 * 1e3:.2f} ms a step, autograd {best['autograd'] / 20 * 1e3:.2f} ms: "
            f"{best['autograd'] / best['explicit']:.2f} times as fast",
            flush=True,
        )


def population(rounds: int) -> None:
    """32 perceptrons of 64-64 as one program beside 32 by hand, one after another on one thread."""
    count = 32
    for size in (32, 256):
        data = ours.adult(size * 40)
        networks = [ours.small_network().train() for _ in range(count)]
        optimizers = [adamw(list(network.named_parameters()), 1e-3) for network in networks]
        alone = ours.small_network().train()
        index = torch.stack([torch.randperm(len(data))[:size] for _ in range(count)])
        by_hand = Explicit(
            alone, ours.TWO_CLASSES, adam(list(alone.named_parameters()), 1e-3), data.take(index[0])
        )
        with Population(networks, ours.TWO_CLASSES, optimizers, data) as together, by_hand:

            def all_at_once(together: Population = together, index: torch.Tensor = index) -> None:
                for _ in range(8):
                    together.step(index, range(count))

            def one_by_one(
                by_hand: Explicit = by_hand, index: torch.Tensor = index, data: ours.Batch = data
            ) -> None:
                torch.set_num_threads(1)
                for each in index:
                    for _ in range(8):
                        by_hand.step(data.take_into(each, by_hand.buffers(len(each))))

            best = quickest({"together": all_at_once, "alone": one_by_one}, 2 * rounds)
        print(
            f"\n32 networks of 64-64, batch {size}: {best['alone'] / best['together']:.2f} times as fast together"
        )
        print(f"  ({best['together'] / 8 * 1e6:.0f} us against {best['alone'] / 8 * 1e6:.0f} us)", flush=True)


def rows(rounds: int) -> None:
    """An epoch of few rows beside one of a hundred times as many; seconds of the processor, on one thread."""
    few, factor = 256 * 32, 100
    runs = {}
    for count in (few, few * factor):
        state = ours.state_of(ours.small_network(), ours.TWO_CLASSES)
        runs[f"{count:,}"] = ours.epoch_of(
            state, ours.Batches(ours.adult(count), 256, 0), Plan("explicit", threads=1)
        )
    best = quickest(runs, rounds, time.process_time)
    (small, short), (large, long) = best.items()
    print(
        f"\n64-64 on the shape of Adult, batch 256, one thread: an epoch of {large} rows takes {long:.2f} s,"
    )
    print(
        f"  of {small} {short * 1e3:.1f} ms: {long / short:.1f} times as long for {factor} times the rows",
        flush=True,
    )


PARTS: dict[str, Callable[[int], None]] = {
    "kernels": bare_kernels,
    "table": table,
    "population": population,
    "rows": rows,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[*PARTS, *(case.name for case in CASES)])
    asked = parser.parse_args()
    cores = torch.get_num_threads()
    print(f"torch {torch.__version__}, {cores} threads")
    for case in CASES:
        if case.name in asked.only:
            compare(case, asked.rounds)
    for name, part in PARTS.items():
        if name in asked.only:
            torch.set_num_threads(cores)
            part(asked.rounds)


if __name__ == "__main__":
    main()
