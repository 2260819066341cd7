"""Schedules: how the learning rate changes in the course of a run.

A schedule gives a *factor* of the base learning rate, from 0 to 1 and never above: ``factor(step, total)``
for the step (from 0) of a run of ``total`` planned steps. It is a pure function of the two, so a resumed run
needs no memory of it; the exception is ``Plateau``, which watches a value. Curves are drawn over the share
step / total of the run that is past, so a final value is what the curve reaches as the run ends, and the last
step is not wasted on a rate of 0. A step beyond the plan has the factor of the last planned one. All options
are keyword-only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

from ..limits import Count, Fraction, Share


class Schedule(Protocol):
    """What every schedule offers."""

    def factor(self, step: int, total: int) -> float:
        """The factor of the base rate at ``step`` (from 0) of ``total`` steps (1 or more): from 0 to 1."""
        ...

    def observe(self, value: float) -> None:
        """Take note of an epoch's validation value; lower is better. All but ``Plateau`` ignore it."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """What must be kept to resume, as JSON values."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what ``state_dict`` gave."""
        ...


def _ignore(self: object, value: float) -> None:
    """Do nothing: this schedule does not watch the validation value."""


def _no_state(self: object) -> dict[str, Any]:
    """Nothing: this schedule has no memory."""
    return {}


def _load_nothing(self: object, state: Mapping[str, Any]) -> None:
    """Do nothing: this schedule has no memory."""


class Constant:
    """The same rate throughout: 1."""

    observe = _ignore
    state_dict = _no_state
    load_state_dict = _load_nothing

    def factor(self, step: int, total: int) -> float:
        """1, at every step."""
        return 1.0


class Step:
    """A staircase: the rate is multiplied by ``gamma`` after each ``every`` of the run.

    Args:
        every: the length of a stair, as a share of the run; rounded up to whole steps.
        gamma: the factor between two stairs.
    """

    observe = _ignore
    state_dict = _no_state
    load_state_dict = _load_nothing

    def __init__(self, *, every: Share = 1 / 3, gamma: Share = 0.1) -> None:
        self.every = every
        self.gamma = gamma

    def factor(self, step: int, total: int) -> float:
        """gamma ^ floor(step / stair), where stair = ceil(every total) steps.

        >>> [round(Step().factor(step, 10), 4) for step in range(10)]
        [1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01]
        """
        stair = max(1, math.ceil(self.every * total - 1e-9))  # 0.07 * 100 is 7.000000000000001
        return float(self.gamma ** (_within(step, total) // stair))


class Exponential:
    """Exponential decay: the rate falls by the same factor at each step, to ``final`` at the end.

    Args:
        final: the factor that is reached as the run ends.
    """

    observe = _ignore
    state_dict = _no_state
    load_state_dict = _load_nothing

    def __init__(self, *, final: Share = 0.01) -> None:
        self.final = final

    def factor(self, step: int, total: int) -> float:
        """final ^ (step / total)."""
        return float(self.final ** (_within(step, total) / total))


class Cosine:
    """A linear warm-up, then half a cosine from 1 down to ``final`` (Loshchilov & Hutter 2017, one period).

    Args:
        warmup: the share of the run in which the rate rises.
        final: the factor that is reached as the run ends.
    """

    observe = _ignore
    state_dict = _no_state
    load_state_dict = _load_nothing

    def __init__(self, *, warmup: Fraction = 0.0, final: Fraction = 0.0) -> None:
        self.warmup = warmup
        self.final = final

    def factor(self, step: int, total: int) -> float:
        """With w = round(warmup total): (step + 1) / (w + 1) before step w, then a cosine over the rest."""
        step = _within(step, total)
        rising = round(self.warmup * total)
        if step < rising:
            return (step + 1) / (rising + 1)
        return _cosine(1.0, self.final, (step - rising) / (total - rising))


class Warmup:
    """A linear rise to 1, then the same rate (Goyal et al. 2017).

    Args:
        share: the share of the run in which the rate rises.
    """

    observe = _ignore
    state_dict = _no_state
    load_state_dict = _load_nothing

    def __init__(self, *, share: Fraction = 0.1) -> None:
        self.share = share

    def factor(self, step: int, total: int) -> float:
        """With w = round(share total): (step + 1) / (w + 1) before step w, then 1."""
        step = _within(step, total)
        rising = round(self.share * total)
        return (step + 1) / (rising + 1) if step < rising else 1.0


class Cyclic:
    """Triangles: the rate rises from ``low`` to 1 and falls again, ``cycles`` times (Smith 2017).

    Args:
        cycles: how many triangles in the run; a run shorter than 2 * ``cycles`` steps has fewer.
        low: the factor at the feet of the triangles.
    """

    observe = _ignore
    state_dict = _no_state
    load_state_dict = _load_nothing

    def __init__(self, *, cycles: Count = 4, low: Fraction = 0.1) -> None:
        self.cycles = cycles
        self.low = low

    def factor(self, step: int, total: int) -> float:
        """low + (1 - low) (1 - |2 x - 1|), where x is the share of the present triangle that is past."""
        cycles = max(1, min(self.cycles, total // 2))  # a triangle of one step would be nothing but its foot
        past = (_within(step, total) * cycles % total) / total
        return self.low + (1 - self.low) * (1 - abs(2 * past - 1))


class OneCycle:
    """One rise and one long fall, each half a cosine (Smith & Topin 2018, with fastai's cosine).

    Args:
        peak_at: the share of the run after which the rate is 1.
        start: the factor at the first step.
        final: the factor that is reached as the run ends.
    """

    observe = _ignore
    state_dict = _no_state
    load_state_dict = _load_nothing

    def __init__(self, *, peak_at: Fraction = 0.3, start: Share = 0.04, final: Fraction = 4e-6) -> None:
        self.peak_at = peak_at
        self.start = start
        self.final = final

    def factor(self, step: int, total: int) -> float:
        """A cosine from ``start`` to 1 until peak_at total, then a cosine from 1 to ``final``."""
        step = _within(step, total)
        peak = self.peak_at * total
        if step < peak:
            return _cosine(self.start, 1.0, step / peak)
        return _cosine(1.0, self.final, (step - peak) / (total - peak))


class Plateau:
    """The rate falls when the validation value has not improved for a while.

    The only schedule with a memory: the loop calls ``observe`` once an epoch.

    Args:
        patience: how many epochs in a row without a new lowest value make the rate fall.
        gamma: the factor of each fall.
        floor: the factor below which it does not fall.
    """

    def __init__(self, *, patience: Count = 5, gamma: Share = 0.5, floor: Share = 1e-3) -> None:
        self.patience = patience
        self.gamma = gamma
        self.floor = floor
        self._factor = 1.0
        self._best: float | None = None
        self._waited = 0

    def factor(self, step: int, total: int) -> float:
        """The present factor; the step does not matter."""
        return self._factor

    def observe(self, value: float) -> None:
        """Take note of an epoch's value; lower is better, and one that is not finite is no improvement."""
        if math.isfinite(value) and (self._best is None or value < self._best):
            self._best, self._waited = float(value), 0
            return
        self._waited += 1
        if self._waited >= self.patience:
            self._factor, self._waited = max(self._factor * self.gamma, self.floor), 0

    def state_dict(self) -> dict[str, Any]:
        """``factor``, ``best`` (None before the first finite value) and ``waited`` epochs."""
        return {"factor": self._factor, "best": self._best, "waited": self._waited}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what ``state_dict`` gave."""
        self._factor, self._best, self._waited = state["factor"], state["best"], state["waited"]


def _within(step: int, total: int) -> int:
    return min(step, total - 1)


def _cosine(first: float, last: float, past: float) -> float:
    """Half a cosine: ``first`` where ``past`` is 0, ``last`` where it is 1, and never outside the two."""
    return last + (first - last) * (1 + math.cos(math.pi * past)) / 2
