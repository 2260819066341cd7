"""Columns beside a forecast, from the table to the model file: known in the past, ahead, or of each series."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

import ranvier as rv
from ranvier.data.ledger import Ledger
from ranvier.delivery.file import load
from ranvier.errors import DataError, SpecError
from ranvier.spec import Spec
from ranvier.workflow.prepared import prepare
from ranvier.workflow.summary import data_lines

ASKED = {
    "task": "forecast",
    "forecast.horizon": 4,
    "forecast.season": 1,
    "forecast.history": 6,
    "training.epochs": 40,
    "evaluation.baselines": False,
    "doctor.trials": False,
    "forecast.calendar": False,
}
AHEAD = {"columns.heat.known": "future", "columns.open.known": "future"}


def hours(count):
    return [f"2024-01-{1 + at // 24:02d} {at % 24:02d}:00" for at in range(count)]


def table(points=200, seed=0):
    """Sales follow the heat of their own hour, and whether the shop is open; neither can be foreseen."""
    draw = np.random.default_rng(seed)
    heat, shut = draw.normal(size=points), draw.random(points) < 0.3
    sales = 50 + 10 * heat - 15 * shut + draw.normal(size=points)
    return pl.DataFrame(
        {"when": hours(points), "sales": sales, "heat": heat, "open": np.where(shut, "no", "yes")}
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return rv.fit(table(), target="sales", settings=ASKED | AHEAD, out=tmp_path_factory.mktemp("runs") / "a")


def test_what_is_known_ahead_makes_the_forecast_and_what_is_known_in_the_past_does_not(run, tmp_path):
    past = rv.fit(table(), target="sales", settings=ASKED | {"evaluation.report": False}, out=tmp_path / "b")
    with_future, without = (one.metrics["test"]["mase"]["value"] for one in (run, past))
    assert with_future < 0.4 * without
    effects = {one["column"]: one for one in run.metrics["forecast"]["covariates"]}
    assert {one["known"] for one in effects.values()} == {"future"}
    assert effects["heat"]["shuffled"] > 2 * effects["heat"]["mase"]
    assert effects["heat"]["mase"] == pytest.approx(with_future)


def test_schema_ledger_and_summary_say_what_is_read_and_when_it_is_known(run):
    schema = {
        column["name"]: column
        for column in json.loads((run.folder / "schema.json").read_text(encoding="utf-8"))["columns"]
    }
    assert schema["heat"]["role"] == "input"
    assert schema["heat"]["reason"].endswith("; known ahead")
    ledger = json.loads((run.folder / "ledger.json").read_text(encoding="utf-8"))
    told = {entry["column"]: entry["reason"] for entry in ledger["entries"]}
    assert told == {"heat, open": "read beside the target, known ahead"}
    spec = Spec.from_settings({**ASKED, "target": "sales", "columns.open.known": "future"})
    first, *_ = data_lines(prepare(spec, table()))
    assert "beside 'heat' (known in the past alone) and 'open' (known ahead)" in first


def test_the_report_tells_what_each_column_is_worth(run):
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "What stands beside the value" in page
    assert "MASE once it is shuffled" in page


def test_a_forecast_follows_what_is_known_of_its_horizon_and_asks_for_it(run):
    whole = table(204)
    empty = pl.when(pl.int_range(204) < 200).then(pl.col("sales"))
    rows = whole.with_columns(sales=empty)
    model = load(run.folder / "model.rv")
    cold, warm = (
        model.predict(rows.with_columns(heat=pl.when(empty.is_null()).then(heat).otherwise("heat")))
        for heat in (-1.5, 1.5)
    )
    assert cold["when"].to_list() == hours(204)[200:]
    ledger = Ledger()
    model.predict(rows, ledger)
    assert [(entry.outcome, entry.count) for entry in ledger.entries] == [("kept", 4)]
    assert ledger.entries[0].reason.startswith("no value: what stands beside it is read")
    assert ((warm["sales"] - cold["sales"]) > 10).all()
    with pytest.raises(
        DataError, match="there is no row for when 2024-01-09 08:00, though 'heat', 'open' are"
    ):
        model.predict(whole[:200])
    with pytest.raises(DataError, match="The data has no column 'heat'"):
        model.predict(whole.drop("heat"))


def test_evaluation_reads_what_stands_beside(run, tmp_path):
    said = rv.evaluate(run, table(120, seed=5), out=tmp_path / "new.md")
    assert said.test["mase"]["value"] < 0.4
    assert "## The forecasts" in (tmp_path / "new.md").read_text(encoding="utf-8")


def test_what_comes_after_the_origin_of_a_past_column_reaches_nothing():
    spec = Spec.from_settings({**ASKED, "target": "sales", "columns.open.known": "future"})
    changed = table().with_columns(heat=pl.when(pl.int_range(200) < 190).then(pl.col("heat")).otherwise(9.0))
    one, other = (prepare(spec, frame).parts["test"] for frame in (table(), changed))
    before = one.rows <= 190  # all that is known at these origins is the same
    assert before.any() and not before.all()
    assert (one.inputs["series"][before] == other.inputs["series"][before]).all()
    assert (one.inputs["series"][~before] != other.inputs["series"][~before]).any()


@pytest.mark.parametrize("network", ["nhits", "lstm"])
def test_other_networks_read_them_too(network, tmp_path):
    settings = ASKED | AHEAD | {"network": network, "training.epochs": 2, "evaluation.report": False}
    found = rv.fit(table(120), target="sales", settings=settings, out=tmp_path / "run")
    again = load(found.folder / "model.rv")
    rows = table(120).with_columns(sales=pl.when(pl.int_range(120) < 116).then(pl.col("sales")))
    assert again.predict(rows).equals(found.predict(rows))


def test_what_is_one_thing_of_a_series_needs_no_rows_ahead_and_the_calendar_none_at_all():
    frames = [
        table(120, seed).with_columns(shop=pl.lit(name), town=pl.lit(town))
        for seed, (name, town) in enumerate([("a", "north"), ("b", "south"), ("c", "north")])
    ]
    asked = {**ASKED, "target": "sales", "columns.shop": "group"}
    del asked["forecast.calendar"]  # of hours it is read where nobody says
    prepared = prepare(Spec.from_settings(asked), pl.concat(frames))
    covariates = prepared.task.covariates
    assert [(one.column, one.known) for one in covariates.each] == [
        ("heat", "past"),
        ("open", "past"),
        ("town", "series"),
    ]
    assert covariates.calendar == ("hour",)
    assert prepared.parts["train"].inputs["series"].shape[1:] == (6 + 4, 1 + 1 + 1 + 2 + 2)
    task, lines = prepared.task, prepared.forecasts.lines
    ahead = task.points(prepared.table, lines, prepared.table.rows, beyond=4)
    assert [len(each) for each in ahead] == [124] * 3


def test_columns_that_are_left_out_are_not_read():
    asked = {**ASKED, "target": "sales", "columns.heat": "ignored", "columns.open": "ignored"}
    prepared = prepare(Spec.from_settings(asked), table())
    assert not prepared.task.covariates
    assert prepared.parts["train"].inputs["series"].shape[1:] == (6, 1)


LONG = pl.Series("note", [f"word{at}" for at in range(100)] * 2)


@pytest.mark.parametrize(
    ("frame", "settings", "error", "sentence"),
    [
        (
            table(),
            {"columns.sales.known": "future"},
            SpecError,
            "Column 'sales' is the target, and is said to be known in the future",
        ),
        (
            table(),
            {"columns.when.known": "future"},
            SpecError,
            r"Column 'when' is the time, .* Its calendar is read with forecast\.calendar=true",
        ),
        (
            table(),
            {"columns.s*.known": "future"},
            SpecError,
            r"Columns\.s\*\.known=future fits 'sales' alone, which is to be forecast, or tells the times",
        ),
        (
            table(),
            {"columns.z*.known": "future"},
            SpecError,
            r"A polars frame has no column 'z\*'\. There are: when, sales, heat, open",
        ),
        (
            table(),
            {"columns.heat": {"role": "ignored", "known": "past"}},
            SpecError,
            "Column 'heat' is left out, and is said to be known in the past",
        ),
        (
            table(),
            {"columns.heat.known": "future", "network": "mlp"},
            SpecError,
            r"The network 'mlp' cannot read what is known of the future, which columns\.heat\.known says\. "
            "Expected one of .*lstm.*dlinear, nhits",
        ),
        (
            table().with_columns(LONG),
            {"columns.note": {"kind": "category"}},
            SpecError,
            "Column 'note' cannot stand beside a forecast: 100 different words, more than the 64",
        ),
        (
            table().with_columns(note=pl.Series([[1.0, 2.0]] * 200)),
            {"columns.note": {"kind": "series", "known": "past"}},
            SpecError,
            "Column 'note' cannot stand beside a forecast: its kind is 'series'",
        ),
        (
            table().with_columns(when=pl.int_range(200)),
            {"forecast.calendar": True, "columns.when": "time"},
            DataError,
            r"forecast\.calendar is true, and the times go through no day, week, month or year twice",
        ),
    ],
)
def test_what_cannot_stand_beside_a_forecast_is_said(frame, settings, error, sentence):
    with pytest.raises(error, match=f"(?i){sentence}"):
        prepare(Spec.from_settings({**ASKED, "target": "sales", **settings}), frame)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"columns.h*.known": "future"}, "'open' (known in the past alone) and 'heat' (known ahead)"),
        ({"columns.*.known": "future"}, "'heat', 'open' (known ahead)"),
        (
            {"columns.*.known": "future", "columns.heat.known": "past"},
            "'heat' (known in the past alone) and 'open' (known ahead)",
        ),
        ({"columns.*.known": "future", "columns.heat": "ignored"}, "'open' (known ahead)"),
        (
            {"columns.o*": {"known": "future", "kind": "category"}},
            "'heat' (known in the past alone) and 'open' (known ahead)",
        ),
    ],
)
def test_a_pattern_says_it_of_all_columns_beside_the_forecast_that_fit(settings, said):
    prepared = prepare(Spec.from_settings({**ASKED, "target": "sales", **settings}), table())
    assert str(prepared.task.covariates) == said


def test_a_pattern_says_it_of_no_series_and_of_nothing_that_cannot_be_read():
    frame = pl.concat(
        [table().with_columns(LONG, shop=pl.lit(shop), size=at) for at, shop in enumerate("ab")]
    )
    settings = {**ASKED, "target": "sales", "columns.shop": "group", "columns.*.known": "future"}
    prepared = prepare(Spec.from_settings(settings), frame)
    assert (
        str(prepared.task.covariates)
        == "'heat', 'open' (known ahead) and 'size' (the same throughout a series)"
    )
    assert prepared.schema["note"].role == "ignored"


def test_a_category_of_many_words_is_set_aside():
    prepared = prepare(Spec.from_settings({**ASKED, "target": "sales"}), table().with_columns(LONG))
    assert prepared.schema["note"].role == "ignored"
    assert "more than the 64 that a forecast reads" in prepared.schema["note"].reason


def test_only_a_forecast_asks_what_is_known_ahead():
    spec = Spec.from_settings({"target": "sales", "columns.heat.known": "future"})
    with pytest.raises(
        SpecError, match="Column 'heat' is said to be known in the future, and nothing is forecast"
    ):
        prepare(spec, table())
