"""The contract of every schedule in the catalogue."""

from __future__ import annotations

import json

import pytest

from ranvier import catalog, options
from ranvier.spec import Choice

MEMBERS = list(catalog.SCHEDULES)
EXTREMES = {
    "step": [{"every": 1e-6, "gamma": 1e-3}, {"every": 1.0, "gamma": 1.0}],
    "exponential": [{"final": 1e-9}, {"final": 1.0}],
    "cosine": [{"warmup": 0.999, "final": 0.0}, {"warmup": 0.5, "final": 0.999}],
    "warmup": [{"share": 0.0}, {"share": 0.999}],
    "cyclic": [{"cycles": 1, "low": 0.0}, {"cycles": 1000, "low": 0.999}],
    "one_cycle": [
        {"peak_at": 0.0, "start": 1.0, "final": 0.999},
        {"peak_at": 0.999, "start": 1e-9, "final": 0.0},
    ],
    "plateau": [{"patience": 1, "gamma": 1e-3, "floor": 1e-9}, {"patience": 1, "gamma": 1.0, "floor": 1.0}],
}
CASES = [(name, given) for name in MEMBERS for given in [{}, *EXTREMES.get(name, [])]]


@pytest.mark.parametrize("name, given", CASES)
@pytest.mark.parametrize("total", [1, 2, 3, 5, 10, 97, 1000])
def test_factor_is_from_0_to_1_and_pure(name, given, total):
    schedule = catalog.load("schedules", name)(**given)
    forward = [schedule.factor(step, total) for step in range(total)]
    backward = [schedule.factor(step, total) for step in reversed(range(total))]
    assert all(isinstance(factor, float) and 0.0 <= factor <= 1.0 for factor in forward)
    assert forward == backward[::-1]
    assert schedule.factor(total + 10, total) == forward[-1]


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("total", [4, 1000])
def test_a_run_is_not_spent_at_nothing(name, total):
    """The defaults reach the full rate somewhere, and at no step stand still."""
    schedule = catalog.load("schedules", name)()
    factors = [schedule.factor(step, total) for step in range(total)]
    assert max(factors) > 0.9
    assert min(factors) > 0.0


@pytest.mark.parametrize("name", MEMBERS)
def test_resumes_from_json(name):
    values = [1.0, 0.5, *[0.6] * 8, 0.4, *[0.7] * 3]
    rest = [0.7] * 9
    unbroken, first, second = (catalog.load("schedules", name)() for _ in range(3))
    for value in values:
        unbroken.observe(value)
        first.observe(value)
    second.load_state_dict(json.loads(json.dumps(first.state_dict(), allow_nan=False)))
    for step, value in enumerate(rest):
        unbroken.observe(value)
        second.observe(value)
        assert second.factor(step, 20) == unbroken.factor(step, 20)
    assert second.state_dict() == unbroken.state_dict()


@pytest.mark.parametrize("name", MEMBERS)
def test_only_plateau_listens(name):
    schedule, deaf = (catalog.load("schedules", name)() for _ in range(2))
    for _ in range(20):
        schedule.observe(1.0)
    changed = schedule.factor(3, 10) != deaf.factor(3, 10)
    assert changed == (name == "plateau")
    assert bool(schedule.state_dict()) == (name == "plateau")


@pytest.mark.parametrize("name", MEMBERS)
def test_limits_catch_bad_options(name):
    for option, default in options.defaults("schedules", name).items():
        for value, mistakes in ((default, 0), (-0.5, 1), ("much", 1)):
            choice = Choice(name=name, options={option: value})
            found = list(options.mistakes("schedules", choice, "training.schedule"))
            assert len(found) == mistakes, (option, value)
    for given in EXTREMES.get(name, []):
        choice = Choice(name=name, options=given)
        assert not list(options.mistakes("schedules", choice, "training.schedule"))
