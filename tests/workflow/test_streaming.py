"""Runs on tables that stay on disk."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import ranvier as rv
from ranvier import cli
from ranvier.data.stream import memory, text
from ranvier.errors import DataError, Interrupted, RunError, SpecError
from ranvier.workflow import streaming
from small_run import QUICK, StopAt

STREAM = {
    **QUICK,
    "training.learning_rate": 0.03,
    "execution.stream": True,
    "training.batch_size": 32,
    "evaluation.report": False,
}
SAME = (
    "model.rv",
    "history.jsonl",
    "metrics.json",
    "ledger.json",
    "stream.jsonl",
    "split.csv",
    "predictions.csv",
)


@pytest.fixture(scope="module", autouse=True)
def small_blocks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "BLOCK", 3_000)
        patch.setattr(text, "WINDOW", 512)
        patch.setattr(streaming, "SAMPLE_ROWS", 600)
        patch.setattr(streaming, "STEPS", 20)
        yield


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    generator = np.random.default_rng(0)
    size = generator.normal(size=3_000).round(4)
    colour = generator.choice(["red", "green", "dark, blue"], 3_000)
    bought = np.where(size + (colour == "red") > 0.3, "yes", "no")
    return pl.DataFrame(
        {"size": size, "colour": colour, "who": np.arange(3_000) // 3, "weight": 1.5, "bought": bought}
    )


@pytest.fixture(scope="module")
def data(frame: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "rows.csv"
    frame.drop("who", "weight").write_csv(path)
    return path


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> rv.Run:
    return rv.fit(data, target="bought", settings=STREAM, out=tmp_path_factory.mktemp("whole") / "run")


def test_a_run_learns_from_rows_that_stay_on_disk(whole: rv.Run) -> None:
    assert whole.metrics["test"]["accuracy"]["low"] > 0.8
    assert [line["step"] for line in whole.history] == [20, 40, 60]
    ledger = json.loads((whole.folder / "ledger.json").read_text())
    streamed = ledger["stream"]
    assert streamed["read"] == streamed["held out"] + streamed["trained"] + streamed["waiting"]
    assert 0.25 < streamed["held out"] / streamed["read"] < 0.45
    assert 500 < ledger["read"] < 700
    assert "rows trained of" in str(whole) and whole.spec.execution.stream is True
    assert whole.record["reasons"]["split"].startswith("by a hash of what each row holds")


@pytest.mark.parametrize("step", [1, 27])
def test_a_run_that_was_stopped_ends_with_the_same_bytes(
    data: Path, whole: rv.Run, tmp_path: Path, step: int
) -> None:
    with pytest.raises(Interrupted, match=f"Stopped after step {step}"):
        rv.fit(data, target="bought", settings=STREAM, out=tmp_path / "run", watchers=[StopAt(step)])
    rv.resume(tmp_path / "run")
    for name in SAME:
        assert (tmp_path / "run" / name).read_bytes() == (whole.folder / name).read_bytes(), name


def test_a_run_refuses_to_go_on_with_other_parts_or_data(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(data.read_bytes())
    with pytest.raises(Interrupted, match="Stopped after step 5"):
        rv.fit(path, target="bought", settings=STREAM, out=tmp_path / "run", watchers=[StopAt(5)])
    split = tmp_path / "run" / "split.csv"
    before = split.read_text()
    split.write_text(before.replace("test", "train", 1))
    with pytest.raises(RunError, match="The rows would not be in the parts that they were in"):
        rv.resume(tmp_path / "run")
    split.write_text(before)
    path.write_bytes(data.read_bytes().replace(b"red", b"ted"))
    with pytest.raises(RunError, match="The data in rows.csv is not what this run was started with"):
        rv.resume(tmp_path / "run")


class Remove:
    """Removes a file after a step."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_step(self, state: Any, batch: Any, loss: float) -> None:
        self.path.unlink(missing_ok=True)

    def on_epoch(self, state: Any, line: Any) -> None:
        pass


def test_a_file_that_vanishes_under_way_leaves_the_run(data: Path, whole: rv.Run, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(data.read_bytes())
    with pytest.raises(DataError, match="rows.csv can no longer be read .*go on with ranvier train --resume"):
        rv.fit(path, target="bought", settings=STREAM, out=tmp_path / "run", watchers=[Remove(path)])
    path.write_bytes(data.read_bytes())
    assert rv.resume(tmp_path / "run").metrics == whole.metrics


@pytest.mark.parametrize("form", ["parquet", "folder"])
def test_other_forms_learn_too(frame: pl.DataFrame, tmp_path: Path, form: str) -> None:
    (tmp_path / "data").mkdir()
    if form == "parquet":
        frame.write_parquet(tmp_path / "data" / "rows.parquet")
    else:
        for i in range(3):
            frame[i * 1_000 : (i + 1) * 1_000].write_csv(tmp_path / "data" / f"{i}.csv")
    settings = {
        **STREAM,
        "columns": {"who": "group", "weight": "weight"},
        "regularization.class_weights": "balanced",
    }
    run = rv.fit(tmp_path / "data", target="bought", settings=settings, out=tmp_path / "run")
    assert run.metrics["test"]["accuracy"]["low"] > 0.8
    rows = pl.read_csv(run.folder / "split.csv")
    assert rows["row"].is_unique().all()
    if form == "parquet":  # whose rows have numbers: a group is in one part
        of_group = frame["who"][(rows["row"] - 1).to_list()]
        parts = rows.with_columns(of_group).group_by("who").agg(pl.col("part").n_unique())
        assert parts["part"].max() == 1


def test_the_parts_may_be_a_column(frame: pl.DataFrame, tmp_path: Path) -> None:
    parts = np.resize(["train", "train", "test", "validation"], 3_000)
    frame.with_columns(pl.Series("part", parts)).write_csv(tmp_path / "rows.csv")
    settings = {**STREAM, "columns": {"part": "part", "who": "ignored", "weight": "ignored"}}
    run = rv.fit(tmp_path / "rows.csv", target="bought", settings=settings, out=tmp_path / "run")
    streamed = json.loads((run.folder / "ledger.json").read_text())["stream"]
    assert abs(2 * streamed["held out"] - streamed["read"]) < 10


def test_rows_that_cannot_train_are_counted(frame: pl.DataFrame, tmp_path: Path, monkeypatch: Any) -> None:
    lines = frame.drop("who").write_csv().splitlines()
    lines[1500] = "1,red,-2,yes"
    lines[1501] = "1,red,1,"
    lines[1502] = "1,red"
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    monkeypatch.setattr(streaming, "SAMPLE_ROWS", 100)
    settings = {**STREAM, "columns.weight": "weight", "training.epochs": 8, "network.hidden": [4]}
    run = rv.fit(tmp_path / "rows.csv", target="bought", settings=settings, out=tmp_path / "run")
    dropped = json.loads((run.folder / "ledger.json").read_text())["stream"]["dropped"]
    assert set(dropped) == {
        "no weight of at least 0",
        "no target that the sample has",
        "not 4 fields, as the header has",
    }
    assert "dropped: " in str(run)


def test_it_is_chosen_by_the_memory_at_hand(data: Path, monkeypatch: Any) -> None:
    settings = {name: value for name, value in STREAM.items() if name != "execution.stream"}
    monkeypatch.setattr(memory, "at_hand", lambda: 10 * data.stat().st_size)
    seen = rv.inspect(data, target="bought", settings={**settings, "training.epochs": None})
    assert seen.settled.spec.execution.stream is True
    assert "rows.csv: about " in str(seen) and "of memory where" in str(seen)
    assert "of 20 steps; a pass over about" in str(seen)
    monkeypatch.setattr(memory, "at_hand", lambda: 20 * data.stat().st_size)
    seen = rv.inspect(data, target="bought", settings=settings)
    assert seen.prepared.streamed is None and seen.settled.spec.execution.stream is None
    monkeypatch.setattr(memory, "at_hand", lambda: 1)
    off = rv.inspect(data, target="bought", settings={**settings, "execution.stream": False})
    assert off.prepared.streamed is None
    assert rv.inspect("sample:iris").prepared.streamed is None


def test_what_streaming_cannot_do(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="execution.stream is true, and this source cannot be streamed"):
        rv.inspect("sample:iris", settings={"execution.stream": True})
    with pytest.raises(SpecError, match="training.batch_size is 'all', and the table is larger than memory"):
        rv.inspect(data, target="bought", settings={**STREAM, "training.batch_size": "all"})
    with pytest.raises(
        DataError, match="Column 'size' has the role 'time', by which the rows of a streamed table"
    ):
        rv.inspect(data, target="bought", settings={**STREAM, "columns.size": "time"})


def test_further_seeds_learn_from_the_same_parts(data, frame, tmp_path):
    run = rv.fit(data, target="bought", settings={**STREAM, "repeat": 2, "seed": 4}, out=tmp_path / "run")
    other = rv.Run(run.folder / "seeds" / "5")
    assert run.spread is not None and run.spread["test"]["accuracy"]["trainings"] == 2
    assert (other.folder / "split.csv").read_bytes() == (run.folder / "split.csv").read_bytes()
    text_frame = frame.cast(pl.String)
    parts = [streaming.parts_of(text_frame, run.model.schema, each.spec) for each in (run, other)]
    assert np.array_equal(*parts) and len(set(parts[0])) == 3


def test_predictions_come_block_by_block(
    whole: rv.Run, data: Path, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    def predict(*more: object) -> tuple[str, str]:
        monkeypatch.setattr(
            sys, "argv", ["ranvier", "predict", str(whole.folder / "model.rv"), *map(str, more)]
        )
        with pytest.raises(SystemExit):
            cli.main()
        return capsys.readouterr()

    predict(data, "--out", tmp_path / "at_once.csv")
    monkeypatch.setattr(memory, "at_hand", lambda: data.stat().st_size)
    out, _ = predict(data, "--out", tmp_path / "blocks.csv")
    assert "3,000 predictions written to" in out
    at_once, blocks = pl.read_csv(tmp_path / "at_once.csv"), pl.read_csv(tmp_path / "blocks.csv")
    assert_frame_equal(at_once, blocks, abs_tol=1e-6)
    shown, _ = predict(data)
    assert shown == (tmp_path / "blocks.csv").read_text()
    gaps = tmp_path / "gaps.csv"
    lines = data.read_text().splitlines()
    lines[10] = lines[2990] = ",red,yes"
    gaps.write_text("\n".join(lines))
    _, said = predict(gaps, "--out", tmp_path / "gaps_out.csv")
    assert said.startswith("2 cells repaired: missing: the mean of the training rows stands in (size)")
    lines[2990] = "1"
    gaps.write_text("\n".join(lines))
    _, said = predict(gaps, "--out", tmp_path / "none.csv")
    assert "gaps.csv has rows that no prediction can be made for: 1 row dropped: not 3 fields" in said
    assert not (tmp_path / "none.csv").exists()


def test_a_large_table_is_measured_on_a_sample(whole: rv.Run, data: Path, monkeypatch: Any) -> None:
    at_once = rv.evaluate(whole, data)
    monkeypatch.setattr(memory, "at_hand", lambda: data.stat().st_size)
    found = rv.evaluate(whole, data)
    assert 500 < found.rows["test"] < 700 and at_once.rows["test"] == 3_000
    assert "a sample of about 3,000 rows, which would take about" in str(found)
    low, high = (at_once.test["accuracy"]["value"] + way * 0.05 for way in (-1, 1))
    assert low < found.test["accuracy"]["value"] < high


def test_texts_are_streamed(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    words = generator.choice(["ship", "harbour", "sail", "rope"], (3_000, 6)).tolist()
    lost = generator.random(3_000) < 0.5
    story = [
        " ".join([*row, "sinks" if gone else "floats"]) + f" {n}"
        for n, (row, gone) in enumerate(zip(words, lost))
    ]
    pl.DataFrame({"story": story, "lost": lost}).write_csv(tmp_path / "rows.csv")
    settings = {**STREAM, "network": "ngrams"}
    run = rv.fit(tmp_path / "rows.csv", target="lost", settings=settings, out=tmp_path / "run")
    assert run.metrics["test"]["accuracy"]["value"] > 0.95
    assert "of the positions were padding" in str(run)
    with pytest.raises(Interrupted, match="Stopped after step 33"):
        rv.fit(
            tmp_path / "rows.csv",
            target="lost",
            settings=settings,
            out=tmp_path / "stopped",
            watchers=[StopAt(33)],
        )
    again = rv.resume(tmp_path / "stopped")
    assert (again.folder / "model.rv").read_bytes() == (run.folder / "model.rv").read_bytes()
