"""compare: what differs, and whether it is more than noise; and the two verbs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

import ranvier as rv
from ranvier.catalog import load
from ranvier.errors import RunError
from ranvier.evaluation import compare as paired
from ranvier.insight import report
from ranvier.workflow.compare import compare
from small_run import QUICK, mixed_frame, small_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("runs")
    many = mixed_frame(400)
    little = {**QUICK, "training.epochs": 1, "training.learning_rate": 1e-6}
    much = {**QUICK, "training.epochs": 30, "training.learning_rate": 0.02}
    made = {
        "short": small_run(folder / "short"),
        "same": small_run(folder / "same"),
        "little": rv.fit(many, target="bought", settings=little, out=folder / "little"),
        "much": rv.fit(many, target="bought", settings=much, out=folder / "much"),
        "other_rows": small_run(folder / "other_rows", seed=5),
        "other_data": rv.fit(mixed_frame(90), target="bought", settings=QUICK, out=folder / "data"),
        "other_target": rv.fit(mixed_frame(), target="colour", settings=QUICK, out=folder / "target"),
    }
    return {name: run.folder for name, run in made.items()}


def test_the_better_run_is_found_by_the_paired_test_on_the_same_rows(runs):
    found = compare(runs["little"], runs["much"])
    assert set(found.settings) == {"training.epochs", "training.learning_rate"}
    assert found.settings["training.epochs"] == (1, 30)
    a, b = (report.read(runs[name]).test for name in ("little", "much"))
    assert a is not None and b is not None
    for name in ("accuracy", "log_loss", "roc_auc"):
        expected = paired(a.target, a.prediction, b.prediction, load("metrics", name))
        assert found.paired[name] == expected
    assert found.paired["log_loss"].better == "b" and "b is better" in str(found)
    turned = compare(runs["much"], runs["little"])
    assert turned.paired["accuracy"].difference == -(found.paired["accuracy"].difference or 0)
    better = found.paired["accuracy"].better
    assert better == "b" and found.verdict.startswith(f"{runs['much']} is better: accuracy")


def test_weighted_rows_are_compared_and_drawn_by_their_weights(tmp_path):
    frame = mixed_frame(200).with_columns(importance=pl.Series([1.0, 3.0] * 100))
    weighted = {**QUICK, "columns": {"importance": "weight"}}
    runs = [
        rv.fit(frame, target="bought", settings={**weighted, "training.epochs": n}, out=tmp_path / f"{n}")
        for n in (1, 9)
    ]
    first, second = (report.read(run.folder) for run in runs)
    assert first.test is not None and first.test.weight is not None and second.test is not None
    assert set(first.test.weight) == {1.0, 3.0}
    found = compare(runs[0].folder, runs[1].folder)
    for name in ("accuracy", "log_loss"):
        metric, weight = load("metrics", name), first.test.weight
        wanted = paired(
            first.test.target, first.test.prediction, second.test.prediction, metric, weight=weight
        )
        assert found.paired[name] == wanted
    one = {**QUICK, "columns": {"importance": "ignored"}}
    other = rv.fit(frame, target="bought", settings=one, out=tmp_path / "other")
    assert "the weights of the rows differ" in compare(runs[0].folder, other.folder).verdict
    curve = report.figures(second)["roc"]["data"][1]
    area = roc_auc_score(second.test.target, second.test.prediction[:, 1], sample_weight=second.test.weight)
    assert np.trapezoid(curve["y"], curve["x"]) == pytest.approx(area)


def test_the_same_run_twice_is_within_noise(runs):
    found = compare(runs["short"], runs["same"])
    assert found.settings == {} and "settings: the same" in str(found)
    assert found.paired["accuracy"].difference == 0
    assert found.verdict.startswith("The difference is within noise (accuracy +0")


@pytest.mark.parametrize(
    ("other", "reason"),
    [("other_rows", "the test rows are not the same rows"), ("other_data", "the data differ")],
)
def test_other_rows_stand_side_by_side_and_nothing_is_claimed(runs, other, reason):
    found = compare(runs["short"], runs[other])
    assert found.paired == {} and reason in found.verdict
    assert found.metrics["accuracy"][1] == rv.Run(runs[other]).metrics["test"]["accuracy"]
    assert "within noise" not in str(found) and "is better" not in str(found)


def test_what_cannot_be_compared_is_refused(runs, tmp_path):
    with pytest.raises(
        RunError, match="is to classify 'bought' and .* to classify 'colour'. Expected two runs"
    ):
        compare(runs["short"], runs["other_target"])
    with pytest.raises(RunError, match="is no run"):
        compare(runs["short"], tmp_path)
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "run.toml").write_text((runs["short"] / "run.toml").read_text())
    with pytest.raises(RunError, match="has no measure on test rows"):
        compare(bare, runs["short"])


def ranvier(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object):
    from ranvier.cli import main

    monkeypatch.setattr(sys, "argv", ["ranvier", *map(str, arguments)])
    code = 0
    try:
        main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, *capsys.readouterr()


def test_the_verb_compare(runs, monkeypatch, capsys):
    code, out, _ = ranvier(monkeypatch, capsys, "compare", runs["short"], runs["same"])
    assert code == 0 and "verdict: The difference is within noise" in out
    code, out, _ = ranvier(monkeypatch, capsys, "compare", runs["little"], runs["much"], "--json")
    assert code == 0 and json.loads(out)["settings"]["training.epochs"] == [1, 30]


def test_the_verb_report(runs, monkeypatch, capsys, tmp_path):
    before = (runs["short"] / "report.html").read_bytes()
    (runs["short"] / "report.html").unlink()
    code, out, _ = ranvier(monkeypatch, capsys, "report", runs["short"])
    assert code == 0 and "report.html" in out and (runs["short"] / "report.html").read_bytes() == before
    code, out, _ = ranvier(monkeypatch, capsys, "report", runs["short"], "--format", "md")
    assert code == 0 and out.startswith("# bought from")
    page = tmp_path / "page.html"
    opened: list[str] = []
    monkeypatch.setattr("typer.launch", opened.append)
    code, out, _ = ranvier(
        monkeypatch, capsys, "report", runs["short"], "--out", page, "--miss-cost", 3, "--json", "--open"
    )
    assert code == 0 and json.loads(out)["report"] == str(page) and opened == [page.as_uri()]
    assert "3 (asked for)" in page.read_text()


def test_the_verb_report_says_all_that_is_wrong(runs, monkeypatch, capsys):
    code, _, err = ranvier(
        monkeypatch, capsys, "report", runs["short"], "--format", "odt", "--miss-cost", "-1"
    )
    assert code == 2 and "--format is 'odt'. Expected html, md or pdf" in err
    assert "--miss-cost is -1. Expected a number above 0" in err
    code, _, err = ranvier(monkeypatch, capsys, "report", runs["short"], "--format", "md", "--open")
    assert code == 2 and "--open opens the page" in err
