"""The doctor of a run: remedies as settings, proven in trials, adopted with --heal; wiring before training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import ranvier as rv
from ranvier.catalog import TRAINING_CHECKS, load
from ranvier.errors import DivergedError, Interrupted, SpecError
from ranvier.finding import Finding
from ranvier.insight.watching import probes
from ranvier.settings import read_toml
from ranvier.spec import Spec
from ranvier.training.state import State
from ranvier.workflow import doctor, proof, wiring
from ranvier.workflow.check import check
from ranvier.workflow.proof import Trial, Trials, with_settings
from ranvier.workflow.remedies import REMEDIES, remedies_of
from small_run import QUICK, StopAt, mixed_frame
from small_sounds import sound_folder

SLOW: dict[str, Any] = {
    **QUICK,
    "training.epochs": 30,
    "training.learning_rate": 1e-7,
    "stopping.patience": 0,
}
"""A learning rate at which nothing is learnt."""

OF_A_PROGRAM = {
    "never_cleared",
    "no_step",
    "no_gradient",
    "trained_in_evaluation",
    "sorted_batches",
    "one_side_won",
}
"""Faults of somebody's own loop, which no setting mends."""


def fit(out: Path, **settings: Any) -> rv.Run:
    return rv.fit(mixed_frame(), target="bought", settings={**SLOW, **settings}, out=out)


def spec_of(**settings: Any) -> Spec:
    return Spec.from_settings(
        {
            "network": {"name": "mlp", "activation": "sigmoid"},
            "training": {
                "optimizer": {"name": "adamw", "weight_decay": 1.0},
                "learning_rate": 1.0,
                "epochs": 5,
            },
            **settings,
        }
    )


def test_each_training_check_has_a_remedy_in_settings() -> None:
    codes = {load("training_checks", name).code for name in set(TRAINING_CHECKS) - OF_A_PROGRAM}
    assert codes | {"RV201"} == set(REMEDIES)


@pytest.mark.parametrize("code", sorted(set(REMEDIES) - {"RV256"}))
def test_a_remedy_is_settings_that_fit(code: str) -> None:
    finding = Finding(code, "warning", "step 1", "Cause.", "Remedy.", {"rows": 64})
    remedies = remedies_of(finding, spec_of())
    assert remedies
    for settings in remedies:
        spec_of().replace(settings)


def test_a_remedy_goes_by_what_is_set() -> None:
    def of(code: str, spec: Spec, **evidence: Any) -> list[dict[str, Any]]:
        return remedies_of(Finding(code, "warning", "step 1", "Cause.", "Remedy.", evidence), spec)

    lower = {"training.learning_rate": 0.001}
    assert of("RV241", spec_of()) == [lower]
    usual = spec_of(**lower)
    slower = {"training.learning_rate": 0.0002}
    assert of("RV241", usual) == [slower]
    assert of("RV242", spec_of(**{"training.learning_rate": 1e-6})) == [lower]
    clipped = {"regularization.clip": 1.0}
    assert of("RV249", usual) == [{**slower, **clipped}]
    assert of("RV249", spec_of(regularization={"clip": 0.5})) == [lower]
    relu, layer_norm = {"network.activation": "relu"}, {"network.norm": "layer"}
    assert of("RV248", spec_of()) == [lower, relu, layer_norm]
    slow = {"optimizer": "adamw", "learning_rate": 0.001, "epochs": 5}
    assert of("RV248", spec_of(network="mlp", training=slow)) == [layer_norm]
    assert of("RV248", spec_of(network="linear", training=slow)) == []
    assert of("RV248", spec_of(network="transformer", training=slow)) == []  # its norms are pre and post
    leaky = {"network.activation": "leaky_relu"}
    assert of("RV246", spec_of()) == [lower, leaky]
    assert of("RV246", usual) == [leaky, slower]
    assert of("RV256", spec_of(**{"training.schedule": "constant"})) == [{"training.schedule": "cosine"}]
    assert of("RV258", spec_of(), rows=4) == [{"training.batch_size": 32}]
    assert of("RV259", spec_of(network="inception", **{"training.batch_size": 8})) == [
        {"training.batch_size": 32}
    ]
    less = {"training.optimizer.weight_decay": 0.01}
    assert of("RV251", spec_of(regularization={"l2": 1.0}, **lower)) == [{"regularization.l2": 0.0, **less}]
    assert of("RV253", usual) == [less, relu, {"training.learning_rate": 0.01}]
    plain = spec_of(network="ngrams", training={"optimizer": "adamw", "learning_rate": 0.02, "epochs": 5})
    assert of("RV253", plain) == [{"training.learning_rate": 0.2}]  # that rate is its usual one
    assert of("RV101", usual) == []


def test_a_finding_is_told_with_what_its_remedy_did(tmp_path: Path) -> None:
    run = fit(tmp_path / "run")
    (finding,) = [f for f in run.findings if f["code"] == "RV242"]
    assert finding["settings"] == {"training.learning_rate": 0.001}
    trial = finding["evidence"]["trial"]
    assert trial["helped"] and trial["steps"] == 200 and trial["with"] < trial["without"]
    assert "Tried as --set training.learning_rate=0.001: in a trial of 200 steps" in finding["remedy"]
    assert finding["remedy"] in str(run) and "Tried as" in (run.folder / "report.html").read_text()
    # the loss without it is that of the run itself
    losses = [line["validation"]["loss"] for line in run.history]
    assert trial["without"] == min(losses)


def test_no_trials_where_they_are_not_wanted(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", **{"doctor.trials": False})
    (finding,) = [f for f in run.findings if f["code"] == "RV242"]
    assert finding["settings"] and "trial" not in finding["evidence"]


@pytest.fixture(scope="module")
def healed(tmp_path_factory: pytest.TempPathFactory) -> rv.Run:
    return fit(tmp_path_factory.mktemp("healed") / "run", **{"doctor.heal": True})


def test_heal_begins_again_with_what_helped_and_writes_it_down(healed: rv.Run, tmp_path: Path) -> None:
    assert healed.spec.training.learning_rate == 0.001
    assert healed.record["reasons"]["training.learning_rate"] == "changed for RV242, optimizer, step 16"
    (adopted,) = healed.record["healed"]
    assert "The run was begun again with --set training.learning_rate=0.001" in adopted["remedy"]
    assert adopted in healed.findings and adopted["remedy"] in str(healed)
    before = (healed.folder / "before-1.jsonl").read_text().splitlines()
    assert json.loads(before[0])["epoch"] == 1
    said = fit(tmp_path / "said", **{"training.learning_rate": 0.001})
    for name in ("history.jsonl", "metrics.json", "predictions.csv"):
        assert (said.folder / name).read_bytes() == (healed.folder / name).read_bytes()


class StopAgain(StopAt):
    """Presses Ctrl-C after a step of the run that was begun again."""

    def on_step(self, state: Any, batch: Any, loss: float) -> None:
        if state.noticed.get("healed"):
            super().on_step(state, batch, loss)


@pytest.mark.parametrize("watcher", [StopAt(7), StopAt(15), StopAgain(9)])
def test_a_healed_run_is_resumed_to_the_same_bytes(healed: rv.Run, tmp_path: Path, watcher: StopAt) -> None:
    with pytest.raises(Interrupted, match="Stopped after step"):
        rv.fit(
            mixed_frame(),
            target="bought",
            settings={**SLOW, "doctor.heal": True},
            out=tmp_path / "run",
            watchers=[watcher],
        )
    resumed = rv.resume(tmp_path / "run", mixed_frame())
    for name in ("model.rv", "history.jsonl", "findings.json", "metrics.json", "before-1.jsonl", "run.toml"):
        assert (resumed.folder / name).read_bytes() == (healed.folder / name).read_bytes(), name


FAST = {"training.learning_rate": 0.003}
LATE = [Finding("RV257", "warning", "loss", "It swings.", "Go slower.")]


def finding(monkeypatch: pytest.MonkeyPatch, found: list[Finding]) -> None:
    """Let the checks find these from step 40 on."""
    monkeypatch.setattr(
        probes,
        "examine",
        lambda recording, without: [f for f in found if recording.steps >= 40 and f.code not in without],
    )


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found after the fourth step is found late; a trial has at least 20 steps, and always helps."""
    monkeypatch.setattr(proof, "EARLY", 4)
    monkeypatch.setattr(proof, "FEWEST", 20)
    monkeypatch.setattr(proof, "BETTER", -100.0)
    monkeypatch.setattr(doctor, "MOST", 1)
    finding(monkeypatch, LATE)


FILES = ("model.rv", "history.jsonl", "findings.json", "metrics.json", "before-1.jsonl", "run.toml")


def test_what_is_found_late_is_mended_from_the_best_epoch(late: None, tmp_path: Path) -> None:
    run = fit(tmp_path / "run", **FAST, **{"doctor.heal": True})
    adopted = next(f for f in run.findings if f["code"] == "RV257")
    trial = adopted["evidence"]["trial"]
    since = trial["since_epoch"]
    assert since > 0 and trial["steps"] == 20
    assert f"The run went back to the end of epoch {since}, and on with --set training" in adopted["remedy"]
    # what it began with stands in run.toml, so that the same command leads to the same run
    assert run.spec.training.learning_rate == 0.003 and run.record["healed"] == [adopted]
    before = [json.loads(line) for line in (run.folder / "before-1.jsonl").read_text().splitlines()]
    rates = [line["learning_rate"] for line in run.history]
    assert run.history[:since] == before[:since] and max(rates[:since]) > 0.002
    assert 0.0005 < max(rates[since:]) <= 0.001 and len(run.history) == 30
    assert f"0.001 after epoch {since}, for RV257" in (run.folder / "report.html").read_text()
    again = rv.fit(mixed_frame(), settings=read_settings(run.folder), out=tmp_path / "again")
    for name in FILES[:-1]:
        assert (again.folder / name).read_bytes() == (run.folder / name).read_bytes(), name


def test_where_nothing_was_learnt_yet_there_is_nothing_to_go_back_to(
    late: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "trivial_loss", lambda *_: 0.0)
    run = fit(tmp_path / "run", **FAST, **{"doctor.heal": True})
    assert "The run was begun again" in run.findings[0]["remedy"]
    assert run.spec.training.learning_rate == 0.001


def test_what_has_helped_is_not_tried_again(
    late: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding(monkeypatch, [*LATE, Finding("RV261", "warning", "weights", "They grow.", "Go slower.")])
    tried = []
    of = Trials.of
    monkeypatch.setattr(Trials, "of", lambda *given: tried.append(given) or of(*given))
    run = fit(tmp_path / "run", **FAST)
    first, second = (f["evidence"]["trial"] for f in run.findings if f["code"] in ("RV257", "RV261"))
    assert first == second and len(tried) == 1


def test_a_trial_is_told_and_read_again() -> None:
    trial = Trial({"regularization.clip": 1.0}, 200, float("inf"), 0.5, 3)
    assert Trial.of(trial.as_dict()) == trial


def test_a_run_that_ended_too_early_goes_on(tmp_path: Path) -> None:
    early = {
        "training.epochs": 6,
        "training.learning_rate": 0.003,
        "training.schedule": "constant",
        "repeat": 2,
    }
    ended = fit(tmp_path / "ended", **{**early, "repeat": 1})
    (finding,) = [f for f in ended.findings if f["code"] == "RV255"]
    trial = finding["evidence"]["trial"]
    assert trial["since_epoch"] == 6 and finding["settings"] == {"training.epochs": 12}
    # without it nothing more is done
    assert trial["without"] == ended.history[-1]["validation"]["loss"] and trial["helped"]
    healed = fit(tmp_path / "healed", **early, **{"doctor.heal": True})
    assert len(healed.history) >= 12 and healed.history[:6] == ended.history
    assert healed.history[11]["validation"]["loss"] == trial["with"]
    other = rv.Run(healed.folder / "seeds" / "1")
    assert other.spec.training.epochs == healed.record["healed"][-1]["settings"]["training.epochs"]


def read_settings(folder: Path) -> dict[str, Any]:
    settings = read_toml(folder / "run.toml")
    settings.pop("record")
    return settings


def stopping(save: Any) -> Any:
    """Ctrl-C where the state of the changed run would be saved for the first time."""

    def stop(state: State, path: Path) -> None:
        if state.noticed.get("healed"):
            raise KeyboardInterrupt
        save(state, path)

    return stop


@pytest.mark.parametrize("step", [9, 40, 60, 0])
def test_a_run_that_went_back_is_resumed_to_the_same_bytes(
    late: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    settings = {**SLOW, **FAST, "doctor.heal": True}
    whole = rv.fit(mixed_frame(), target="bought", settings=settings, out=tmp_path / "whole")
    with monkeypatch.context() as patched, pytest.raises(Interrupted, match="stopped after step|Stopped"):
        watchers = [StopAgain(step)] if step > 40 else [StopAt(step)] if step else []
        if not step:
            patched.setattr(State, "save", stopping(State.save))
        rv.fit(mixed_frame(), target="bought", settings=settings, out=tmp_path / "run", watchers=watchers)
    resumed = rv.resume(tmp_path / "run", mixed_frame())
    for name in FILES:
        assert (resumed.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name


def test_a_remedy_that_does_not_help_is_not_adopted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trials, "of", lambda self, settings, step, snapshot: Trial(settings, 200, 0.5, 0.6))
    run = fit(tmp_path / "run", **{"doctor.heal": True})
    assert run.spec.training.learning_rate == 1e-7 and "healed" not in run.record
    (finding,) = [f for f in run.findings if f["code"] == "RV242"]
    assert "0.6 with it and 0.5 without, so it does not help." in finding["remedy"]


def test_a_run_that_breaks_down_is_healed(tmp_path: Path) -> None:
    broken = {"training.optimizer": "gradient_descent", "training.learning_rate": 1e30}
    with pytest.raises(DivergedError, match="with it and not finite without"):
        fit(tmp_path / "broken", **broken)
    run = fit(tmp_path / "run", **broken, **{"doctor.heal": True})
    assert run.finished and run.spec.training.learning_rate == 0.1


def test_a_trial_that_broke_down_has_no_loss() -> None:
    trial = Trial({"regularization.clip": 1.0}, 200, float("inf"), 0.5)
    assert trial.helped and trial.as_dict()["without"] is None
    assert not Trial({}, 200, 0.5, float("inf")).helped


def test_settings_that_no_derivative_is_written_out_for_go_by_autograd() -> None:
    prepared, _ = check(mixed_frame(), target="bought", network={"name": "mlp", "hidden": [8]})
    spec = Spec.from_settings(
        {
            "target": "bought",
            "network": {"name": "mlp", "hidden": [8]},
            "training": {"loss": "binary_cross_entropy", "optimizer": "adam", "schedule": "constant"},
            "execution": {"backpropagation": "explicit"},
        }
    )
    by_hand = with_settings(spec, {"network.activation": "tanh"}, prepared)
    assert by_hand.execution.backpropagation == "explicit"


class Twice(nn.Module):
    """A softmax before a loss that applies its own, and a layer that nothing calls."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.spare = nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.layer(x), dim=1)


def rows() -> tuple[Any, Any]:
    x = np.random.default_rng(0).normal(size=(120, 4))
    return x, x[:, :3].argmax(1)


def test_a_module_whose_wiring_is_wrong_is_refused(tmp_path: Path) -> None:
    x, y = rows()
    with pytest.raises(SpecError, match=r"RV211, .*--force, or doctor\.force=true, trains all the same"):
        rv.fit(x, y, network=Twice(), settings={"training.epochs": 2}, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    settings = {"training.epochs": 2, "doctor.force": True, "evaluation.baselines": False}
    run = rv.fit(x, y, network=Twice(), settings=settings, out=tmp_path / "run")
    found = {f["code"]: f["place"] for f in run.findings}
    assert "RV211" in found and "'spare.weight'" in found["RV216"]


def test_check_looks_at_data_and_wiring_and_trains_nothing(tmp_path: Path) -> None:
    x, y = rows()
    network = Twice()
    before = network.layer.weight.detach().clone()
    _, found = check(x, y, network=network)
    assert next(f.code for f in found) == "RV211" and torch.equal(network.layer.weight, before)
    _, healthy = check("sample:iris", network="mlp")
    assert [f for f in healthy if f.severity != "info"] == []


def test_a_network_of_the_catalogue_is_looked_at_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"training.epochs": 2, "evaluation.baselines": False, "evaluation.report": False}
    broken = Finding(
        "RV218", "error", "parameter 'network.trunk.weight'", "It has no gradient.", "Give it one."
    )
    monkeypatch.setattr(wiring, "check", lambda *_, **__: [broken])
    with pytest.raises(SpecError, match=r"RV218, parameter 'trunk\.weight': It has no gradient"):
        rv.fit("sample:iris", settings=settings, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    run = rv.fit("sample:iris", settings={**settings, "doctor.force": True}, out=tmp_path / "run")
    assert "RV218" in {finding["code"] for finding in run.findings}


@pytest.mark.parametrize("network", ["sound_cnn", "lstm"])
def test_what_fills_up_a_sequence_is_not_missing(tmp_path: Path, network: str) -> None:
    _, found = check(str(sound_folder(tmp_path / "sounds")), network=network)
    assert [f for f in found if f.code.startswith("RV2")] == []


NO_TRIALS = {
    "the length of the run is a time": {"training.time": 1, "training.epochs": None},
    "there are no validation rows": {"split.validation": 0},
    "doctor.trials is false": {"doctor.trials": False},
}


@pytest.mark.parametrize("reason", NO_TRIALS)
def test_heal_is_refused_where_no_remedy_can_be_tried(tmp_path: Path, reason: str) -> None:
    with pytest.raises(SpecError, match=f"none can be tried: {reason}"):
        fit(tmp_path / "run", **{"doctor.heal": True, **NO_TRIALS[reason]})
    assert not (tmp_path / "run").exists()


def test_heal_is_refused_for_a_module_of_ones_own(tmp_path: Path) -> None:
    settings = {**QUICK, "doctor.heal": True}
    with pytest.raises(SpecError, match="a module of your own has its first weights only once"):
        rv.fit(np.eye(30), np.arange(30) % 2, network=nn.Linear(30, 1), settings=settings, out=tmp_path / "r")
