"""--repeat as one program: chosen by measure, said, followed when a run goes on, and as good as one after another."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

import ranvier as rv
from ranvier.errors import Interrupted
from ranvier.execution.explicit import Unknown
from ranvier.spec import read_toml
from ranvier.training import together as trained
from ranvier.workflow import together
from ranvier.workflow.prepared import prepare
from small_run import QUICK, mixed_frame

SETTINGS = {**QUICK, "repeat": 4, "seed": 5, "training.batch_size": 16}
SEEDS = ("6", "7", "8")


@pytest.fixture
def quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run counts as long enough to be measured, and one program as quicker."""
    monkeypatch.setattr(together, "LEAST", 0.0)
    monkeypatch.setattr(together, "CLEARLY", 1e9)


def fit(folder: Path, **settings: Any) -> rv.Run:
    return rv.fit(mixed_frame(), target="bought", settings={**SETTINGS, **settings}, out=folder / "run")


def test_seeds_go_together_and_learn_what_they_learn_alone(
    tmp_path: Path, quicker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = fit(tmp_path)
    monkeypatch.undo()
    alone = fit(tmp_path / "alone")
    assert run.spread is not None and alone.spread is not None
    assert run.spread["together"].startswith("measured: a step of all 3 at once ")
    assert "together" not in alone.spread
    for name, entry in alone.spread["test"].items():
        assert run.spread["test"][name]["mean"] == pytest.approx(entry["mean"], abs=1e-3), name
    for seed in SEEDS:
        ours, theirs = (rv.Run(each.folder / "seeds" / seed) for each in (run, alone))
        assert ours.finished and ours.metrics["rows"] == theirs.metrics["rows"]
        reasons = read_toml(ours.folder / "run.toml")["record"]["reasons"]
        assert reasons["repeat"] == run.spread["together"]
        for line, expected in zip(ours.history, theirs.history, strict=True):
            assert line["train"]["loss"] == pytest.approx(expected["train"]["loss"], rel=1e-4)
    assert (
        "were trained as one program (measured: a step of all 3" in (run.folder / "report.html").read_text()
    )


def test_short_trainings_go_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = fit(tmp_path, **{"evaluation.report": False})
    assert run.spread is not None and "together" not in run.spread
    assert not (run.folder / "together.json").exists()


def test_what_looks_on_at_steps_is_told_of_all(tmp_path: Path, quicker: None) -> None:
    class Steps:
        def __init__(self) -> None:
            self.ended = 0

        def on_step(self, state: Any, batch: Any, loss: float) -> None:
            pass

        def on_epoch(self, state: Any, line: Any) -> None:
            self.ended += state.finished is not None

    watcher = Steps()
    settings = {**SETTINGS, "evaluation.report": False}
    rv.fit(mixed_frame(), target="bought", settings=settings, out=tmp_path / "run", watchers=[watcher])
    assert watcher.ended == 4 and not (tmp_path / "run" / "together.json").exists()


class StopInSecondEpoch:
    """Presses Ctrl-C in the seeds' second epoch; with ``again`` a second time."""

    epochs_suffice = True

    def __init__(self, again: bool) -> None:
        self.again = again

    def on_step(self, state: Any, batch: Any, loss: float) -> None:
        pass

    def on_epoch(self, state: Any, line: Any) -> None:
        if state.epoch == 2 and state.optimizers["network"].param_groups[0]["lr"] and self.of_seeds:
            for _ in range(1 + self.again):
                signal.raise_signal(signal.SIGINT)

    of_seeds = False


@pytest.mark.parametrize("again", [False, True])
def test_ctrl_c_begins_the_seeds_again(
    tmp_path: Path, quicker: None, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    whole = fit(tmp_path / "whole")
    watcher = StopInSecondEpoch(again)
    train_together = together.train_together

    def marked(*given: Any) -> list[bool]:
        watcher.of_seeds = True
        return train_together(*given)

    monkeypatch.setattr(together, "train_together", marked)
    with pytest.raises(Interrupted, match=r"Stopped while 3 seeds were trained together.* --resume .*run\.$"):
        rv.fit(mixed_frame(), target="bought", settings=SETTINGS, out=tmp_path / "run", watchers=[watcher])
    assert not (tmp_path / "run" / "seeds").exists()
    told = json.loads((tmp_path / "run" / "together.json").read_text())
    monkeypatch.undo()  # what was decided stands, and is not measured again
    run = rv.resume(tmp_path / "run", mixed_frame())
    assert run.spread is not None and run.spread["together"] == told["together"]
    for seed in SEEDS:
        ours, theirs = (each.folder / "seeds" / seed / "model.rv" for each in (run, whole))
        assert ours.read_bytes() == theirs.read_bytes()


def test_why_seeds_do_not_go_together(tmp_path: Path, quicker: None) -> None:
    run = fit(tmp_path, repeat=1, **{"evaluation.report": False})
    prepared = prepare(run.spec, mixed_frame())
    seeds = [run.spec.replace({"seed": seed}) for seed in (6, 7)]
    with pytest.raises(Unknown, match="there is one training"):
        together._measured(seeds[:1], prepared)
    exact = [spec.replace({"execution.plan": "exact"}) for spec in seeds]
    with pytest.raises(Unknown, match="not carried out by hand in 32 bits"):
        together._measured(exact, prepared)
    assert together.decide(run.folder, exact, prepared) == ""
    learning = together.set_up(seeds[0], prepared, None)
    streamed = type(learning)(
        learning.architecture,
        learning.state,
        [],
        learning.limits,
        learning.validate,  # type: ignore[arg-type]
    )
    with pytest.raises(Unknown, match="the rows are not in memory"):
        together._member(streamed)
    member = together._member(learning)
    member.state.objective = object()  # type: ignore[assignment]
    with pytest.raises(Unknown, match="the objective object is not written out for populations"):
        trained.population([member, member])
