"""Single checks at their edges, the samples, and how findings reach the user."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest

import ranvier as rv
from ranvier.catalog import CHECKS, SAMPLES, load
from ranvier.errors import SpecError
from ranvier.insight.checks import examine
from ranvier.insight.checks.case import named
from ranvier.insight.checks.identifier_input import IdentifierInput
from ranvier.insight.checks.leaking_column import LeakingColumn
from ranvier.insight.checks.linear_relation import LinearRelation
from ranvier.insight.checks.order import sorted_by_target
from ranvier.insight.checks.sorted_rows import SortedRows
from ranvier.insight.checks.target_runs import TargetRuns
from sick_data import case_of, classes, numbers, table
from small_run import mixed_frame

QUICK = {"training.epochs": 1, "evaluation.baselines": False, "network": {"name": "mlp", "hidden": [4]}}


@pytest.mark.parametrize("sample", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_nothing_warns_of_the_samples(sample):
    assert sample in SAMPLES
    assert [str(f) for f in examine(case_of(f"sample:{sample}")) if f.severity != "info"] == []


def test_warnings_come_first_then_codes():
    frame = table().sort("y").with_columns(pl.col("x3").exp().pow(2), id=pl.Series(np.arange(600) * 7 % 300))
    found = [(f.severity, f.code) for f in examine(classes(frame))]
    assert found == [("warning", "RV106"), ("info", "RV105"), ("info", "RV115")]


def test_a_leak_that_only_its_gaps_tell():
    """The number of the lifeboat: nearly all who were saved have one."""
    generator = np.random.default_rng(0)
    frame = table(1300)
    saved = frame["y"].to_numpy() == "yes"
    has = np.where(saved, generator.random(1300) < 0.98, generator.random(1300) < 0.01)
    boat = pl.Series(["B" + str(n) if h else None for n, h in zip(generator.integers(1, 20, 1300), has)])
    assert "column 'boat'" in [f.place for f in LeakingColumn.run(classes(frame.with_columns(boat=boat)))]


def test_an_easy_target_is_no_leak():
    frame = table()
    sure = (frame["y"] == "yes").cast(pl.Float64)
    noise = np.random.default_rng(1)
    many = {f"z{i}": sure * 4 + pl.Series(noise.normal(size=600)) for i in range(4)}
    assert list(LeakingColumn.run(classes(frame.with_columns(**many)))) == []


def test_a_good_column_beside_one_nearly_as_good_is_no_leak():
    frame, noise = table(), np.random.default_rng(1).normal(size=(600, 2))
    sure = (frame["y"] == "yes").cast(pl.Float64)
    case = classes(
        frame.with_columns(z=sure * 2.9 + pl.Series(noise[:, 0]), w=sure * 2 + pl.Series(noise[:, 1]))
    )
    assert list(LeakingColumn.run(case)) == []


def test_a_rare_class_hides_no_leak():
    frame = table().with_columns(y=pl.Series(["rare"] * 3 + table()["y"].to_list()[3:]))
    leak = (frame["y"] == "yes").cast(pl.Int64) * 9 + pl.Series(np.arange(600) % 4)
    assert [f.place for f in LeakingColumn.run(classes(frame.with_columns(z=leak)))] == ["column 'z'"]


def test_all_goes_well_without_test_rows():
    case = classes(table(), split={"test": 0})
    assert len(case.split.test) == 0
    assert examine(case) == []


def test_one_column_alone_is_the_question():
    x = np.linspace(-3, 3, 300)
    frame = pl.DataFrame({"x": x, "t": np.sin(x)})
    assert list(LeakingColumn.run(numbers(frame))) == []


def test_three_columns_that_add_up_and_their_weights():
    generator = np.random.default_rng(0)
    frame = table().with_columns(
        a=pl.Series(generator.normal(size=600)), b=pl.Series(generator.normal(size=600))
    )
    frame = frame.with_columns(c=pl.col("t") - 2 * pl.col("a") + 3 * pl.col("b"))
    (finding,) = LinearRelation.run(numbers(frame))
    assert finding.place == "columns 'a', 'b', 'c'"
    assert finding.evidence["weights"] == pytest.approx({"a": 2, "b": -3, "c": 1}, abs=1e-4)


def test_a_sum_of_all_columns_is_the_question():
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(300, 3))
    frame = pl.DataFrame({"a": inputs[:, 0], "b": inputs[:, 1], "t": inputs[:, 0] + inputs[:, 1]})
    assert list(LinearRelation.run(numbers(frame))) == []
    more = frame.with_columns(c=pl.Series(inputs[:, 2]))
    assert [f.place for f in LinearRelation.run(numbers(more))] == ["columns 'a', 'b'"]


def test_rows_sorted_by_an_input_are_explained_by_it():
    frame = table().with_columns(t=pl.col("x0") * 3 + pl.col("x1") * 0.3).sort("x0")
    assert list(TargetRuns.run(numbers(frame))) == []


def test_runs_of_classes_and_the_remedy():
    person = np.repeat(np.arange(60), 10)
    sick = np.random.default_rng(0).integers(0, 2, 60)[person]
    frame = table().with_columns(y=pl.Series(np.where(sick, "ill", "well")))
    (finding,) = TargetRuns.run(classes(frame))
    assert finding.evidence["correlation_of_neighbours"] > 0.5
    cured = frame.with_columns(person=pl.Series([f"p{p}" for p in person]))
    case = classes(cured, columns={"person": "group"})
    assert case.drawn == "group" and list(TargetRuns.run(case)) == []


@pytest.mark.parametrize(
    ("target", "are_classes", "answer"),
    [
        ([1, 1, 1, 0, 0, 0, 2, 2, 2], True, True),
        ([1, 0, 1, 0, 1, 0, 1, 0], True, False),
        ([1.0, 2.0, 2.0, 5.0], False, True),
        ([5.0, 2.0, 1.0], False, True),
        ([3.0, 3.0], False, False),
        ([3.0], False, False),
        ([1], True, False),
    ],
)
def test_sorted(target, are_classes, answer):
    assert sorted_by_target(np.array(target), are_classes) is answer


@pytest.mark.parametrize(
    ("name", "values", "fires"),
    [
        ("customer_id", np.arange(600) % 200, True),
        ("userId", np.arange(600) % 200, True),
        ("customer_id", np.arange(600) % 20, False),  # few: codes, as of a shop
        ("humid", np.arange(600) % 200, False),
        ("order", np.sort(np.random.default_rng(0).choice(10**6, 600, replace=False)), True),
        ("year", np.sort(np.random.default_rng(0).integers(1900, 2000, 600)), False),
        ("length_id", np.random.default_rng(0).normal(size=600), False),
    ],
)
def test_identifiers_among_the_inputs(name, values, fires):
    case = classes(table().with_columns(pl.Series(name, values)))
    assert name in case.schema.inputs
    assert [f.place for f in IdentifierInput.run(case)] == ([f"column {name!r}"] if fires else [])


def test_many_columns_are_named_in_short():
    assert named([f"c{i}" for i in range(8)]) == "columns 'c0', 'c1', 'c2', 'c3', 'c4' and 3 more"


def test_wide_tables_stay_within_five_seconds_a_check():
    generator = np.random.default_rng(0)
    frame = pl.DataFrame({f"c{i}": generator.normal(size=2000) for i in range(600)})
    case = case_of(frame.with_columns(y=pl.Series(generator.integers(0, 2, 2000))), target="y")
    for name in CHECKS:
        start = time.process_time()
        list(load("checks", name).run(case))
        assert time.process_time() - start < 5, name


def test_findings_are_in_the_folder_the_summary_and_the_inspection(tmp_path):
    frame = (
        table()
        .drop("t")
        .with_columns(pl.col("x3").exp().pow(2), customer_id=pl.Series(np.arange(600) * 7 % 300))
    )
    run = rv.fit(frame, target="y", settings=QUICK, out=tmp_path / "run")
    assert [finding["code"] for finding in run.findings] == ["RV106", "RV115"]
    lines = [line.strip() for line in str(run).splitlines() if line.startswith("  finding")]
    assert len(lines) == 1 and lines[0].startswith(
        "finding   RV106 warning, column 'customer_id': It names rows"
    )
    seen = rv.inspect(frame, target="y", settings=QUICK)
    assert [finding["code"] for finding in seen.as_dict()["findings"]] == ["RV106", "RV115"]
    assert "findings:\n  RV106 warning, column 'customer_id'" in str(seen)


def test_a_check_can_be_switched_off_and_an_unknown_one_is_a_mistake(tmp_path):
    frame = mixed_frame().with_columns(pl.lit("same").alias("always"))
    seen = rv.inspect(frame, target="bought").findings
    assert "RV108" in {finding.code for finding in seen}
    less = rv.inspect(frame, target="bought", settings={"evaluation.without": ["RV108"]}).findings
    assert [f.code for f in less] == [f.code for f in seen if f.code != "RV108"]
    with pytest.raises(SpecError, match=r"no finding with the code 'RV1088'\. Did you mean 'RV108'"):
        rv.inspect(frame, target="bought", settings={"evaluation.without": ["RV1088"]})


def test_sets_of_labels_in_an_order():
    """They are taken as classes: one set after another is sorted, sets that come in runs are like their neighbours."""
    frame = table().drop("t", "y")
    kinds = [["a"], ["a", "b"], ["b"], ["c"]]
    one_by_one = frame.with_columns(tags=pl.Series([kinds[i // 150] for i in range(600)]))
    case = case_of(one_by_one, target="tags")
    (finding,) = SortedRows.run(case)
    assert finding.evidence == {"runs": 4, "rows": 600} and list(TargetRuns.run(case)) == []
    draw = np.random.default_rng(5).integers(0, 4, 600)
    noise = frame.with_columns(tags=pl.Series([kinds[i] for i in draw]))
    case = case_of(noise, target="tags")
    assert list(SortedRows.run(case)) == [] and list(TargetRuns.run(case)) == []
    long = frame.with_columns(tags=pl.Series([kinds[i] for i in draw[:100].repeat(6)]))
    (finding,) = TargetRuns.run(case_of(long, target="tags"))
    assert finding.code == "RV104" and finding.evidence["rows"] == 600
    examine(case_of(long, target="tags"))
