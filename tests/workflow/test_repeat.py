"""--repeat: the same network from several seeds on the same rows; what is done is not done again."""

from __future__ import annotations

import json
import shutil
import signal
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

import ranvier as rv
from ranvier.errors import Interrupted, SpecError
from ranvier.workflow import repeat as repeated
from ranvier.workflow.listing import list_runs
from small_run import QUICK, mixed_frame

SETTINGS = {**QUICK, "repeat": 3, "seed": 5}


class StopInThird:
    """Presses Ctrl-C after a step of the third training."""

    def __init__(self, step: int) -> None:
        self.step, self.started = step, 0

    def on_step(self, state: Any, batch: Any, loss: float) -> None:
        self.started += state.step == 1
        if self.started == 3 and state.step == self.step:
            signal.raise_signal(signal.SIGINT)

    def on_epoch(self, state: Any, line: Any) -> None:
        pass


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "rows.csv"
    mixed_frame().write_csv(path)
    return path


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> rv.Run:
    return rv.fit(data, target="bought", settings=SETTINGS, out=tmp_path_factory.mktemp("whole") / "run")


def test_each_seed_is_a_run_on_the_same_rows(whole: rv.Run) -> None:
    assert whole.spread is not None
    others = {seed: rv.Run(whole.folder / "seeds" / str(seed)) for seed in (6, 7)}
    assert {path.name for path in (whole.folder / "seeds").iterdir()} == {"6", "7"}
    rows = (whole.folder / "split.csv").read_bytes()
    models = {(whole.folder / "model.rv").read_bytes()}
    for seed, run in others.items():
        assert run.spec.seed == seed and run.finished and run.spec.repeat == 1
        assert (run.folder / "split.csv").read_bytes() == rows
        assert not (run.folder / "report.html").exists()
        models.add((run.folder / "model.rv").read_bytes())
    assert len(models) == 3
    values = [run.metrics["test"]["accuracy"]["value"] for run in (whole, *others.values())]
    told = whole.spread["test"]["accuracy"]
    assert told["mean"] == pytest.approx(statistics.mean(values))
    assert told["deviation"] == pytest.approx(statistics.stdev(values))
    assert (told["best_value"], told["worst_value"]) == (max(values), min(values))
    assert "on average over 3 seeds" in str(whole)
    page = (whole.folder / "report.html").read_text()
    assert "seed 7" in page and "picking the best one by its test rows would flatter it" in page
    assert [row["run"] for row in list_runs(whole.folder.parent)] == [str(whole.folder)]


def test_a_run_of_a_seed_can_be_had_alone(whole: rv.Run, data: Path, tmp_path: Path) -> None:
    of_seed = rv.Run(whole.folder / "seeds" / "6")
    alone = rv.fit(data, settings=of_seed.spec.settings(), out=tmp_path / "run")
    assert (alone.folder / "model.rv").read_bytes() == (of_seed.folder / "model.rv").read_bytes()


@pytest.mark.parametrize("step", [1, 4])
def test_ctrl_c_in_a_further_training_loses_nothing(
    whole: rv.Run, data: Path, tmp_path: Path, step: int
) -> None:
    out = tmp_path / "run"
    with pytest.raises(
        Interrupted, match=r"Stopped in training 3 of 3 \(seed 7\).* --resume .*run\.$"
    ) as caught:
        rv.fit(data, target="bought", settings=SETTINGS, out=out, watchers=[StopInThird(step)])
    assert caught.value.exit_code == 130 and not (out / "spread.json").exists()
    touched = (out / "seeds" / "6" / "model.rv").stat().st_mtime_ns
    run = rv.resume(out)
    assert (out / "seeds" / "6" / "model.rv").stat().st_mtime_ns == touched
    for name in ("spread.json", "model.rv", "report.html", "seeds/7/model.rv", "seeds/7/metrics.json"):
        assert (run.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name
    assert rv.resume(out).spread == whole.spread


def test_a_training_that_diverged_is_told_and_left_out(whole: rv.Run, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole.folder, folder)
    (folder / "seeds" / "6" / "metrics.json").unlink()
    told = repeated.summed_up(folder, [5, 6, 7])
    assert [run["diverged"] for run in told["runs"]] == [False, True, False]
    assert told["test"]["accuracy"]["trainings"] == 2
    (folder / "spread.json").write_text(json.dumps(told))
    assert "1 of 3 trainings diverged" in str(rv.Run(folder))


def test_trainings_that_diverge_do_not_end_the_rest(data: Path, tmp_path: Path, monkeypatch) -> None:
    whole = rv.fit(data, target="bought", settings={**QUICK, "repeat": 1}, out=tmp_path / "run")
    spec = whole.spec.replace({"repeat": 3})
    tried = []

    def diverge(folder: Path, spec: object, prepared: object) -> None:
        tried.append(folder.name)
        raise rv.DivergedError("it ran away")

    monkeypatch.setattr(repeated, "decide", lambda *_: "")  # one after another
    monkeypatch.setattr(repeated.files, "create", lambda out, *_: out)
    repeated.repeat(whole.folder, spec, None, diverge)  # type: ignore[arg-type]
    assert tried == ["1", "2"]
    told = json.loads((whole.folder / "spread.json").read_text())
    assert told["test"]["accuracy"]["trainings"] == 1 and "with the one seed that has it" in str(
        rv.Run(whole.folder)
    )


def test_a_module_of_ones_own_cannot_be_repeated(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(60, 3))
    with pytest.raises(SpecError, match="has its first weights whatever the seed is"):
        rv.fit(
            x,
            (x[:, 0] > 0).astype(int),
            network=nn.Linear(3, 2),
            settings={"repeat": 2},
            out=tmp_path / "run",
        )
    assert not (tmp_path / "run").exists()


def test_a_metric_that_no_training_has() -> None:
    from ranvier.evaluation.spread import spread
    from ranvier.insight.report.seeds import spread_line

    told = {"metric": "rmse", "test": {"rmse": spread({0: None}, False)}, "runs": [{"diverged": False}]}
    assert spread_line(told) == "RMSE not defined"
    assert spread({0: 2.0, 1: 1.0}, greater_is_better=False)["best"] == 1
