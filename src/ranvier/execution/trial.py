"""Trying plans out: a few steps of each, on copies that are thrown away."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle

import torch

from ..errors import SpecError
from .plan import Plan

SHARE = 0.02
"""Of the time that a run is expected to take, the trials may take so much."""

MOST = 2.0
"""Seconds that the trials may take at most."""

LEAST = 0.2
"""Seconds below which trials say little: a run so short is not measured."""

CLEARLY = 0.95
"""A plan takes the first one's place where its steps take less than this share of the first one's time."""

CLEARLY_SHARED = 0.9
"""The same where it takes more threads: what little these save is lost as soon as another program wants a core."""

STRETCH = 0.02
"""Seconds of steps of one plan, one after another as in a run, before another has its turn."""

TOLERANCES = {"float32": 1e-3, "bfloat16": 5e-2}
"""How far the losses of a plan's first steps may lie from the first plan's, as a share of these."""

UNFIT = (RuntimeError, TypeError, SpecError)
"""What steps raise by a plan that the network cannot be carried out by, as where an operation has no kernel for its
numbers."""

STEPS = 3
"""So many steps warm a plan up; their losses are compared."""


@dataclass
class Trial:
    """One plan under trial.

    Args:
        plan: on trial.
        step: carries out the next step, and gives its loss.
    """

    plan: Plan
    step: Callable[[], float]
    warm: float = math.inf
    """Seconds of the quickest of the first steps."""
    stretches: list[float] = field(default_factory=list)
    """Seconds of a step, the mean of each stretch: what a run pays, where the quickest step is one among hundreds."""

    @property
    def seconds(self) -> float:
        """Of a step: the median of the stretches."""
        return statistics.median(self.stretches) if self.stretches else self.warm

    def warm_up(self) -> list[float]:
        """The losses of the first steps."""
        self._take_turn()
        losses = []
        for _ in range(STEPS):
            started = time.perf_counter()
            losses.append(self.step())
            self.warm = min(self.warm, time.perf_counter() - started)
        return losses

    def stretch(self) -> None:
        """Steps one after another, timed."""
        self._take_turn()
        count = max(1, round(STRETCH / max(self.warm, 1e-9)))
        if count > 1:
            self.step()  # finds what others have left in the cache
        started = time.perf_counter()
        for _ in range(count):
            self.step()
        self.stretches.append((time.perf_counter() - started) / count)

    def _take_turn(self) -> None:
        if torch.get_num_threads() != self.plan.threads:
            torch.set_num_threads(self.plan.threads)


@dataclass(frozen=True)
class Verdict:
    """The plan that was chosen, why, and how many seconds a step takes by it."""

    plan: Plan
    reason: str
    seconds: float


def choose(
    plans: Sequence[Plan], start: Callable[[Plan], Callable[[], float]], expected: Callable[[float], float]
) -> Verdict:
    """Time the plans in turns and take the quickest; the first stays unless another is clearly quicker.

    What counts is the mean time of a step over a stretch of them, as a run would have it. Compiling takes longer than
    trials may: such a plan is to be given only where the run repays it.

    Args:
        plans: at least one.
        start: makes a copy of the training and gives a function that carries out its next step by a plan.
        expected: how many seconds the run takes at so many seconds a step.
    """
    first = Trial(plans[0], start(plans[0]))
    losses = first.warm_up()
    budget = min(MOST, SHARE * expected(first.seconds))
    if budget < LEAST or len(plans) == 1:
        return Verdict(first.plan, "by rule: the run is too short for trials", first.seconds)
    deadline = time.perf_counter() + budget
    trials: list[Trial] = [first]
    wrong: list[Trial] = []
    unfit: list[Plan] = []
    for plan in plans[1:]:
        if time.perf_counter() > deadline:
            break
        began = time.perf_counter()
        try:
            trial = Trial(plan, start(plan))
            agrees = _agree(losses, trial.warm_up(), TOLERANCES[plan.precision])
        except UNFIT:
            unfit.append(plan)
        else:
            (trials if agrees else wrong).append(trial)
        if plan.dispatch == "compiled":
            deadline += time.perf_counter() - began
    for trial in cycle(trials):
        if time.perf_counter() > deadline:
            break
        trial.stretch()
    return _verdict(trials, wrong, unfit)


def _verdict(trials: list[Trial], wrong: list[Trial], unfit: list[Plan]) -> Verdict:
    first = trials[0]

    def beside_first(trial: Trial) -> float:
        share = CLEARLY_SHARED if trial.plan.threads > first.plan.threads else CLEARLY
        return trial.seconds if trial is first else trial.seconds / share

    chosen = min(trials, key=beside_first)
    others = [f"{trial.plan} {_shown(trial.seconds)}" for trial in trials if trial is not chosen]
    others += [f"{trial.plan} left out, its losses differ" for trial in wrong]
    others += [f"{plan} left out, the network does not run so" for plan in unfit]
    beside = f" ({'; '.join(others)})" if others else ""
    return Verdict(chosen.plan, f"measured: {_shown(chosen.seconds)} a step{beside}", chosen.seconds)


def _agree(losses: Sequence[float], others: Sequence[float], tolerance: float) -> bool:
    return all(
        math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance) for one, other in zip(losses, others)
    )


def _shown(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} us" if seconds < 1e-3 else f"{seconds * 1e3:.3g} ms"
