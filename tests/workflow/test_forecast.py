"""Forecasting from the table to the model file: windows, intervals, baselines, resuming, sentences."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import ranvier as rv
from ranvier.delivery.file import load
from ranvier.errors import DataError, InternalError, SpecError
from ranvier.spec import Spec
from ranvier.tasks.forecast import Forecast
from ranvier.workflow.forecast import prepare_forecast
from ranvier.workflow.prepared import prepare
from ranvier.workflow.summary import data_lines

QUICK = {"task": "forecast", "training.epochs": 3, "evaluation.report": False}


def months(count, start=2000):
    return [f"{start + at // 12}-{at % 12 + 1:02d}" for at in range(count)]


def wave(points, level=50.0, size=10.0, seed=0):
    """A series with a season of six, a trend and some noise."""
    time = np.arange(points)
    noise = np.random.default_rng(seed).normal(size=points) * size / 10
    return level + 0.05 * size * time + size * np.sin(2 * np.pi * time / 6) + noise


def table(points=90):
    return pl.DataFrame({"when": months(points), "sales": wave(points)})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two shops, one ten thousand times as large as the other, with the rows in any order."""
    frames = [
        pl.DataFrame({"when": months(80), "shop": name, "sales": wave(80, level, size, seed)})
        for seed, (name, level, size) in enumerate([("small", 2.0, 0.5), ("large", 1e6, 2e5)])
    ]
    frame = pl.concat(frames).sample(fraction=1.0, shuffle=True, seed=0)
    out = tmp_path_factory.mktemp("runs") / "shops"
    settings = {**QUICK, "training.epochs": 30, "evaluation.report": True, "columns.shop": "group"}
    return rv.fit(frame, target="sales", settings=settings, out=out), frame


def test_what_is_found_is_written_and_said(run):
    found, _ = run
    settings = found.spec.forecast
    assert (settings.season, settings.horizon, settings.history) == (6, 6, 13)
    assert "autocorrelation" in found.record["reasons"]["forecast.season"]
    assert found.spec.network.name == "dlinear"
    ledger = json.loads((found.folder / "ledger.json").read_text())
    assert {entry["reason"] for entry in ledger["entries"]} == {
        "series whose rows are not in the order of time: they were sorted"
    }


def test_it_is_better_than_the_last_season_for_large_and_small_alike(run):
    found, _ = run
    metrics = found.metrics
    mase = metrics["test"]["mase"]["value"]
    assert mase < 0.8 * metrics["baselines"]["seasonal_naive"]["mase"]["value"]
    assert metrics["test"]["mase"]["low"] is None
    assert metrics["verdict"].startswith("The MASE")
    frame = pl.read_csv(found.folder / "predictions.csv")
    for name, size in (("small", 0.5), ("large", 2e5)):
        mine = frame.filter(pl.col("shop") == name)
        assert (mine["sales"] - mine["true"]).abs().mean() < 0.8 * size
    assert metrics["forecast"]["series"] == 2
    assert metrics["forecast"]["origins"] == 2 * (16 - 6 + 1) == frame.height / 6


def test_the_intervals_hold_and_are_in_order(run):
    found, _ = run
    coverage = found.metrics["forecast"]["coverage"]
    assert 0.6 < coverage["80"] <= coverage["95"]
    frame = pl.read_csv(found.folder / "predictions.csv")
    order = ["sales 95% low", "sales 80% low", "sales", "sales 80% high", "sales 95% high"]
    assert (np.diff(frame[order].to_numpy(), axis=1) >= 0).all()


def test_intervals_of_little_hold_all_of_it(run, tmp_path):
    assert "hold their share of the validation values" in run[0].metrics["forecast"]["intervals"]
    found = rv.fit(table(), target="sales", settings=QUICK, out=tmp_path / "run")
    told = found.metrics["forecast"]["intervals"]
    assert told.startswith("The validation part has 2.3 horizons of values, fewer than 4: the intervals")
    frame = pl.read_csv(tmp_path / "run" / "validation_predictions.csv")
    inside = (frame["sales 95% low"] <= frame["true"]) & (frame["true"] <= frame["sales 95% high"])
    assert (~inside).sum() <= 1  # the farthest lies on the end, but for rounding
    own = rv.fit(
        table(), target="sales", settings={**QUICK, "evaluation.calibrate": False}, out=tmp_path / "own"
    )
    assert own.metrics["forecast"]["intervals"] == "The intervals are the network's own."


def test_new_rows_are_forecast_from_their_end_and_the_model_file_agrees(run):
    found, frame = run
    said = load(found.folder / "model.rv").predict(frame.drop("sales").with_columns(frame["sales"]))
    assert said.height == 12
    assert said["when"].to_list() == months(86)[80:] * 2
    assert said["origin"].unique().to_list() == months(80)[-1:]
    assert set(said["shop"]) == {"small", "large"}
    past = frame.filter(pl.col("when") < "2006-01")
    earlier = found.predict(past)
    test = pl.read_csv(found.folder / "predictions.csv").filter(pl.col("origin") == "2005-12")
    both = test.join(earlier, on=["shop", "when"], suffix=" again")
    np.testing.assert_allclose(both["sales"], both["sales again"], rtol=1e-5)


def test_the_report_draws_each_series(run):
    page = (run[0].folder / "report.html").read_text(encoding="utf-8")
    assert "The forecasts" in page
    assert "figure-forecast-1" in page
    assert "in the 95% interval" in page


def test_the_same_seed_gives_the_same_bytes_and_a_network_of_sequences_will_do(tmp_path):
    runs = [
        rv.fit(table(), target="sales", settings={**QUICK, "network": "nhits"}, out=tmp_path / name)
        for name in "ab"
    ]
    a, b = (Path(one.folder / "model.rv").read_bytes() for one in runs)
    assert a == b
    other = {"network": {"name": "inception", "blocks": 1, "filters": 2}, "evaluation.baselines": False}
    found = rv.fit(table(), target="sales", settings={**QUICK, **other}, out=tmp_path / "c")
    assert found.predict(table()).height == 6
    assert "nothing beside it" in found.metrics["verdict"]


def test_every_row_is_in_a_part_or_in_the_ledger():
    short = pl.DataFrame({"when": months(8), "shop": "short", "sales": wave(8)})
    still = pl.DataFrame({"when": months(60), "shop": "still", "sales": [1.0] * 60})
    long = [pl.DataFrame({"when": months(90), "shop": name, "sales": wave(90)}) for name in "ab"]
    spec = Spec.from_settings({**QUICK, "target": "sales", "columns.shop": "group"})
    prepared = prepare(spec, pl.concat([short, *long, still]))
    assert prepared.split.counts == {"train": 116, "validation": 28, "test": 36}
    dropped = [entry for entry in prepared.ledger.entries if entry.outcome == "dropped"]
    assert [entry.count for entry in dropped] == [8, 60]
    assert "('short')" in dropped[0].reason
    assert "('still')" in dropped[1].reason
    first = prepared.parts["test"].rows.numpy()
    assert set(prepared.table.frame["when"][[0, 71]]) == {"2000-01", "2005-12"}
    assert (np.asarray([8 + 72, 8 + 90 + 72]) == first[[0, len(first) // 2]]).all()


@pytest.mark.parametrize(
    ("frame", "settings", "error", "sentence"),
    [
        (
            table(1),
            {},
            DataError,
            "The series has 1 points, of which 0 are left to learn from. Expected at least",
        ),
        (table(), {"forecast.horizon": 60}, DataError, "The series has 90 points, of which 0 are left"),
        (
            table().with_columns(sales=3.0),
            {},
            DataError,
            "Target 'sales' is the same at all times of the training",
        ),
        (table(), {"target": "sale"}, SpecError, r"has no column 'sale', the target. Did you mean 'sales'\?"),
        (table(), {"target": ["sales", "when"]}, SpecError, "Several targets are named for a forecast"),
        (table(), {"columns.shop": "group"}, SpecError, "has no column 'shop'"),
        (
            table(),
            {"columns.when": "weight"},
            SpecError,
            "Column 'when' has the role 'weight', which a forecast",
        ),
        (
            table(),
            {"columns.when": "time", "columns.sales": "time"},
            SpecError,
            "Several columns have the role 'time'",
        ),
        (
            table(),
            {"execution.stream": True},
            SpecError,
            "execution.stream is true, and a forecast holds its",
        ),
    ],
)
def test_what_cannot_be_forecast_is_said(frame, settings, error, sentence):
    spec = Spec.from_settings({**QUICK, "target": "sales", **settings})
    with pytest.raises(error, match=sentence):
        prepare(spec, frame)


def test_a_target_must_be_named_and_the_parts_are_not_given_apart():
    with pytest.raises(SpecError, match="No target is named for"):
        prepare(Spec.from_settings(QUICK), table())
    spec = Spec.from_settings({**QUICK, "target": "sales"})
    with pytest.raises(SpecError, match="The parts of a forecast are given as places of their own"):
        prepare(spec, {"train": table(), "validation": None, "test": table(80)})


def test_prediction_needs_the_columns_of_the_training(run):
    with pytest.raises(DataError, match="The data has no column 'shop'"):
        run[0].predict(table())


def test_columns_that_are_not_read_are_set_aside():
    spec = Spec.from_settings({**QUICK, "target": "sales"})
    from ranvier.data.ledger import Ledger
    from ranvier.data.source import read

    ledger = Ledger()
    made = read(table().with_columns(weather=pl.lit("fine")), ledger)
    schema = prepare_forecast(spec, made, ledger)[1]
    assert schema["weather"].role == "ignored"
    assert any("the same value in every row (fine)" in entry.reason for entry in ledger.entries)


def test_evaluation_is_at_every_origin_of_new_series(run):
    found, frame = run
    said = rv.evaluate(found, frame)
    assert said.rows["test"] == 2 * (80 - 13 - 6 + 1) == said.predictions.height / 6
    assert said.test["mase"]["value"] < 0.8
    assert "on the held-out part of the training it was" in said.verdict
    assert "mase" in str(said)
    assert "rows were like" not in str(said)
    with pytest.raises(DataError, match="No series of .* can be measured: the longest has 9 points"):
        rv.evaluate(found, frame.filter(pl.col("when") <= "2000-09"))


def test_an_evaluation_has_a_page_with_its_forecasts(run, tmp_path):
    found, frame = run
    said = rv.evaluate(found, frame, out=tmp_path / "new")
    assert said.report == tmp_path / "new" / "report.html"
    page = said.report.read_text(encoding="utf-8")
    assert f"2 series, {said.rows['test']} origins." in page
    assert "forecast-1" in page and "New rows and training rows" not in page
    assert json.loads((tmp_path / "new" / "metrics.json").read_text())["forecast"]["horizon"] == 6
    assert pl.read_csv(tmp_path / "new" / "predictions.csv").height == said.predictions.height
    rv.evaluate(found, frame, out=tmp_path / "page.md")
    assert "The MASE on these series" in (tmp_path / "page.md").read_text(encoding="utf-8")


def test_a_run_that_was_stopped_ends_with_the_same_bytes(tmp_path):
    table().write_csv(tmp_path / "sales.csv")
    settings = {**QUICK, "target": "sales", "source": str(tmp_path / "sales.csv")}
    whole = rv.fit(tmp_path / "sales.csv", target="sales", settings=settings, out=tmp_path / "whole")

    broken = tmp_path / "broken"
    shutil.copytree(whole.folder, broken)
    for name in ("model.rv", "metrics.json", "checkpoint.safetensors", "history.jsonl"):
        (broken / name).unlink()
    again = rv.resume(broken)
    assert (again.folder / "model.rv").read_bytes() == (whole.folder / "model.rv").read_bytes()
    assert again.metrics == whole.metrics


def test_a_forecast_is_not_fitted_to_single_values():
    with pytest.raises(InternalError, match="(?i)a forecast is not fitted to single values"):
        Forecast.fit(pl.Series([1.0]), np.arange(1))


def test_what_is_forecast_is_said():
    spec = Spec.from_settings({**QUICK, "target": "sales"})
    first, *_ = data_lines(prepare(spec, table()))
    assert "forecast 'sales' (the next 6 values from the last 13, a step of a month, a season of 6)" in first
    assert first.endswith("in 40 training windows")
