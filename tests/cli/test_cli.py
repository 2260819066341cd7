"""The command line as a user and as a program meet it: output, exit codes, and nothing left behind by a mistake."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from broken import CASES, Broken
from ranvier import cli, errors
from ranvier.catalog import CATALOGUES
from small_run import QUICK, mixed_frame, small_run

Ranvier = Callable[..., tuple[int, str, str]]

SETS = [f"--set={key}={json.dumps(value)}" for key, value in QUICK.items() if key != "network"]


@pytest.fixture
def ranvier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ranvier:
    """Run a command in an empty folder; gives exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ranvier", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        code = stopped.value.code
        out, err = capsys.readouterr()
        return code if isinstance(code, int) else 0, out, err

    return run


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    mixed_frame().write_csv(path)
    return path


def test_several_targets(ranvier: Ranvier, rows: Path) -> None:
    both = ["--target", "bought", "--target", "new", *SETS, "--set", "network=mlp"]
    assert ranvier("train", rows, *both, "--task", "new=classify", "--out", "runs/a")[0] == 0
    code, out, _ = ranvier("compare", "runs/a", "runs/a", "--target", "new")
    assert code == 0 and "accuracy" in out and "settings: the same" in out
    code, out, _ = ranvier("runs")
    assert code == 0 and "new, bought" in out and "bought accuracy" in out and "new accuracy" in out
    code, _, err = ranvier("train", rows, *both, "--task", "count", "--task", "nwe=count")
    assert code == 2 and "--task 'count' names no target, and there are several. Expected TARGET=TASK" in err
    code, _, err = ranvier("train", rows, "--target", "bougt,new,old")
    assert code == 2 and "Did you mean 'bought'?" in err and "no column 'old', the target" in err


def test_train_predict_evaluate_and_list(ranvier: Ranvier, rows: Path, tmp_path: Path) -> None:
    code, out, err = ranvier("train", rows, "--target", "bought", *SETS, "--seed", 3, "--out", "runs/a")
    assert (code, err) == (0, "")
    for words in (
        "120 rows; classify 'bought' (2 classes) from 3 columns",
        "split:",
        "accuracy",
        "verdict",
        "runs/a/model.rv",
    ):
        assert words in out
    code, out, err = ranvier("predict", "runs/a/model.rv", rows, "--out", "predictions.csv")
    assert code == 0 and "120 predictions written to predictions.csv" in out
    assert "size" in err, "the missing sizes that were filled are said"
    predictions = pl.read_csv("predictions.csv")
    assert predictions.columns == ["bought", "bought=no", "bought=yes"] and len(predictions) == 120
    code, out, _ = ranvier("predict", "runs/a/model.rv", rows)
    assert code == 0 and out == (tmp_path / "predictions.csv").read_text()
    code, out, _ = ranvier("evaluate", "runs/a/model.rv", rows)
    assert code == 0 and "120 rows measured" in out and "95% interval" in out
    code, out, _ = ranvier("runs")
    assert code == 0 and "runs/a" in out and "finished" in out
    code, out, _ = ranvier("train", "--resume", "runs/a")
    assert code == 0 and "verdict" in out


def test_json_of_every_verb(ranvier: Ranvier, rows: Path) -> None:
    code, out, err = ranvier("train", rows, "--target", "bought", *SETS, "--out", "runs/a", "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [line["event"] for line in lines] == ["epoch"] * 3 + ["done"]
    assert lines[-1]["test"]["accuracy"]["value"] is not None and lines[-1]["run"] == "runs/a"
    for arguments in (
        ["inspect", rows, "--target", "bought"],
        ["predict", "runs/a/model.rv", rows],
        ["evaluate", "runs/a/model.rv", rows],
        ["runs"],
        ["catalog"],
        ["catalog", "losses"],
    ):
        code, out, _ = ranvier(*arguments, "--json")
        assert code == 0 and len(out.splitlines()) == 1
        json.loads(out)
    code, out, err = ranvier("train", "none.csv", "--target", "x", "--json")
    assert (code, err) == (2, "")
    assert json.loads(out)["exit_code"] == 2 and "none.csv" in json.loads(out)["errors"][0]


def test_inspect_trains_and_writes_nothing(ranvier: Ranvier, rows: Path, tmp_path: Path) -> None:
    code, out, _ = ranvier(
        "inspect", rows, "--target", "bought", "--kind", "new=category", "--role", "size=ignored"
    )
    assert code == 0
    for words in ("columns:", "said by you", "network:", "settings:", "(the default"):
        assert words in out
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_every_catalogue_is_listed(ranvier: Ranvier, catalogue: str) -> None:
    code, out, _ = ranvier("catalog", catalogue)
    assert code == 0
    assert [line.split(":")[0] for line in out.splitlines() if not line.startswith(" ")] == list(
        CATALOGUES[catalogue]
    )


def test_settings_come_from_a_file_and_the_command_line_wins(
    ranvier: Ranvier, rows: Path, tmp_path: Path
) -> None:
    (tmp_path / "run.toml").write_text('target = "bought"\nseed = 1\n[network]\nname = "mlp"\nhidden = [4]\n')
    command = ("inspect", rows, "--config", "run.toml", "--seed", 2, "--set", "network.dropout=0.5", "--json")
    settings = json.loads(ranvier(*command)[1])["settings"]
    assert settings["seed"] == 2 and settings["network"] == {"name": "mlp", "hidden": [4], "dropout": 0.5}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_broken_data(ranvier: Ranvier, tmp_path: Path, case: Broken) -> None:
    source = tmp_path / "source"
    source.mkdir()
    target = [] if case.target is None else ["--target", case.target]
    task = [] if case.task is None else ["--task", case.task]
    code, out, err = ranvier("train", case.make(source), *target, *task)
    assert code == 2, err
    assert err.startswith("ranvier: ") and "Traceback" not in err and out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["source"], "no folder is left"


MISTAKES: dict[str, tuple[list[str], str]] = {
    "nothing to train on": (["train"], "There is nothing to train on"),
    "unknown sample": (["train", "sample:irs"], "iris"),
    "unknown network": (["train", "sample:iris", "--network", "mpl"], "Did you mean 'mlp'"),
    "unknown setting": (["train", "sample:iris", "--set", "training.epoch=3"], "training.epochs"),
    "setting without a value": (["train", "sample:iris", "--set", "seed"], "names no value"),
    "value out of range": (["train", "sample:iris", "--epochs", "0"], "at least 1"),
    "time that is none": (["train", "sample:iris", "--time", "soon"], "training.time"),
    "kind without a column": (["train", "sample:iris", "--kind", "number"], "names no kind"),
    "kind of an unknown column": (["train", "sample:iris", "--kind", "petal=number"], "petal"),
    "unknown kind": (["train", "sample:iris", "--kind", "petal_length=nmber"], "Did you mean 'number'"),
    "unknown role": (["train", "sample:iris", "--role", "petal_length=grop"], "group"),
    "missing settings file": (["train", "sample:iris", "--config", "none.toml"], "There is no file"),
    "loss of another task": (["train", "sample:iris", "--set", "training.loss=mse"], "does not suit"),
    "unknown option": (
        [
            "train",
            "sample:iris",
            "--set",
            "training.optimizer.name=adam",
            "--set",
            "training.optimizer.beta=1",
        ],
        "no option 'beta'",
    ),
    "unknown activation": (
        ["train", "sample:iris", "--set", "network.name=mlp", "--set", "network.activation=rleu"],
        "relu",
    ),
    "resume with settings": (["train", "sample:iris", "--resume", "x"], "--resume RUN alone"),
    "resume of no run": (["train", "--resume", "."], "is no run"),
    "model that is not there": (["predict", "none.rv", "rows.csv"], "There is no file 'none.rv'"),
    "model that is none": (["evaluate", "rows.csv", "rows.csv"], "is no model file"),
    "unknown catalogue": (["catalog", "losess"], "Did you mean 'losses'"),
    "a plot of no catalogue": (["catalog", "--plot", "out.html"], "--plot draws one catalogue"),
    "a plot of what is no curve": (["catalog", "tasks", "--plot", "out.html"], "are no curves"),
    "widths that are none": (["trace", "2-x-1"], "The widths are '2-x-1'"),
    "a row and a target that do not fit": (
        ["trace", "2-2-1", "--x", "1,2,3", "--y", "1,a"],
        "has 3 usable numbers",
    ),
    "unknown verb": (["trian"], "No such command"),
    "unknown option of a verb": (["train", "--tagret", "x"], "--target"),
    "argument of the wrong type": (["train", "sample:iris", "--seed", "three"], "--seed"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(ranvier: Ranvier, rows: Path, tmp_path: Path, name: str) -> None:
    arguments, words = MISTAKES[name]
    code, out, err = ranvier(*arguments)
    assert code == 2, err
    assert words in err and "Traceback" not in err and "verdict" not in out
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_all_mistakes_together(ranvier: Ranvier) -> None:
    _, _, err = ranvier(
        "train", "sample:iris", "--network", "mpl", "--epochs", 0, "--seed", -1, "--set", "x=1"
    )
    assert len(err.splitlines()) == 4


def test_a_fault_of_ours_is_told_apart(ranvier: Ranvier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ranvier.workflow.listing.list_runs", lambda folder: 1 / 0)
    code, _, err = ranvier("runs")
    assert code == 1 and "ZeroDivisionError" in err and "a fault of ranvier" in err

    def broken(folder: Path) -> None:
        raise errors.InternalError("the sum is wrong")

    monkeypatch.setattr("ranvier.workflow.listing.list_runs", broken)
    code, _, err = ranvier("runs")
    assert code == 1 and "The sum is wrong" in err


def test_a_disk_that_fails_is_a_sentence(ranvier: Ranvier, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", "runs/a/.lock")

    monkeypatch.setattr("ranvier.workflow.listing.list_runs", fails)
    code, _, err = ranvier("runs")
    assert (code, err) == (2, "ranvier: 'runs/a/.lock': permission denied\n")


def test_ctrl_c_while_reading(ranvier: Ranvier, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ranvier.workflow.listing.list_runs", interrupted)
    assert ranvier("runs")[0] == 130


def test_ctrl_c_while_training_and_on_again(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ranvier", "train"]
    process = subprocess.Popen(
        [*command, "sample:digits", "--epochs", "5000", "--out", "run"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    history = tmp_path / "run" / "history.jsonl"
    while not (history.exists() and history.stat().st_size) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "ranvier train --resume run" in err and "Traceback" not in err
    assert (tmp_path / "run" / "checkpoint.safetensors").exists()


def test_the_reader_of_the_output_goes_away(tmp_path: Path) -> None:
    command = f"{sys.executable} -m ranvier catalog | head -n 1"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stderr and "Error" not in done.stderr


def test_a_terminal_sees_a_live_line() -> None:
    from rich.console import Console
    from rich.progress import Progress, TextColumn

    from ranvier.cli.progress import LiveLine
    from ranvier.finding import Finding

    console = Console(force_terminal=True, width=120, record=True)
    finding = Finding("RV246", "warning", "layer '1', step 2", "It is dead.", "Wake it.")
    noticed = {"findings": [finding.as_dict()]}
    state: Any = type("State", (), {"step": 7, "epoch": 1, "finished": None, "noticed": noticed})()
    with Progress(TextColumn("{task.description} {task.fields[measured]}"), console=console) as bar:
        line = LiveLine(bar)
        line.on_epoch(state, {"validation": {"loss": 0.5, "accuracy": 0.75}})
        line.on_step(state, None, 0.25)
        bar.refresh()
        state.finished = "all 2 epochs were done"
        line.on_epoch(state, {"validation": {}})
    seen = console.export_text()
    assert "epoch 2 loss 0.2500  validation loss 0.5000  validation accuracy 0.7500" in seen
    assert "measuring beside the baselines" in seen
    assert seen.count(str(finding)) == 1


def test_trace(ranvier: Ranvier) -> None:
    code, out, _ = ranvier("trace", "2-2-1", "--x", "1,0", "--y", "1")
    assert code == 0 and "delta1 = (W2^T delta2) * sigmoid'(z1)" in out
    code, out, _ = ranvier("trace", "2-3-2", "--activation", "tanh", "--optimizer", "adam", "--json")
    assert code == 0 and json.loads(out)["new_loss"] < json.loads(out)["loss"]
    code, out, _ = ranvier("trace", "--out", "trace.html")
    assert (code, out) == (0, "written to trace.html\n") and Path("trace.html").read_text().startswith(
        "<!DOCTYPE html>"
    )


def test_a_catalogue_as_a_page(ranvier: Ranvier, tmp_path: Path) -> None:
    code, out, _ = ranvier("catalog", "schedules", "--plot", "out.html")
    assert (code, out) == (0, "written to out.html\n") and "one_cycle" in (tmp_path / "out.html").read_text()
    code, out, _ = ranvier("catalog", "schedules", "--plot", "out.html", "--json")
    assert code == 0 and json.loads(out) == {"event": "done", "catalog": "schedules", "page": "out.html"}


def test_main_is_the_module(tmp_path: Path) -> None:
    small_run(tmp_path)
    command = [sys.executable, "-m", "ranvier", "runs", str(tmp_path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)[0]["state"] == "finished"


def test_several_seeds_and_the_report_of_new_rows(ranvier: Ranvier, rows: Path, tmp_path: Path) -> None:
    code, out, err = ranvier("train", rows, "--target", "bought", *SETS, "--repeat", 2, "--out", "runs/a")
    assert (code, err) == (0, "")
    assert "  seeds     accuracy" in out and "on average over 2 seeds" in out
    assert len(out.splitlines()) <= 13, "what was read, then a summary in eight lines or so"
    code, out, _ = ranvier("evaluate", "runs/a/model.rv", rows, "--out", "new.html")
    assert code == 0 and "rows: No column differs noticeably" in out and "report: new.html" in out
    assert "New rows and training rows" in (tmp_path / "new.html").read_text()
    code, out, _ = ranvier("evaluate", "runs/a/model.rv", rows, "--json")
    assert json.loads(out)["drift"]["verdict"].startswith("No column differs")
    code, _, err = ranvier("evaluate", "runs/a/model.rv", rows, "--out", "runs/a")
    assert code == 2 and "'runs/a' holds a run already" in err
    code, _, err = ranvier("train", rows, "--target", "bought", "--repeat", 0)
    assert code == 2 and "repeat" in err
    code, out, _ = ranvier("inspect", rows, "--target", "bought", "--set", 'evaluation.without=["RV999"]')
    assert code == 2


def test_check(ranvier: Ranvier) -> None:
    code, out, _ = ranvier("check", "sample:iris", "--network", "mlp")
    assert code == 0 and out.splitlines()[-1].endswith("in the data, the network, the loss and the optimizer")
    code, out, _ = ranvier("check", "sample:iris", "--json")
    assert code == 0 and json.loads(out)["origin"] == "sample:iris"
