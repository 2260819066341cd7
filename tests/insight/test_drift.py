"""What is told of new rows beside training rows, and what the model file holds of the latter."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import polars as pl
import pytest

import ranvier as rv
from ranvier.data.profile import COLUMNS, Profile
from ranvier.delivery.file import save
from ranvier.errors import RunError
from small_run import QUICK

WORDS = ["red", "green", "blue"]


def table(rows: int, seed: int) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    size = random.normal(100, 15, rows)
    colour = random.choice(WORDS, rows, p=[0.5, 0.3, 0.2])
    day = [f"2021-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in random.integers(0, 336, rows)]
    return pl.DataFrame(
        {
            "size": size,
            "colour": colour,
            "new": random.random(rows) < 0.3,
            "day": day,
            "weight": [f"{w:.1f} kg" for w in random.normal(60, 8, rows)],
            "bought": np.where(size + 20 * (colour == "red") > 110, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> rv.Run:
    out = tmp_path_factory.mktemp("drift") / "run"
    return rv.fit(table(600, 0), target="bought", settings=QUICK, out=out)


def told(run: rv.Run, frame: pl.DataFrame) -> dict[str, str]:
    found = rv.evaluate(run, frame).drift
    assert found is not None
    return {each.column: each.told for each in found.columns if each.told}


def test_rows_like_those_of_training_have_nothing_to_tell(run):
    found = rv.evaluate(run, table(300, 1)).drift
    assert found is not None and not found.differing
    assert found.verdict == "No column differs noticeably from the training rows (6 compared)."
    assert {each.column for each in found.columns} == {"size", "colour", "new", "day", "weight", "bought"}


def test_each_difference_is_told_in_words_the_worst_first(run):
    rows = table(300, 2)
    i = pl.int_range(pl.len())
    changed = rows.with_columns(
        size=pl.col("size") + 60,
        colour=pl.when(i % 20 == 0).then(pl.lit("mauve")).otherwise(pl.col("colour")),
        new=pl.when(i % 4 == 0).then(None).otherwise(pl.col("new")),
        day=pl.col("day").str.replace("2021", "2022"),
        weight=pl.when(i % 2 == 0).then(pl.lit("90 kg")).otherwise(pl.col("weight")),
    )
    said = told(run, changed)
    assert "Its median is 15" in said["size"] and "in training 9" in said["size"]
    assert "lies above all of training" in said["size"]
    assert "5% of the rows have a word that training did not ('mauve')." in said["colour"]
    assert said["new"].endswith("25% is missing, in training 0%.")
    assert said["day"].startswith("Its median is 2022-") and "in training 2021-" in said["day"]
    assert "Its median is" in said["weight"]
    found = rv.evaluate(run, changed)
    assert found.drift is not None
    sizes = [each.size for each in found.drift.columns]
    assert sizes == sorted(sizes, key=["large", "noticeable", "none"].index)
    assert found.drift.columns[0].column in ("size", "day")
    assert "differ from the training rows by more than chance" in str(found)


def test_a_word_that_became_frequent(run):
    rows = table(300, 3).with_columns(colour=pl.lit("blue"))
    assert told(run, rows)["colour"] == "'blue' is 100% of the rows, in training 19%."


def test_few_rows(run):
    found = rv.evaluate(run, table(12, 3)).drift
    assert found is not None and found.verdict.startswith("12 rows are too few to say")


def test_the_model_file_names_nobody(run, tmp_path):
    with zipfile.ZipFile(run.folder / "model.rv") as archive:
        columns = {each["name"]: each for each in json.loads(archive.read("model.json"))["profile"]}
    train = table(600, 0)["size"]
    assert columns["size"]["high"] >= train.max() * 0.9 and columns["size"]["high"] not in train.to_list()
    assert sum(columns["size"]["counts"]) == columns["size"]["rows"]
    rare = pl.DataFrame({"w": ["a"] * 50 + ["b"] * 40 + ["only me"] * 4, "x": range(94)})
    made = rv.fit(
        rare.with_columns(y=pl.col("x") % 2),
        target="y",
        settings={**QUICK, "task": "classify", "columns": {"w": "category"}},
        out=tmp_path / "rare",
    )
    (words,) = (each for each in made.model.profile.columns if each.name == "w")
    assert set(words.words) == {"a", "b"} and sum(words.counts) == words.rows


def test_a_profile_survives_the_file_and_a_model_without_one_says_so(run, tmp_path):
    model = rv.load(run.folder / "model.rv")
    assert isinstance(model.profile, Profile)
    assert model.profile == rv.load(save(model, tmp_path / "again.rv")).profile
    model.profile = None
    found = rv.evaluate(save(model, tmp_path / "old.rv"), table(40, 1), out=tmp_path / "old.html")
    assert found.drift is None and "does not say what its training rows were like" in str(found)
    assert "does not say what its training rows were like" in (tmp_path / "old.html").read_text()
    rv.evaluate(tmp_path / "old.rv", table(40, 1), out=tmp_path / "old.md")
    assert "does not say what its training rows were like" in (tmp_path / "old.md").read_text()


def test_wide_tables_have_a_small_profile(tmp_path):
    x = np.random.default_rng(0).normal(size=(60, COLUMNS + 20))
    run = rv.fit(x, (x[:, 0] > 0).astype(int), settings=QUICK, out=tmp_path / "run")
    assert len(run.model.profile.columns) <= COLUMNS + 1


def test_the_report_of_an_evaluation(run, tmp_path):
    rows = table(300, 2).with_columns(colour=pl.lit("blue"))
    rows.write_csv(tmp_path / "new.csv")
    out = tmp_path / "evaluation"
    found = rv.evaluate(run.folder / "model.rv", tmp_path / "new.csv", out=out)
    assert found.report == out / "report.html"
    names = {path.name for path in out.iterdir()}
    assert names == {"report.html", "metrics.json", "ledger.json", "drift.json", "predictions.csv"}
    page = found.report.read_text()
    for words in (
        "bought from new.csv",
        "&#x27;blue&#x27; is 100% of the rows",
        "ranvier evaluate ",
        "test rows of the training",
    ):
        assert words in page
    assert "The training" not in page and "run.toml" not in page and "Findings" not in page
    assert json.loads((out / "drift.json").read_text())["columns"][0]["column"] == "colour"
    assert len(pl.read_csv(out / "predictions.csv")) == 300
    with pytest.raises(RunError, match="is there already and is no run"):
        rv.evaluate(run, rows, out=out)
    with pytest.raises(RunError, match="cannot be written"):
        rv.evaluate(run, rows, out=tmp_path / "new.csv" / "here")
    text = rv.evaluate(run, rows, out=tmp_path / "e.md").report.read_text()
    assert "## New rows and training rows" in text and "differs from the training rows" in text


def test_an_evaluation_of_numbers(tmp_path):
    x = np.random.default_rng(0).normal(size=(300, 3))
    run = rv.fit(x, x[:, 0] * 40, settings=QUICK, out=tmp_path / "run")
    more = np.random.default_rng(1).normal(size=(100, 3))
    found = rv.evaluate(run, more, more[:, 0] * 40, out=tmp_path / "e.html")
    assert "no more of a difference than chance makes" in found.verdict
    worse = rv.evaluate(run, more, more[:, 0] * 4000)
    assert worse.verdict.endswith("it is worse here, by more than chance.")
    one = rv.evaluate(run, more[:1], more[:1, 0] * 40)
    assert "too few rows to tell" in one.verdict
    run.model.card = {}
    assert "on these rows is" in rv.evaluate(run.model, more, more[:, 0] * 40).verdict
