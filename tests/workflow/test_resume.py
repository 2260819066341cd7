"""resume: a run that was stopped ends with the bytes that it would have had."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

import ranvier as rv
from ranvier.errors import DivergedError, Interrupted, RunError
from ranvier.files import exclusive
from ranvier.workflow.interrupt import interruptible
from small_run import QUICK, StopAt, mixed_frame

SAME = ("model.rv", "history.jsonl", "metrics.json", "findings.json", "predictions.csv", "report.html")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "rows.csv"
    mixed_frame().write_csv(path)
    return path


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> rv.Run:
    return rv.fit(data, target="bought", settings=QUICK, out=tmp_path_factory.mktemp("whole") / "run")


def stopped(data: Any, out: Path, step: int, **options: Any) -> Path:
    with pytest.raises(Interrupted, match=f"Stopped after step {step}.*ranvier train --resume") as caught:
        rv.fit(data, target="bought", settings=QUICK, out=out, watchers=[StopAt(step)], **options)
    assert caught.value.exit_code == 130
    return out


@pytest.mark.parametrize("step", [1, 4, 10])
def test_after_ctrl_c(data: Path, whole: rv.Run, tmp_path: Path, step: int) -> None:
    folder = stopped(data, tmp_path / "run", step)
    assert "not finished" in str(rv.Run(folder)) and not rv.Run(folder).finished
    resumed = rv.resume(folder)
    for name in SAME:
        assert (resumed.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name


@pytest.mark.parametrize("missing", ["model.rv", "metrics.json", "checkpoint.safetensors", "report.html"])
def test_killed_before_a_file_was_written(whole: rv.Run, tmp_path: Path, missing: str) -> None:
    folder = shutil.copytree(whole.folder, tmp_path / "run")
    for name in {"report.html"} if missing == "report.html" else {"report.html", "model.rv", missing}:
        (folder / name).unlink()
    if missing == "checkpoint.safetensors":
        (folder / "history.jsonl").unlink()
    rv.resume(folder)
    for name in SAME:
        assert (folder / name).read_bytes() == (whole.folder / name).read_bytes(), name


def test_a_finished_run_is_left_alone(whole: rv.Run) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.folder.iterdir()}
    assert str(rv.resume(whole.folder)) == str(whole)
    assert before == {path: path.stat().st_mtime_ns for path in whole.folder.iterdir()}


def test_python_objects_must_be_given_again(whole: rv.Run, tmp_path: Path) -> None:
    frame = mixed_frame()
    folder = stopped(frame, tmp_path / "run", 2)
    with pytest.raises(RunError, match="was started from Python objects"):
        rv.resume(folder)
    with pytest.raises(RunError, match="is not what this run was started with"):
        rv.resume(folder, frame.head(100))
    assert rv.resume(folder, frame).finished


def test_ctrl_c_while_measuring(whole: rv.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shutil.copytree(whole.folder, tmp_path / "run")
    (folder / "model.rv").unlink()

    def interrupted(*arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(Interrupted, match="Stopped after step"):
        patch.setattr("ranvier.workflow.fit.measure", interrupted)
        rv.resume(folder)
    assert (rv.resume(folder).folder / "model.rv").read_bytes() == (whole.folder / "model.rv").read_bytes()


def test_killed_after_divergence_says_it_again(data: Path, tmp_path: Path) -> None:
    settings = {**QUICK, "training.optimizer": "gradient_descent", "training.learning_rate": 1e30}
    folder = tmp_path / "run"
    with pytest.raises(DivergedError, match="Training stopped"):
        rv.fit(data, target="bought", settings=settings, out=folder)
    (folder / "model.rv").unlink()
    with pytest.raises(DivergedError, match="Training stopped: The loss was"):
        rv.resume(folder)


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no run"):
        rv.resume(tmp_path)


def test_a_run_in_use_by_another_process(data: Path, tmp_path: Path) -> None:
    folder = stopped(data, tmp_path / "run", 2)
    context = multiprocessing.get_context("spawn")
    locked, release = context.Event(), context.Event()
    other = context.Process(target=hold, args=(folder / ".lock", locked, release))
    other.start()
    assert locked.wait(60)
    try:
        with pytest.raises(RunError, match="Another process is at work on"):
            rv.resume(folder)
    finally:
        release.set()
        other.join()
    assert rv.resume(folder).finished


def hold(path: Path, locked: Any, release: Any) -> None:
    with exclusive(path) as alone:
        assert alone
        locked.set()
        release.wait(60)


def test_damaged_and_missing_files_of_a_run(whole: rv.Run, tmp_path: Path) -> None:
    folder = shutil.copytree(whole.folder, tmp_path / "run")
    (folder / "metrics.json").write_text("{")
    with pytest.raises(RunError, match="is damaged"):
        _ = rv.Run(folder).metrics
    (folder / "metrics.json").unlink()
    with pytest.raises(RunError, match="There is no .*metrics.json"):
        _ = rv.Run(folder).metrics


def test_a_second_ctrl_c_stops_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible() as asked:
        signal.raise_signal(signal.SIGINT)
        assert asked()
        signal.raise_signal(signal.SIGINT)
    with interruptible() as asked:
        assert not asked()


def test_interruptible_in_another_thread_listens_to_nobody() -> None:
    answers: list[bool] = []

    def ask() -> None:
        with interruptible() as asked:
            answers.append(asked())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert answers == [False]


def test_timing_counts_the_steps_of_this_sitting(data: Path, tmp_path: Path) -> None:
    folder = stopped(data, tmp_path / "run", 5)
    rv.resume(folder)
    lines = [json.loads(line) for line in (folder / "timing.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if line["event"] == "start"] == [0, 5]
