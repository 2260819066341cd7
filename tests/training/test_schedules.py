"""Each schedule equals torch's scheduler at every step, where there is an equivalent one, or values worked by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch.optim import lr_scheduler

from ranvier.training.schedules import (
    Constant,
    Cosine,
    Cyclic,
    Exponential,
    OneCycle,
    Plateau,
    Step,
    Warmup,
)

TOTALS = [1, 2, 3, 7, 30, 100, 300]


def ours(schedule, total):
    return [schedule.factor(step, total) for step in range(total)]


def torchs(make, total):
    """The rates of torch's scheduler for a base rate of 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)
    rates = []
    for _ in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def assert_same(got, want):
    assert got == pytest.approx(want, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("total", TOTALS)
def test_constant(total):
    assert ours(Constant(), total) == [1.0] * total


@pytest.mark.parametrize(
    "every, total, stair", [(0.07, 100, 7), (0.1, 300, 30), (0.1, 30, 3), (0.5, 7, 4), (1 / 3, 9, 3)]
)
def test_step_equals_torch(every, total, stair):
    want = torchs(lambda o: lr_scheduler.StepLR(o, stair, gamma=0.3), total)
    assert_same(ours(Step(every=every, gamma=0.3), total), want)


def test_step_by_hand():
    assert_same(ours(Step(), 10), [1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01])
    assert_same(ours(Step(), 2), [1, 0.1])
    assert ours(Step(every=1.0), 5) == [1.0] * 5


@pytest.mark.parametrize("total", TOTALS)
def test_exponential_equals_torch(total):
    want = torchs(lambda o: lr_scheduler.ExponentialLR(o, gamma=0.02 ** (1 / total)), total)
    assert_same(ours(Exponential(final=0.02), total), want)
    assert Exponential().factor(total - 1, total) == pytest.approx(0.01 ** (1 - 1 / total))


@pytest.mark.parametrize("total", TOTALS)
@pytest.mark.parametrize("final", [0.0, 0.2])
def test_cosine_equals_torch(total, final):
    want = torchs(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=total, eta_min=final), total)
    assert_same(ours(Cosine(final=final), total), want)


@pytest.mark.parametrize("total, rising", [(10, 3), (100, 30), (7, 2)])
def test_cosine_after_a_warmup_equals_torch(total, rising):
    warm = torchs(lambda o: lr_scheduler.LinearLR(o, 1 / (rising + 1), total_iters=rising), rising)
    fall = torchs(lambda o: lr_scheduler.CosineAnnealingLR(o, total - rising, eta_min=0.1), total - rising)
    assert_same(ours(Cosine(warmup=0.3, final=0.1), total), warm + fall)


def test_cosine_by_hand():
    half = math.sqrt(0.5)
    assert_same(ours(Cosine(), 4), [1, (1 + half) / 2, 0.5, (1 - half) / 2])
    assert_same(ours(Cosine(warmup=0.5), 4), [1 / 3, 2 / 3, 1, 0.5])
    assert_same(ours(Cosine(warmup=0.99), 2), [1 / 3, 2 / 3])


@pytest.mark.parametrize("total, rising", [(1, 0), (10, 1), (100, 10), (300, 30)])
def test_warmup_equals_torch(total, rising):
    want = torchs(lambda o: lr_scheduler.LinearLR(o, 1 / (rising + 1), total_iters=rising), total)
    assert_same(ours(Warmup(), total), want if rising else [1.0] * total)


def test_warmup_by_hand():
    assert_same(ours(Warmup(share=0.5), 6), [0.25, 0.5, 0.75, 1, 1, 1])


@pytest.mark.parametrize("total", [8, 30, 100, 301])
def test_cyclic_equals_torch(total):
    def make(optimizer):
        up = total / 6
        return lr_scheduler.CyclicLR(optimizer, 0.2, 1.0, step_size_up=up, cycle_momentum=False)

    assert_same(ours(Cyclic(cycles=3, low=0.2), total), torchs(make, total))


def test_cyclic_by_hand():
    assert_same(ours(Cyclic(cycles=1, low=0.0), 4), [0, 0.5, 1, 0.5])
    assert_same(ours(Cyclic(cycles=4, low=0.1), 4), [0.1, 1, 0.1, 1])  # two triangles: four would be all feet
    assert_same(ours(Cyclic(), 1), [0.1])


@pytest.mark.parametrize("total", [2, 10, 100, 300])
@pytest.mark.parametrize("peak_at", [0.1, 0.3, 0.5])
def test_one_cycle_equals_torch(total, peak_at):
    def make(
        optimizer,
    ):  # torch's curve ends at its last step, ours one step later; its peak is at share * total - 1
        share = (peak_at * total + 1) / (total + 1)
        return lr_scheduler.OneCycleLR(
            optimizer, 1.0, total_steps=total + 1, pct_start=share, div_factor=20, final_div_factor=50
        )

    optimizer_rates = torchs(lambda o: _without_momentum(make, o), total)
    assert_same(ours(OneCycle(peak_at=peak_at, start=1 / 20, final=1 / 1000), total), optimizer_rates)


def _without_momentum(make, optimizer):
    optimizer.param_groups[0]["momentum"] = 0.9  # torch's class insists on cycling a momentum
    optimizer.defaults["momentum"] = 0.9
    return make(optimizer)


def test_one_cycle_by_hand():
    assert_same(ours(OneCycle(peak_at=0.5, start=0.2, final=0.0), 4), [0.2, 0.6, 1.0, 0.5])
    assert_same(ours(OneCycle(peak_at=0.0, final=0.0), 2), [1.0, 0.5])
    assert_same(ours(OneCycle(), 1), [0.04])


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_plateau_equals_torch(patience):
    values = torch.rand(60, generator=torch.Generator().manual_seed(1)).tolist()
    values[20:40] = [0.5, 0.5] * 10  # the same value again is no improvement
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.7, patience=patience - 1, threshold=0.0, min_lr=0.05, eps=0.0
    )
    schedule = Plateau(patience=patience, gamma=0.7, floor=0.05)
    factors = set()
    for epoch, value in enumerate(values):
        scheduler.step(value)
        schedule.observe(value)
        assert schedule.factor(epoch, 60) == pytest.approx(optimizer.param_groups[0]["lr"]), epoch
        factors.add(schedule.factor(epoch, 60))
    assert min(factors) == 0.05  # the values are bad enough that the floor is reached


def test_plateau_by_hand():
    schedule = Plateau(patience=2, gamma=0.5, floor=0.2)
    seen = []
    for value in [3.0, 2.0, 2.0, 2.5, 1.0, 1.5, 1.0, 1.1, 1.2, 0.5, 0.6]:
        schedule.observe(value)
        seen.append(schedule.factor(0, 1))
    assert seen == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_plateau_takes_a_value_that_is_not_finite_as_no_improvement(broken):
    schedule = Plateau(patience=2)
    for value in (broken, broken):
        schedule.observe(value)
    assert schedule.factor(0, 1) == 0.5
    assert schedule.state_dict() == {"factor": 0.5, "best": None, "waited": 0}


def test_default_plateau():
    schedule = Plateau()
    for _ in range(5):
        schedule.observe(1.0)
    assert schedule.factor(0, 1) == 1.0
    schedule.observe(1.0)
    assert schedule.factor(0, 1) == 0.5
    for _ in range(100):
        schedule.observe(1.0)
    assert schedule.factor(0, 1) == 1e-3
