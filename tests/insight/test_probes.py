"""Probes: the training stays what it was, samples hold what they say, and a resumed run finds the same."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import ranvier as rv
from ranvier.data.batches import Batch, Batches
from ranvier.errors import DivergedError, Interrupted
from ranvier.execution.plan import EXACT, Plan
from ranvier.insight.watching.probes import Probes
from ranvier.insight.watching.rate_high import RateHigh
from ranvier.insight.watching.recording import Recording, Sample, WeightSample
from ranvier.insight.watching.trivial import trivial_loss
from ranvier.losses import MSE, CrossEntropy
from ranvier.network.assembled import Own
from ranvier.training.limits import Limits
from ranvier.training.loop import train
from ranvier.training.objectives.supervised import Supervised
from ranvier.training.optimizers import gradient_descent
from ranvier.training.schedules import Constant
from ranvier.training.state import State, copy_weights
from small_run import QUICK, StopAt, mixed_frame


def rows() -> Batches:
    x = torch.randn(64, 6, generator=torch.Generator().manual_seed(0))
    return Batches(Batch({"number": x}, (x[:, 0] > 0).long(), torch.arange(64)), 16, 0)


def state_of(*middle: nn.Module, rate: float = 0.1) -> State:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Own(nn.Sequential(nn.Linear(6, 8), *middle, nn.Linear(8, 2)), {"number": {"width": 6}})
    objective = Supervised(CrossEntropy())
    optimizers = {"network": gradient_descent(objective.parts(network)["network"], rate)}
    return State(network, objective, optimizers, Constant())


def trained(state: State, plan: Plan = EXACT, epochs: int = 4, watched: bool = True) -> Any:
    watchers = [Probes(state)] if watched else []
    train(state, rows(), Limits(epochs=epochs), lambda network: {}, watchers=watchers, plan=plan)
    return watchers[0] if watched else None


@pytest.mark.parametrize("plan", [EXACT, Plan("explicit")])
@pytest.mark.parametrize("middle", [(nn.ReLU(),), (nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.3))])
def test_the_training_is_the_same_with_and_without(plan: Plan, middle: tuple[nn.Module, ...]) -> None:
    weights = []
    for watched in (True, False):
        state = state_of(*copy.deepcopy(middle))
        trained(state, plan, watched=watched)
        weights.append(copy_weights(state.network))
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.parametrize("plan", [EXACT, Plan("explicit")])
def test_what_a_sample_holds(plan: Plan) -> None:
    state = state_of(nn.ReLU())
    before = {n: p.detach().clone() for n, p in state.network.named_parameters()}
    probes = trained(state, plan, epochs=6)
    assert [sample.step for sample in probes.recording.samples] == [1, 2, 4, 8, 16]
    first = probes.recording.samples[0]
    assert [layer.name.rpartition(".")[2] for layer in first.layers] == ["number", "0", "1", "2"]
    for weights in first.weights:
        assert weights.size == pytest.approx(float(before[weights.name].square().mean() ** 0.5))
        assert weights.update == pytest.approx(0.1 * weights.gradient, rel=1e-4)
    given = first.layers[1].varied
    assert given is not None and 0.9 < given <= 1.0


def test_how_much_rows_differ_beside_the_plain_formula() -> None:
    from ranvier.insight.watching.measuring import layer_sample

    x = torch.randn(20, 6, generator=torch.Generator().manual_seed(1)) * 0.2 + 3.0
    layer = nn.Linear(6, 2)
    sample = layer_sample("head", layer, (x,), layer(x))
    assert sample is not None
    expected = float((x.var(0, correction=0).mean() / x.square().mean()) ** 0.5)
    assert sample.varied == pytest.approx(expected, rel=1e-3)


def test_a_finding_comes_once_and_is_kept_in_the_checkpoint(tmp_path: Path) -> None:
    state = state_of(nn.ReLU(), rate=300.0)
    trained(state)
    codes = [finding["code"] for finding in state.noticed["findings"]]
    assert "RV241" in codes and len(set(codes)) == len(codes)
    state.save(tmp_path / "checkpoint")
    again = state_of(nn.ReLU())
    again.load(tmp_path / "checkpoint")
    assert again.noticed == json.loads(json.dumps(state.noticed))
    assert Probes(again).recording.samples == Probes(state).recording.samples


SICK = {**QUICK, "training.optimizer": "gradient_descent", "training.learning_rate": 50.0}


def test_a_run_has_its_findings_and_a_resumed_one_the_same(tmp_path: Path) -> None:
    whole = rv.fit(mixed_frame(), target="bought", settings=SICK, out=tmp_path / "whole")
    found = [f for f in whole.findings if f["code"].startswith("RV24")]
    assert "RV241" in {f["code"] for f in found}
    assert "RV241 warning" in str(whole)
    for step in (3, 4, 8):
        out = tmp_path / str(step)
        with pytest.raises(Interrupted, match="Stopped after step"):
            rv.fit(mixed_frame(), target="bought", settings=SICK, out=out, watchers=[StopAt(step)])
        assert rv.resume(out, mixed_frame()).findings == whole.findings


def test_a_run_that_diverges_has_what_was_noticed_before(tmp_path: Path) -> None:
    settings = {**SICK, "training.learning_rate": 1e30}
    with pytest.raises(DivergedError, match="Training stopped"):
        rv.fit(mixed_frame(), target="bought", settings=settings, out=tmp_path / "run")
    assert rv.Run(tmp_path / "run").findings[0]["code"] == "RV201"


def test_a_code_can_be_left_out(tmp_path: Path) -> None:
    settings = {**SICK, "evaluation.without": ["RV241"]}
    run = rv.fit(mixed_frame(), target="bought", settings=settings, out=tmp_path / "run")
    assert "RV241" not in {f["code"] for f in run.findings}


def test_weights_that_begin_at_zero_may_grow_as_fast_as_they_are_large():
    sizes = [(1, 0.0), (2, 0.1), (4, 0.2)]
    growing = [Sample(step, (), (WeightSample("table", size, 1.0, 0.1),)) for step, size in sizes]
    assert not list(RateHigh.run(Recording(samples=growing)))
    begun = [replace(sample, weights=(replace(sample.weights[0], size=0.1),)) for sample in growing]
    assert len(list(RateHigh.run(Recording(samples=begun)))) == 1


def trivial_of(
    loss: Any, target: torch.Tensor, outputs: int, weight: torch.Tensor | None = None
) -> float | None:
    network = Own(nn.Linear(6, outputs), {"number": {"width": 6}})
    rows = Batch({"number": torch.ones(len(target), 6)}, target, torch.arange(len(target)), weight)
    return trivial_loss(network, Supervised(loss), rows)


def test_the_loss_of_the_trivial_answer_is_the_entropy_or_the_variance() -> None:
    classes = torch.tensor([0] * 60 + [1] * 30 + [2] * 10)
    entropy = -sum(p * math.log(p) for p in (0.6, 0.3, 0.1))
    assert trivial_of(CrossEntropy(), classes, 3) == pytest.approx(entropy, rel=1e-4)
    weight = torch.tensor([1.0] * 60 + [2.0] * 30 + [0.0] * 10)
    assert trivial_of(CrossEntropy(), classes, 3, weight) == pytest.approx(math.log(2), rel=1e-4)
    values = torch.arange(10.0)[:, None]
    assert trivial_of(MSE(), values, 1) == pytest.approx(8.25, rel=1e-4)
    assert trivial_of(MSE(), values * math.inf, 1) is None
    assert trivial_of(MSE(), values[:, :, None], 1) is None


def test_a_run_tells_of_its_losses(tmp_path: Path) -> None:
    settings = {**QUICK, "training.learning_rate": 1e-7, "training.epochs": 60, "stopping.patience": 0}
    run = rv.fit(mixed_frame(), target="bought", settings=settings, out=tmp_path / "run")
    assert "RV253" in {f["code"] for f in run.findings}
