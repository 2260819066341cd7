"""Slices and thresholds as a run and an evaluation tell them, and as the report shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import ranvier as rv
from ranvier.data.schema import Column, Schema
from ranvier.errors import SpecError
from ranvier.insight import report
from ranvier.workflow.mistakes import inputs_of_worst
from ranvier.workflow.slices import grouping
from small_run import QUICK, mixed_frame

COSTS = {"evaluation.costs": {"false_negative": 4.0}}


def sick_frame(rows: int = 1000) -> pl.DataFrame:
    """The target follows from the size, but not in the east; a column that the network does not see says where."""
    generator = np.random.default_rng(0)
    size, east = generator.normal(size=rows), generator.random(rows) < 0.3
    bought = np.where(east, generator.random(rows) < 0.5, size > 0)
    return pl.DataFrame(
        {"size": size, "side": np.where(east, "east", "west"), "bought": np.where(bought, "yes", "no")}
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> rv.Run:
    settings = {
        **QUICK,
        "training.epochs": 12,
        "evaluation.slices": ["side"],
        **COSTS,
        "columns.n": "ignored",
    }
    frame = sick_frame().with_columns(n=pl.int_range(1000) % 2)
    return rv.fit(frame, target="bought", settings=settings, out=tmp_path_factory.mktemp("s") / "run")


def test_the_sick_group_is_found_beside_the_test_rows(run):
    found = run.metrics["slices"]
    assert (found["metric"], found["columns"], found["left_out"]) == ("accuracy", ["size", "side"], [])
    assert found["looked_at"] == 7  # two sides, and five bins of the size
    assert "  worst     where " in str(run)
    (worst,) = [each for each in found["worst"] if each["column"] == "side"]
    assert worst["group"] == "east"
    assert worst["difference"] == pytest.approx(worst["value"] - worst["rest"])
    assert worst["difference_high"] < 0
    named = found["named"]["side"]
    assert [each["group"] for each in named["groups"]] == ["east", "west"]
    assert sum(each["rows"] for each in named["groups"]) == run.metrics["rows"]["test"]
    assert named["positive"] == "yes"
    assert set(named["fairness"]["widest"]) == {"selection", "true_positive", "false_positive"}


def test_the_threshold_is_chosen_on_validation_rows_and_measured_on_test_rows(run):
    found = run.metrics["threshold"]
    assert found["costs"] == {"false_positive": 1.0, "false_negative": 4.0}
    assert found["positive"] == "yes"
    assert 0 < found["threshold"] < 1
    test, plain = found["test"], found["at_half"]
    rows = run.metrics["rows"]["test"]
    assert test["cost"]["value"] == pytest.approx((4 * test["missed"] + test["false_alarms"]) / rows)
    assert test["cost"]["low"] < test["cost"]["value"] < test["cost"]["high"]
    assert plain["accuracy"]["value"] == pytest.approx(run.metrics["test"]["accuracy"]["value"])
    predictions = pl.read_csv(run.folder / "predictions.csv")
    called = predictions["bought=yes"] >= found["threshold"]
    assert test["missed"] == ((predictions["true"] == "yes") & ~called).sum()


def test_the_report_shows_groups_and_costs(run):
    page = report.page(report.read(run.folder))
    assert "7 groups of at least 30 test rows were looked at, in 2 columns" in page
    assert "By side" in page and "most often where side is" in page
    assert "The costs that were stated" in page
    text = report.markdown(report.read(run.folder))
    assert "## Groups of rows" in text and "| side | east |" in text


def test_the_worst_mistakes_stand_beside_their_inputs(run):
    found = run.metrics["mistakes"]
    assert (found["columns"], found["left_out"]) == (["size", "side"], 0)
    assert 0 < len(found["values"]) <= 20
    frame = sick_frame()
    for row, (size, side) in found["values"].items():
        assert (float(size), side) == frame.row(int(row) - 1)[:2]
    page = report.page(report.read(run.folder))
    worst = page[page.index('id="worst"') :]
    first = next(iter(found["values"].values()))
    assert first[0] in worst and first[1] in worst


def test_many_columns_and_long_texts_are_cut():
    schema = Schema(tuple(Column(f"c{i}", "category", "input", "") for i in range(15)))
    frame = pl.DataFrame({f"c{i}": ["x" * 50, None] for i in range(15)})
    truth, predicted = np.array([0, 1]), np.array([[0.2, 0.8], [0.9, 0.1]])
    found = inputs_of_worst(truth, predicted, frame, schema, np.array([7, 9]))
    assert (len(found["columns"]), found["left_out"]) == (12, 3)
    assert found["values"]["9"] == [None] * 12
    assert found["values"]["7"][0] == "x" * 39 + "…"


def test_evaluate_says_where_the_model_is_worst(run):
    found = rv.evaluate(run, sick_frame(), slices=["side"])
    assert "east" in {each["group"] for each in found.details["slices"]["worst"]}
    assert "worst where side is east: accuracy" in str(found)
    assert "east (" in str(found) and "true positive rate" in str(found)
    easy = sick_frame().filter((pl.col("side") == "west") & (pl.col("size").abs() > 0.7))
    assert "no group of rows is worse than the rest (of 5 looked at)" in str(rv.evaluate(run, easy))


def test_columns_that_cannot_be_sliced_by_are_refused(run, tmp_path: Path):
    for name, said in {
        "sied": "There is no column 'sied' to slice by. Did you mean 's",
        "bought": "'bought' is the target. Expected another column to slice by",
        "list": "Column 'list' cannot be sliced by. Expected one plain value in each row",
    }.items():
        frame = sick_frame(200).with_columns(list=pl.concat_list("size", "size"))
        with pytest.raises(SpecError, match=said):
            rv.evaluate(run, frame, slices=[name])
    with pytest.raises(SpecError, match="There is no column 'sied' to slice by"):
        rv.fit(sick_frame(200), target="bought", settings={**QUICK, "evaluation.slices": ["sied"]})


def test_costs_need_two_classes_and_probabilities(tmp_path: Path):
    with pytest.raises(SpecError, match=r"evaluation.costs were given, but 'size' has not two classes"):
        rv.fit(sick_frame(200), target="size", settings={**QUICK, **COSTS})
    taught_scores = {**QUICK, **COSTS, "network": "perceptron", "training.loss": "perceptron"}
    with pytest.raises(SpecError, match="the network learns scores, not probabilities"):
        rv.fit(sick_frame(200), target="bought", settings=taught_scores)


def test_without_validation_rows_no_threshold_is_chosen(tmp_path: Path):
    settings = {**QUICK, **COSTS, "split.validation": 0.0}
    found = rv.fit(mixed_frame(), target="bought", settings=settings, out=tmp_path / "run").metrics[
        "threshold"
    ]
    assert found["threshold"] is None
    assert found["reason"] == "the validation rows do not hold both classes"
    assert "do not hold both classes" in report.page(report.read(tmp_path / "run"))


def test_groups_of_each_kind():
    assert grouping(pl.Series("a", ["1", "2", None]), "number").names == ("1", "2", "missing")
    assert grouping(pl.Series("a", [True, False] * 30), "boolean").names == ("false", "true")
    assert grouping(pl.Series("a", ["2020-01-01"]), "date") is None
    assert grouping(pl.Series("a", ["x"] * 40), None).names == ("x",)
    assert grouping(pl.Series("a", ["3", "4"]), None).names == ("3", "4")
    assert grouping(pl.Series("a", [[1], [2]]), None) is None
