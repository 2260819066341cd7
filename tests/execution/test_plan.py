"""The plan, the trial of plans, and what is remembered of it."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from ranvier.execution import plan as plans
from ranvier.execution import remembered, trial
from ranvier.execution.plan import EXACT, Plan, candidates, dispatched
from ranvier.execution.trial import Verdict, choose

FIRST, TWO = Plan("explicit", threads=1), Plan("explicit", threads=2)
HALF = Plan("autograd", "bfloat16", threads=2)


class Clock:
    """Time that passes only where a step is carried out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(trial.time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(torch, "set_num_threads", lambda count: None)

    def start(self, seconds: dict[Plan, float], losses: dict[Plan, float] | None = None):
        """Steps of a plan take so long and give that loss."""

        def of(plan: Plan):
            def step() -> float:
                self.now += seconds[plan]
                return (losses or {}).get(plan, 1.0)

            return step

        return of


def test_the_quickest_is_chosen_and_the_reason_says_by_how_much(monkeypatch):
    clock = Clock(monkeypatch)
    verdict = choose([FIRST, TWO], clock.start({FIRST: 4e-3, TWO: 2e-3}), lambda step: 1e4 * step)
    reason = "measured: 2 ms a step (backpropagation by hand, 1 thread 4 ms)"
    assert verdict == Verdict(TWO, reason, pytest.approx(2e-3))
    assert clock.now <= trial.SHARE * 40 + trial.STEPS * 4e-3 + 2 * trial.STRETCH


def test_the_first_stays_unless_another_is_clearly_quicker(monkeypatch):
    clock = Clock(monkeypatch)
    start = clock.start({FIRST: 1e-4, TWO: 0.97e-4})
    verdict = choose([FIRST, TWO], start, lambda step: 100.0)
    assert verdict.plan == FIRST
    assert verdict.reason == "measured: 100 us a step (backpropagation by hand, 2 threads 97 us)"


def test_more_threads_must_save_more(monkeypatch):
    clock = Clock(monkeypatch)
    for seconds, chosen in ((0.93e-4, FIRST), (0.88e-4, TWO)):
        start = clock.start({FIRST: 1e-4, TWO: seconds})
        assert choose([FIRST, TWO], start, lambda step: 100.0).plan == chosen
    start = clock.start({FIRST: 0.9e-4, TWO: 1e-4})  # fewer need not
    assert choose([TWO, FIRST], start, lambda step: 100.0).plan == FIRST


def test_what_a_run_pays_counts_and_not_the_quickest_step(monkeypatch):
    clock, made = Clock(monkeypatch), dict.fromkeys((FIRST, HALF), 0)

    def start(plan: Plan):
        def step() -> float:
            made[plan] += 1
            seldom = plan == HALF and made[plan] % 7 == 0
            clock.now += 1e-3 if plan == FIRST else (0.2e-3 if seldom else 2e-3)
            return 1.0

        return step

    verdict = choose([FIRST, HALF], start, lambda step: 100.0)
    assert verdict.plan == FIRST and "1.82 ms" in verdict.reason
    assert made[FIRST] > 5 * 10  # stretches of steps one after another, as in a run


def test_a_short_run_is_not_measured(monkeypatch):
    clock = Clock(monkeypatch)
    verdict = choose([FIRST, TWO], clock.start({FIRST: 1e-3, TWO: 1e-9}), lambda step: 9.0)
    assert verdict == Verdict(FIRST, "by rule: the run is too short for trials", pytest.approx(1e-3))
    assert clock.now == pytest.approx(trial.STEPS * 1e-3)


def test_a_plan_whose_losses_differ_is_left_out(monkeypatch):
    clock = Clock(monkeypatch)
    start = clock.start({FIRST: 1e-3, TWO: 1e-5, HALF: 1e-4}, {FIRST: 1.0, TWO: 1.01, HALF: 1.01})
    verdict = choose([FIRST, TWO, HALF], start, lambda step: 100.0)
    assert verdict.plan == HALF  # 16-bit numbers may differ by so much
    assert "2 threads left out, its losses differ" in verdict.reason


def test_a_plan_by_which_the_network_does_not_run_is_left_out(monkeypatch):
    clock = Clock(monkeypatch)
    quick = clock.start({FIRST: 1e-3, TWO: 1e-4})

    def start(plan: Plan):
        def fails() -> float:
            raise RuntimeError("expected dtype float for `end` but got dtype c10::BFloat16")

        return fails if plan == HALF else quick(plan)

    verdict = choose([FIRST, HALF, TWO], start, lambda step: 100.0)
    assert verdict.plan == TWO
    assert "left out, the network does not run so" in verdict.reason


def test_trials_of_long_steps_take_at_most_two_seconds_and_a_step_of_each(monkeypatch):
    clock = Clock(monkeypatch)
    choose([FIRST, TWO, HALF], clock.start(dict.fromkeys([FIRST, TWO, HALF], 0.5)), lambda step: math.inf)
    assert clock.now <= trial.STEPS * 0.5 + trial.MOST + 2 * 0.5


def test_candidates_follow_the_network_and_the_processor(monkeypatch):
    monkeypatch.setattr(plans, "multiplies_in_16_bits", lambda: True)
    flat, pictures = nn.Linear(2, 2), nn.Conv2d(1, 2, 3)
    auto = Plan("autograd")
    assert candidates(FIRST, flat, 2, heavy=True) == [FIRST, TWO, auto]
    assert candidates(FIRST, flat, 1, heavy=True) == [FIRST, auto]
    halves = [Plan("explicit", "bfloat16", threads=threads) for threads in (1, 2)]
    assert candidates(FIRST, nn.Linear(64, 64), 2, heavy=True) == [FIRST, TWO, auto, *halves]
    assert candidates(FIRST, nn.Linear(64, 64), 2, heavy=False) == [FIRST, TWO, auto]
    assert candidates(auto, flat, 1, heavy=False) == [auto]
    assert candidates(auto, flat, 2, heavy=False) == [auto, Plan("autograd", threads=2)]
    heavy = candidates(auto, pictures, 2, heavy=True)
    assert HALF in heavy and Plan("autograd", "bfloat16", "channels_last", 2) in heavy and len(heavy) == 5
    monkeypatch.setattr(plans, "multiplies_in_16_bits", lambda: False)
    assert not any(plan.precision == "bfloat16" for plan in candidates(auto, pictures, 2, heavy=True))


def test_candidates_on_a_graphics_card_are_about_precision_and_layout(monkeypatch):
    auto, pictures = Plan("autograd", threads=2), nn.Conv2d(1, 2, 3)
    half = Plan("autograd", "bfloat16", threads=2)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert candidates(auto, nn.Linear(2, 2), 8, heavy=True, device="cuda") == [auto, half]
    assert candidates(auto, nn.Linear(2, 2), 8, heavy=False, device="cuda") == [auto]
    assert {plan.layout for plan in candidates(auto, pictures, 8, heavy=True, device="cuda")} == {
        "contiguous",
        "channels_last",
    }
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    assert candidates(auto, nn.Linear(2, 2), 8, heavy=True, device="cuda") == [auto]


def test_compiling_is_tried_where_the_run_repays_it_and_there_is_a_compiler(monkeypatch):
    compiled, graphs = (replace(HALF, dispatch=how) for how in ("compiled", "cuda_graphs"))
    network, missing = nn.Sequential(nn.Linear(2, 2), nn.ReLU()), [""]
    monkeypatch.setattr(plans, "compiler_missing", lambda device: missing[0])
    monkeypatch.setattr(plans, "COMPILING", (4.0, 2.0))
    assert dispatched(HALF, network, "cpu", 1000.0, 0.01) == [HALF, compiled]
    assert dispatched(HALF, network, "cpu", 999.0, 0.01) == [HALF]
    assert dispatched(HALF, network, "cuda", 1.0, 0.01) == [HALF, graphs]
    assert dispatched(HALF, network, "cuda", 1000.0, 0.01) == [HALF, graphs, compiled]
    missing[0] = "there is no C++ compiler (g++)"
    assert dispatched(HALF, network, "cpu", math.inf, 0.01) == [HALF]


def test_what_compiling_lacks_is_told(monkeypatch, tmp_path):
    headers = tmp_path / "Python.h"
    headers.write_text("")
    monkeypatch.setattr(plans.sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setenv("CXX", sys.executable)
    assert plans.compiler_missing() == ""
    headers.unlink()
    assert plans.compiler_missing() == "the headers of Python are not installed"
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert plans.compiler_missing() == "there is no C++ compiler (no-such-compiler)"
    monkeypatch.setattr(plans, "find_spec", lambda name: None)
    assert plans.compiler_missing("cuda") == "Triton is not installed"


def test_the_time_of_compiling_is_not_the_trials(monkeypatch):
    clock, compiled = Clock(monkeypatch), replace(HALF, dispatch="compiled")
    steps = clock.start({HALF: 8e-3, compiled: 4e-3})

    def start(plan: Plan):
        clock.now += 60.0 if plan == compiled else 0.0
        return steps(plan)

    verdict = choose([HALF, compiled], start, lambda step: 1e4)
    assert verdict.plan == compiled and clock.now >= 60.0 + trial.MOST
    assert verdict.reason == "measured: 4 ms a step (autograd, bfloat16, 2 threads 8 ms)"


def test_whether_the_processor_has_16_bits_is_read(monkeypatch, tmp_path):
    assert isinstance(plans.multiplies_in_16_bits(), bool)
    monkeypatch.setattr(Path, "read_text", lambda self, encoding: "flags : sse avx512_bf16\n")
    assert plans.multiplies_in_16_bits.__wrapped__() is True
    monkeypatch.setattr(Path, "read_text", lambda self, encoding: "flags : sse\n")
    assert plans.multiplies_in_16_bits.__wrapped__() is False


def test_a_plan_reads_well_and_survives_json():
    assert (
        str(Plan("autograd", "bfloat16", "channels_last", 2))
        == "autograd, bfloat16, channels last, 2 threads"
    )
    assert str(replace(EXACT, dispatch="cuda_graphs")) == "autograd, CUDA graphs, 1 thread"
    assert Plan.from_dict(json.loads(json.dumps(HALF.as_dict()))) == HALF


def test_a_verdict_is_remembered_for_its_shape(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    name, other = remembered.key({"parameters": [[2, 3]]}), remembered.key({"parameters": [[3, 2]]})
    assert remembered.recall(name) is None
    verdict = Verdict(TWO, "measured: 1 ms a step", 1e-3)
    remembered.remember(name, verdict)
    assert remembered.recall(name) == verdict and remembered.recall(other) is None
    assert remembered.place() == tmp_path / "cache" / "ranvier" / "plans.json"


@pytest.mark.parametrize("content", ["{", "[]", '{"name": {"plan": {"speed": 3}}}', '{"name": {}}'])
def test_a_damaged_memory_is_no_memory(monkeypatch, tmp_path, content):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    remembered.place().parent.mkdir()
    remembered.place().write_text(content)
    assert remembered.recall("name") is None
    remembered.remember("name", Verdict(FIRST, "measured", 1e-3))
    assert remembered.recall("name") == Verdict(FIRST, "measured", 1e-3)


def test_a_memory_that_cannot_be_written_is_done_without(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    remembered.remember("name", Verdict(FIRST, "measured", 1e-3))
    assert remembered.recall("name") is None


def test_the_oldest_verdicts_go(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(remembered, "MOST", 2)
    for name in "abc":
        remembered.remember(name, Verdict(FIRST, "measured", 1e-3))
    assert [remembered.recall(name) is not None for name in "abc"] == [False, True, True]
