"""Several targets at once, from data to a file and back: what is learnt, measured, written, resumed, compared."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from torch.nn import functional

import ranvier as rv
from ranvier.errors import DataError, RunError, SpecError
from ranvier.evaluation.recalibration import Recalibration
from ranvier.insight.report import markdown, read
from ranvier.insight.report import summary as notebook
from ranvier.settings import read_toml
from ranvier.tasks.several import SumOfLosses, several
from ranvier.workflow import measure
from ranvier.workflow.compare import compare
from ranvier.workflow.inspect import ask, inspect
from ranvier.workflow.prepared import prepare
from small_run import QUICK, StopAt

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 3))
GENRES = ("drama", "crime", "war")


def houses() -> pl.DataFrame:
    """A number, a class and a set of labels, each missing in some rows; rows 1 and 2 have none of them."""
    frame = pl.DataFrame({f"x{i}": X[:, i] for i in range(3)}).with_columns(
        price=pl.Series(200 + 50 * X[:, 0] + 20 * X[:, 1]).round(1),
        heating=pl.Series(np.where(X[:, 2] > 0, "gas", "oil")),
        tags=pl.Series([";".join(g for g, v in zip(GENRES, row) if v > -0.5) or "none" for row in X]),
    )
    rows = np.arange(240)
    gaps = {"price": rows % 11 == 3, "heating": rows % 13 == 5, "tags": rows % 17 == 7}
    return frame.with_columns(
        pl.when(pl.Series(gap | (rows < 2))).then(None).otherwise(pl.col(name)).alias(name)
        for name, gap in gaps.items()
    )


ALL = ["price", "heating", "tags"]
LEARN = {**QUICK, "training.epochs": 20, "training.learning_rate": 0.03}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "houses.csv"
    houses().write_csv(path)
    return path


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> rv.Run:
    settings = {**LEARN, "evaluation.baselines": True}
    return rv.fit(data, target=ALL, settings=settings, out=tmp_path_factory.mktemp("whole") / "run")


def test_each_target_has_its_measure_and_its_baselines(run: rv.Run) -> None:
    metrics = run.metrics
    assert metrics["task"] == "several" and list(metrics["targets"]) == ALL
    tasks = {name: (each["task"], each["metric"]) for name, each in metrics["targets"].items()}
    assert tasks == {
        "price": ("regress", "rmse"),
        "heating": ("classify", "accuracy"),
        "tags": ("label", "labels_f1_micro"),
    }
    for name, each in metrics["targets"].items():
        assert set(each["baselines"]) == {"trivial", "linear", "trees"}, name
        assert each["comparison"]["trivial"]["better"] == "a", name
        assert f"{name}: {each['verdict']}" in metrics["verdict"]
        assert f"  {name}:" in str(run) and each["verdict"] in str(run)
    assert metrics["targets"]["price"]["rows"]["test"] < metrics["rows"]["test"]


def test_a_missing_target_leaves_the_row_to_the_others(run: rv.Run) -> None:
    ledger = json.loads((run.folder / "ledger.json").read_text())
    told = {(entry["column"], entry["outcome"]): entry for entry in ledger["entries"]}
    assert ledger["dropped"] == 2 and told[None, "dropped"]["reason"] == "every target is missing"
    for name in ALL:
        entry = told[name, "kept"]
        assert entry["count"] == houses()[name].is_null().sum() - 2
        assert entry["reason"] == "the target is missing; the row is kept for the other targets"
    predictions = pl.read_csv(run.folder / "predictions.csv")
    lacking = predictions["true price"].is_null()
    assert 0 < lacking.sum() == predictions["price"].is_null().sum()
    assert lacking.sum() == run.metrics["rows"]["test"] - run.metrics["targets"]["price"]["rows"]["test"]
    known = predictions.filter(~lacking)
    off = (known["price"] - known["true price"]).to_numpy()
    measured = run.metrics["targets"]["price"]["test"]["rmse"]["value"]
    assert measured == pytest.approx(np.sqrt(np.mean(off**2)))


def test_the_page_has_a_section_for_each(run: rv.Run) -> None:
    page = (run.folder / "report.html").read_text()
    assert " are what is learnt." in page
    regions = re.findall(r'role="region" aria-label="([^"]*)"', page)
    assert len(regions) == len(set(regions)) and any(name.endswith(": price") for name in regions)
    for place, name in enumerate(ALL, 1):
        assert f'<section id="{place}-measure" aria-labelledby="{place}-measure-title">' in page
        assert f'<h2 id="{place}-worst-title">The worst mistakes: {name}</h2>' in page
        assert f'id="figure-{place}-baselines"' in page
    panels = run.figures["validation_metric"]["layout"]  # each metric has an axis of its own
    assert [list(panels[f"yaxis{i}"]["domain"]) for i in ("", 2, 3)] == [
        [0.7018, 1.0],
        [0.3509, 0.6491],
        [0.0, 0.2982],
    ]
    names = set(run.figures)
    assert {"learning_curve", "1-errors", "2-confusion", "3-baselines"} <= names
    shown = {part.partition('"')[0] for part in page.split('id="figure-')[1:]}
    assert shown <= names
    text = markdown(read(run.folder))
    assert "## Test rows, with 95% intervals: price" in text and "## Labels: tags" in text
    assert notebook(read(run.folder), "runs/a").count("<table") == 3


def test_predictions_have_the_columns_of_every_target(run: rv.Run, data: Path) -> None:
    predicted = run.predict(data)
    assert len(predicted) == 240
    assert [name for name in predicted.columns if "=" not in name] == ALL
    again = rv.load(run.folder / "model.rv")
    assert again.predict(data).equals(predicted)
    assert [part.name for part in several(again.task).parts] == ["regress", "classify", "label"]


def test_evaluate_measures_each_on_the_rows_that_have_it(run: rv.Run, data: Path, tmp_path: Path) -> None:
    test = pl.read_csv(run.folder / "predictions.csv")["row"].to_numpy() - 1
    frame = houses()[test]
    found = rv.evaluate(run, frame, out=tmp_path / "evaluation")
    for name, each in found.details["targets"].items():
        then = run.metrics["targets"][name]
        assert each["test"][then["metric"]]["value"] == pytest.approx(then["test"][then["metric"]]["value"])
        assert f"{name} ({then['task']}):" in str(found) and f"{name}: The " in found.verdict
    page = (tmp_path / "evaluation" / "report.html").read_text()
    assert "The measure: heating" in page and "test rows of the training" in page
    without = rv.evaluate(run, frame.with_columns(price=pl.lit(None, pl.Float64)), out=tmp_path / "e.md")
    assert without.details["targets"]["price"]["test"] == {}
    assert "no test rows" in without.verdict and without.rows["dropped"] == 0
    with pytest.raises(DataError, match="no column 'price'") as caught:
        rv.evaluate(run, frame.drop("price", "tags"))
    assert len(caught.value.mistakes) == 2


def test_a_run_that_was_stopped_ends_with_the_same_bytes(data: Path, tmp_path: Path) -> None:
    settings = {**QUICK, "repeat": 2}
    whole = rv.fit(data, target=ALL, settings=settings, out=tmp_path / "whole")
    with pytest.raises(rv.Interrupted, match="Stopped after step 5"):
        rv.fit(data, target=ALL, settings=settings, out=tmp_path / "cut", watchers=[StopAt(5)])
    cut = rv.resume(tmp_path / "cut")
    names = ["model.rv", "metrics.json", "findings.json", "predictions.csv", "history.jsonl"]
    for name in [*names, "spread.json", "report.html"]:
        assert (cut.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name
    assert whole.spread is not None and set(whole.spread["targets"]) == set(ALL)
    assert [run["seed"] for run in whole.spread["targets"]["price"]["runs"]] == [0, 1]
    assert str(whole).count("  seeds     ") == 3
    assert "The seeds: tags" in (whole.folder / "report.html").read_text()


def test_one_target_is_compared_with_a_run_that_learnt_it_alone(tmp_path: Path) -> None:
    frame = houses().drop_nulls()
    same_rows = {**QUICK, "split.stratify": False}
    both = rv.fit(frame, target=["price", "heating"], settings=same_rows, out=tmp_path / "both")
    settings = {**same_rows, "columns.heating": "ignored"}
    alone = rv.fit(frame, target="price", settings=settings, out=tmp_path / "alone")
    found = compare(both.folder, alone.folder, target="price", resamples=100)
    assert found.paired["rmse"].difference is not None and found.rows[0] == found.rows[1]
    with pytest.raises(
        RunError, match=r"several targets, .* one of them: price, heating. Add --target price"
    ):
        compare(both.folder, alone.folder)
    with pytest.raises(RunError, match="has no target 'prize'. Did you mean 'price'"):
        compare(both.folder, alone.folder, target="prize")


def test_of_several_targets_from_a_file_of_settings(data: Path, tmp_path: Path) -> None:
    settings = {**QUICK, "source": str(data), "target": ["price", "tags"], "task": {"tags": "classify"}}
    run = rv.fit(None, settings=settings, out=tmp_path / "run")
    written = read_toml(run.folder / "run.toml")
    assert written["target"] == ["price", "tags"] and written["task"] == {"tags": "classify"}
    reason = written["record"]["reasons"]["training.loss"]
    assert reason == "the sum of 'mse' of 'price' and 'cross_entropy' of 'tags', each on its own scale"
    assert reason in (run.folder / "report.html").read_text().replace("&#x27;", "'")
    assert "training.loss is the sum of 'mse'" in str(inspect(data, target="price,tags", settings={}))


def test_a_name_with_a_comma_is_a_column_where_there_is_one(tmp_path: Path) -> None:
    frame = houses().drop_nulls().rename({"price": "price,heating"})
    run = rv.fit(frame, target="price,heating", settings=QUICK, out=tmp_path / "run")
    assert run.metrics["task"] == "regress"


def test_the_whole_ensemble_and_a_module_of_ones_own(data: Path, tmp_path: Path) -> None:
    run = rv.fit(data, target=ALL, settings={**QUICK, "network": "tabm"}, out=tmp_path / "tabm")
    assert run.record["reasons"]["execution.backpropagation"].startswith("the derivative of the loss SumOf")
    own = torch.nn.Linear(3, 6)  # the price, two classes as one logit, four labels
    assert rv.fit(data, target=ALL, network=own, settings=_plain(), out=tmp_path / "own").finished
    with pytest.raises(SpecError, match=r"The network gives 5 outputs for the target 'price, .* 6 outputs"):
        rv.fit(data, target=ALL, network=torch.nn.Linear(3, 5), settings=_plain(), out=tmp_path / "no")


def _plain() -> dict[str, Any]:
    return {name: value for name, value in QUICK.items() if name != "network"}


def test_streamed(data: Path, tmp_path: Path) -> None:
    settings = {**QUICK, "execution.stream": True}
    run = rv.fit(data, target=ALL, settings=settings, out=tmp_path / "run")
    streamed = json.loads((run.folder / "ledger.json").read_text())["stream"]
    assert streamed["dropped"] == {"no target that the sample has": 2 * streamed["read"] // 240}
    assert set(run.metrics["targets"]) == set(ALL)


def test_what_is_wrong_is_told_together(data: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no column 'prize', the target. Did you mean 'price'") as caught:
        settings = {**QUICK, "task.view": "count"}
        rv.fit(data, target=["prize", "heatin", "tags", "tags"], settings=settings, out=tmp_path / "run")
    told = [str(mistake) for mistake in caught.value.mistakes]
    assert "Did you mean 'heating'?" in told[1] and "Target 'tags' is named twice" in told[2]
    assert told[3].startswith("A task is named for 'view', which is no target")
    settings = {
        **QUICK,
        "training.loss": "mse",
        "stopping.metric": "rmse",
        "regularization.class_weights": "balanced",
        "evaluation.costs": {"false_positive": 2.0},
    }
    with pytest.raises(SpecError, match="training.loss is set, and there are several targets") as caught:
        rv.fit(data, target=ALL, settings=settings, out=tmp_path / "run")
    assert len(caught.value.mistakes) == 4
    with pytest.raises(SpecError, match="There is no task called 'contt'. Did you mean 'count'"):
        rv.fit(data, target=ALL, settings={"task": {"price": "contt"}}, out=tmp_path / "run")
    with pytest.raises(DataError, match="Target 'price' is to be counted, but .* not whole"):
        rv.fit(data, target=ALL, settings={"task": {"price": "count"}}, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_target_that_no_training_row_has(tmp_path: Path) -> None:
    frame = houses().with_columns(
        part=pl.Series(["test"] * 60 + ["validation"] * 60 + ["train"] * 120),
        price=pl.when(pl.int_range(240) < 120).then("price"),
    )
    settings = {**QUICK, "columns.part": "part"}
    with pytest.raises(DataError, match="No training row has the target 'price'"):
        rv.fit(frame, target=["price", "heating"], settings=settings, out=tmp_path / "run")


def test_a_target_that_no_test_row_has_is_not_measured(tmp_path: Path) -> None:
    frame = houses().with_columns(
        part=pl.Series(["test"] * 60 + ["validation"] * 60 + ["train"] * 120),
        heating=pl.when(pl.int_range(240) >= 60).then("heating"),
    )
    settings = {**QUICK, "columns.part": "part"}
    run = rv.fit(frame, target=["heating", "price"], settings=settings, out=tmp_path / "run")
    assert run.metrics["targets"]["heating"]["test"] == {}
    assert "There were no test rows to measure it on" in str(run)
    assert read(run.folder).targets["price"].test is not None


def test_the_loss_is_the_sum_of_what_is_there(run: rv.Run) -> None:
    task = several(run.model.task)
    assert task is not None and task.width == 1 + 1 + 4
    frame = houses()[:20]
    target = task.encode(frame)
    outputs = torch.randn(20, task.width, generator=torch.Generator().manual_seed(0), requires_grad=True)
    found = SumOfLosses(task)(outputs, target)
    expected = torch.zeros(20)
    for i in range(20):
        price, heating, tags = target[i, 0], target[i, 1], target[i, 2:]
        if not price.isnan():
            expected[i] += (outputs[i, 0] - price) ** 2
        if not heating.isnan():
            expected[i] += functional.binary_cross_entropy_with_logits(outputs[i, 1], heating)
        if not tags.isnan().any():
            expected[i] += functional.binary_cross_entropy_with_logits(outputs[i, 2:], tags)
    torch.testing.assert_close(found, expected)
    (slope,) = torch.autograd.grad(found.sum(), outputs)
    (wanted,) = torch.autograd.grad(expected.sum(), outputs)
    torch.testing.assert_close(slope, wanted)
    assert (slope[target[:, 0].isnan(), 0] == 0).all() and (slope[:2] == 0).all()
    members = outputs.detach()[:, None].expand(-1, 3, -1)
    np.testing.assert_allclose(task.decode(members), task.decode(outputs), rtol=1e-6)


def test_an_array_needs_a_column_for_each_target(run: rv.Run) -> None:
    frame = houses().drop_nulls()
    y = frame.select(ALL).to_numpy()
    found = rv.evaluate(run, frame.drop(ALL), y)
    assert set(found.details["targets"]) == set(ALL) and found.rows["test"] == len(frame)
    with pytest.raises(
        DataError, match=r"Y has shape \(.*, 2\). Expected \(rows, 3\), for price, heating, tags"
    ):
        rv.evaluate(run, frame.drop(ALL), y[:, :2])


def test_damaged_predictions_are_told(run: rv.Run, tmp_path: Path) -> None:
    folder = shutil.copytree(run.folder, tmp_path / "run")
    path = folder / "predictions.csv"
    text = path.read_text()
    path.write_text(text.replace("true heating", "false heating", 1))
    with pytest.raises(
        RunError, match="The predictions are damaged .ValueError.. Expected those of this run's"
    ):
        read(folder)
    path.write_text("")
    with pytest.raises(RunError, match="predictions.csv' is damaged .NoDataError"):
        read(folder)


def test_row_weights_stand_beside_each_target(tmp_path: Path) -> None:
    frame = houses().with_columns(w=pl.Series([1.0, 3.0] * 120))
    settings = {**QUICK, "columns.w": "weight"}
    run = rv.fit(frame, target=["price", "heating"], settings=settings, out=tmp_path / "run")
    test = read(run.folder).targets["price"].test
    assert test is not None and test.weight is not None
    assert (test.weight == np.where(test.rows % 2, 1.0, 3.0)).all()
    off = np.average((test.prediction - test.target) ** 2, weights=test.weight)
    measured = run.metrics["targets"]["price"]["test"]["mse"]["value"]
    assert measured == pytest.approx(off)


def test_probabilities_of_classes_have_a_temperature_of_their_own(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = Recalibration(2.0, True, "for the test", {"before": 1.0, "after": 0.9}, {})
    monkeypatch.setattr(measure, "recalibrate", lambda *given: chosen)
    warm = rv.fit(data, target=ALL, settings={**LEARN, "training.epochs": 2}, out=tmp_path / "warm")
    plain = rv.fit(
        data,
        target=ALL,
        settings={**LEARN, "training.epochs": 2, "evaluation.calibrate": False},
        out=tmp_path / "plain",
    )
    assert (warm.model.temperature, plain.model.temperature) == ((1.0, 2.0, 1.0), (1.0, 1.0, 1.0))
    assert list(warm.metrics["targets"]["heating"]["calibration"]) == list(chosen.as_dict())
    assert "calibration" not in warm.metrics["targets"]["price"]
    found, own = rv.load(warm.folder / "model.rv").predict(data), plain.predict(data)
    assert found["price"].equals(own["price"]) and found["heating"].equals(own["heating"])
    gas, oil = own["heating=gas"].sqrt(), own["heating=oil"].sqrt()
    np.testing.assert_allclose(found["heating=gas"], gas / (gas + oil), atol=1e-12)
    stored = pl.read_csv(warm.folder / "predictions.csv")
    there = found[stored["row"].to_numpy() - 1]["heating=gas"]
    np.testing.assert_allclose(
        stored["heating=gas"].drop_nulls(), there.filter(stored["heating=gas"].is_not_null())
    )


def test_the_split_keeps_the_classes_of_several_targets_alike(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "x": draw.normal(size=400),
            "few": draw.choice(["a", "b"], 400, p=[0.9, 0.1]),
            "some": draw.choice(["c", "d", "e"], 400, p=[0.8, 0.15, 0.05]),
            "many": draw.choice([f"k{i}" for i in range(40)], 400),
        }
    )
    spec = ask(frame, ["many", "some", "few"], None, {})
    split = prepare(spec, frame).split
    assert split.method == "stratified"
    both = frame["few"] + frame["some"]
    for label in both.unique():
        assert abs((both[split.test] == label).sum() - (both == label).sum() * len(split.test) / 400) <= 1, (
            label
        )
