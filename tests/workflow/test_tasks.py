"""Every task from data to a file and back: trained, measured, reported, resumed, compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import ranvier as rv
from ranvier.catalog import TASKS
from ranvier.errors import DataError, SpecError
from ranvier.workflow.compare import compare
from small_run import QUICK

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))


def targets() -> dict[str, tuple[list[Any], dict[str, Any]]]:
    """For each task a target that follows from X, and what a user says of it."""
    grade = np.digitize(X[:, 0] + 0.3 * X[:, 1], [-0.7, 0.0, 0.7])
    words = ["mild", "fair", "bad", "worst"]
    sets = [[n for n, v in zip(("drama", "crime", "war"), row) if v > 0] for row in X]
    return {
        "classify": ((grade > 1).tolist(), {}),
        "regress": ((3 * X[:, 0] + X[:, 1]).tolist(), {}),
        "count": (RNG.poisson(np.exp(1 + X[:, 0])).tolist(), {"task": "count"}),
        "ordinal": ([words[g] for g in grade], {"columns": {"y": {"order": words}}}),
        "label": (sets, {}),
    }


def frame(values: list[Any]) -> pl.DataFrame:
    return pl.DataFrame({f"x{i}": X[:, i] for i in range(3)}).with_columns(y=pl.Series(values))


def test_every_task_goes_from_data_to_a_file_and_back():
    """Those of rows here, the others in files of their own."""
    elsewhere = {
        "forecast": "test_forecast.py",
        "transcribe": "test_transcripts.py",
        "translate": "test_translate.py",
        "tag": "test_tag.py",
        "answer": "test_answer.py",
        "extract": "test_extract.py",
    }
    assert {*targets(), *elsewhere} == set(TASKS)
    assert all(Path(__file__).with_name(name).exists() for name in elsewhere.values())


@pytest.mark.parametrize("task", targets())
@pytest.mark.parametrize("network", ["mlp", "tabm"])
def test_from_data_to_a_file_and_back(tmp_path: Path, task: str, network: str) -> None:
    values, said = targets()[task]
    data = frame(values)
    sized = {"name": network, "hidden": [16]} if network == "mlp" else network
    settings = {
        **QUICK,
        "training.epochs": 12,
        "training.learning_rate": 0.03,
        "evaluation.baselines": network == "mlp",
        "network": sized,
        **said,
    }
    run = rv.fit(data, target="y", settings=settings, out=tmp_path / "run")
    metrics = run.metrics
    assert metrics["task"] == task == run.model.task.name
    if network == "mlp":
        assert metrics["baselines"]["trivial"].keys() >= metrics["test"].keys()
        assert metrics["comparison"]["trivial"]["better"] == "a"
    page = (run.folder / "report.html").read_text()
    assert metrics["verdict"] in page.replace("&#x27;", "'") and "The worst mistakes" in page
    assert metrics["verdict"] in str(run)
    predicted = run.predict(data.drop("y"))
    assert len(predicted) == 200 and predicted.columns[0] == "y"
    test = pl.read_csv(run.folder / "predictions.csv")["row"].to_numpy() - 1
    again = rv.evaluate(run, data[test]).test[metrics["metric"]]["value"]
    assert again == pytest.approx(metrics["test"][metrics["metric"]]["value"])
    assert compare(run.folder, run.folder, resamples=100).paired[metrics["metric"]].difference == 0
    settings = {**settings, "training.loss": "cross_entropy" if task == "regress" else "mse"}
    with pytest.raises(SpecError, match=rf"does not suit the task '{task}'"):
        rv.fit(data, target="y", settings=settings, out=tmp_path / "no")


@pytest.mark.parametrize("task", ["count", "ordinal", "label"])
def test_a_run_that_was_stopped_ends_with_the_same_bytes(tmp_path: Path, task: str) -> None:
    values, said = targets()[task]
    data, settings = frame(values), {**QUICK, **said, "evaluation.report": False}
    whole = rv.fit(data, target="y", settings=settings, out=tmp_path / "whole")

    class Stop:
        def on_step(self, *_: Any) -> None: ...

        def on_epoch(self, state: Any, line: dict[str, Any]) -> None:
            if line["epoch"] == 1:
                raise KeyboardInterrupt

    with pytest.raises(rv.Interrupted, match="all of it is saved"):
        rv.fit(data, target="y", settings=settings, out=tmp_path / "cut", watchers=[Stop()])
    cut = rv.resume(tmp_path / "cut", data)
    for name in ("model.rv", "metrics.json", "predictions.csv"):
        assert (cut.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name


def test_labels_that_are_text_in_a_file(tmp_path: Path) -> None:
    sets, _ = targets()["label"]
    text = frame([";".join(s) or None for s in sets])
    text.write_csv(tmp_path / "films.csv")
    run = rv.fit(tmp_path / "films.csv", target="y", settings=QUICK, out=tmp_path / "run")
    assert run.metrics["task"] == "label"
    empty = sum(not s for s in sets)
    assert run.metrics["rows"]["dropped"] == empty > 0
    assert set(run.metrics["labels"]) == {"crime", "drama", "war"}
    ledger = json.loads((run.folder / "ledger.json").read_text())
    assert "the target is missing" in json.dumps(ledger)
    found = rv.evaluate(
        run, pl.DataFrame({**dict.fromkeys(("x0", "x1", "x2"), [0.1] * 3), "y": ["war", "war;b", None]})
    )
    assert found.rows["test"] == 1 and found.rows["dropped"] == 2


@pytest.mark.parametrize(
    ("values", "settings", "match"),
    [
        ([-1, 3] * 100, {"task": "count"}, "Target 'y' is to be counted, but 100 of its values are below 0"),
        (["a", "b"] * 100, {"task": "ordinal"}, "The order of the classes of target 'y' is not known"),
        (
            ["a", "b"] * 100,
            {"columns.y.order": ["a", "b"], "task": "classify"},
            "which the task 'classify' does not read",
        ),
        ([["a"]] * 200, {}, "Target 'y' has the same labels in every row"),
        ([[]] * 200, {"task": "label"}, "Target 'y' has no labels"),
        ([1, 2] * 100, {"columns.x0.order": ["1"]}, "Column 'x0' is given an order, and is not the target"),
    ],
)
def test_a_target_that_does_not_suit_is_told(
    tmp_path: Path, values: list[Any], settings: dict[str, Any], match: str
) -> None:
    with pytest.raises((DataError, SpecError), match=match):
        rv.fit(frame(values), target="y", settings={**QUICK, **settings}, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_weights_of_ordered_classes_and_none_of_labels(tmp_path: Path) -> None:
    values, said = targets()["ordinal"]
    balanced = {**QUICK, "regularization.class_weights": "balanced", "evaluation.report": False}
    data = frame(values).with_columns(w=pl.Series([1.0, 2.0] * 100))
    columns = {**said["columns"], "w": "weight"}
    assert rv.fit(data, target="y", settings={**balanced, "columns": columns}, out=tmp_path / "a").finished
    with pytest.raises(SpecError, match="Class weights were given, but 'y' has no classes"):
        rv.fit(frame(targets()["label"][0]), target="y", settings=balanced, out=tmp_path / "b")
