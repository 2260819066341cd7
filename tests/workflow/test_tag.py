"""Runs that tag: from tokens and their tags to a model that writes a tag for each token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import ranvier as rv
from ranvier.cli import app
from ranvier.errors import DataError, Interrupted, SpecError
from small_run import StopAt

QUICK: dict[str, Any] = {
    "training.batch_size": 16,
    "training.epochs": 12,
    "training.learning_rate": 0.01,
    "evaluation.resamples": 100,
    "doctor.trials": False,
    "network": {"name": "lstm", "hidden": 16},
}

PLACES = ["B-LOC", "I-LOC", "O"]


def sentences(count: int = 250, seed: int = 0) -> pl.DataFrame:
    """Sentences in which a word with a capital is a place, unless it is the first; a second one goes on with it."""
    generator = np.random.default_rng(seed)
    words, tags = [], []
    for _ in range(count):
        row, own = [], []
        for place in range(int(generator.integers(2, 9))):
            stem = "".join(generator.choice(list("abc"), 3))
            capital = place > 0 and generator.random() < 0.4
            row.append(stem.capitalize() if capital or not place else stem)
            own.append("O" if not capital else "I-LOC" if own[-1] != "O" else "B-LOC")
        words.append(row)
        tags.append(own)
    return pl.DataFrame({"words": words, "tags": tags})


def written(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists as text, with a space between."""
    return frame.select(pl.all().list.join(" "))


def test_tags_are_learnt_measured_saved_and_written_beside_their_tokens(tmp_path: Path) -> None:
    frame = sentences()
    run = rv.fit(frame, target="tags", settings=QUICK, out=tmp_path / "run")
    metrics = run.metrics
    assert (metrics["task"], metrics["form"], metrics["metric"]) == ("tag", "tags", "token_accuracy")
    assert set(metrics["test"]) == {"token_accuracy", "entity_f1", "row_accuracy"}
    assert metrics["test"]["token_accuracy"]["value"] > 0.97
    assert metrics["test"]["entity_f1"]["value"] > 0.9
    assert set(metrics["baselines"]) == {"trivial", "lexicon"}
    assert "than each token's usual tag" in metrics["verdict"]
    loaded = rv.load(tmp_path / "run" / "model.rv")
    answers = loaded.predict(frame)
    assert answers.equals(run.predict(frame))
    assert answers.columns == ["words", "tags"]
    assert answers["words"].to_list() == written(frame)["words"].to_list()
    assert answers["tags"].str.split(" ").list.len().equals(frame["tags"].list.len())
    alone = loaded.predict(frame[5:6].select("words"))
    assert alone.row(0) == answers.row(5)
    none = loaded.predict(pl.DataFrame({"words": [None, ["Abc", "Bcd", "Cde", "abc"]]}))
    assert none.rows() == [("", ""), ("Abc Bcd Cde abc", "O B-LOC I-LOC O")]
    again = rv.evaluate(loaded, frame, out=tmp_path / "new.html")
    assert "Confusion matrix" in (tmp_path / "new.html").read_text()
    assert again.test["token_accuracy"]["value"] > 0.97
    confusion = again.details["confusion"]
    assert confusion["classes"] == PLACES
    assert np.sum(confusion["counts"]) == frame["tags"].list.len().sum()


def test_text_and_lists_teach_the_same(tmp_path: Path) -> None:
    frame = sentences(60)
    quick = {**QUICK, "training.epochs": 2}
    written(frame).write_csv(tmp_path / "table.csv")
    of_lists = rv.fit(frame, target="tags", settings=quick, out=tmp_path / "lists")
    of_text = rv.fit(tmp_path / "table.csv", target="tags", settings=quick, out=tmp_path / "text")
    assert of_lists.metrics["test"] == of_text.metrics["test"]
    schema = json.loads((tmp_path / "text" / "schema.json").read_text())["columns"]
    assert [(column["name"], column["kind"], column["role"], column["reason"]) for column in schema] == [
        ("words", "tokens", "input", "as many tokens as 'tags' has tags, in all rows"),
        ("tags", "tokens", "target", "3 distinct tags, as many in each row as 'words' has tokens"),
    ]


def test_a_run_that_tags_and_is_stopped_ends_with_the_same_bytes(tmp_path: Path) -> None:
    written(sentences(60)).write_csv(tmp_path / "table.csv")
    asked: dict[str, Any] = {"target": "tags", "settings": {**QUICK, "training.epochs": 3}}
    whole = rv.fit(tmp_path / "table.csv", **asked, out=tmp_path / "whole")
    with pytest.raises(Interrupted, match="Stopped after step 5"):
        rv.fit(tmp_path / "table.csv", **asked, out=tmp_path / "stopped", watchers=[StopAt(5)])
    again = rv.resume(tmp_path / "stopped")
    for name in ("model.rv", "metrics.json", "history.jsonl"):
        assert (again.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_what_is_told_of_the_test_rows(tmp_path: Path) -> None:
    frame = sentences(80)
    names = pl.Series([f"n{row}" for row in range(80)])  # a word that no other row has
    frame = frame.with_columns(pl.concat_list("words", names), pl.concat_list("tags", pl.lit("O")))
    run = rv.fit(frame, target="tags", settings={**QUICK, "training.epochs": 2}, out=tmp_path / "run")
    told, answers = run.metrics["tagged"], pl.read_csv(run.folder / "predictions.csv")
    true, said = (answers[name].str.split(" ").to_list() for name in ("true", "tags"))
    right = [a == b for x, y in zip(true, said) for a, b in zip(x, y)]
    assert run.metrics["test"]["token_accuracy"]["value"] == pytest.approx(np.mean(right))
    assert sum(part["right"] for part in told["lengths"]) == sum(right)
    assert sum(part["tokens"] for part in told["lengths"]) == len(right)
    assert [part["from"] for part in told["lengths"]] == [1, 6]
    for row in told["worst"]:
        assert row["tokens"] == frame["words"][row["row"] - 1].to_list()
        assert row["true"] == frame["tags"][row["row"] - 1].to_list()
    wrong = [sum(a != b for a, b in zip(row["true"], row["said"])) for row in told["worst"]]
    assert wrong == sorted(wrong, reverse=True) and wrong[-1] > 0
    assert told["unseen"]["tokens"] == len(answers)
    assert told["unseen"]["accuracy"] == pytest.approx(np.mean([row[-1] == "O" for row in said]))


def test_rows_that_do_not_go_together_are_in_the_ledger(tmp_path: Path) -> None:
    frame = written(sentences(60)).with_row_index("n")
    changes = {3: ("Abc abc", "O"), 7: ("", "O"), 9: ("abc abc", None), 11: ("abc " * 4097, "O " * 4097)}
    rows = [(*changes[n], n) if n in changes else (words, tags, n) for n, words, tags in frame.rows()]
    made = pl.DataFrame(rows, schema=["words", "tags", "n"], orient="row").drop("n")
    run = rv.fit(made, target="tags", settings={**QUICK, "training.epochs": 1}, out=tmp_path / "run")
    ledger = json.loads((run.folder / "ledger.json").read_text())
    told = {entry["reason"]: entry["rows"] for entry in ledger["entries"] if entry["outcome"] == "dropped"}
    assert told == {
        "the target is missing": [10],
        "not as many tokens as 'tags' has tags": [4, 8],
        "more than 4,096 tokens": [12],
    }


def test_tags_that_cannot_be_learnt_are_in_the_ledger(tmp_path: Path) -> None:
    frame = sentences(60)
    tags = frame["tags"].to_list()
    tags[2], tags[4], tags[6] = [None, *tags[2][1:]], ["O O", *tags[4][1:]], []
    frame = frame.with_columns(pl.Series("tags", tags))
    run = rv.fit(frame, target="tags", settings={**QUICK, "training.epochs": 1}, out=tmp_path / "run")
    ledger = json.loads((run.folder / "ledger.json").read_text())
    told = {entry["reason"]: entry["rows"] for entry in ledger["entries"] if entry["outcome"] == "dropped"}
    assert told == {
        "a tag is missing in the row": [3],
        "a tag has white space in it": [5],
        "the target is missing": [7],
    }


def test_columns_of_tokens_stand_beside_each_other_and_beside_numbers(tmp_path: Path) -> None:
    frame = sentences(150)
    signs = [["c" if word[0].isupper() else "s" for word in row] for row in frame["words"].to_list()]
    frame = frame.with_columns(pl.Series("signs", signs), pl.Series("n", np.arange(150) % 7 / 3))
    run = rv.fit(frame, target="tags", settings=QUICK, out=tmp_path / "run")
    assert run.metrics["test"]["token_accuracy"]["value"] > 0.9
    answers = run.predict(frame[:3])
    assert answers.columns == ["words", "signs", "tags"]
    assert rv.load(run.folder / "model.rv").predict(frame[:3]).equals(answers)


def test_tokens_are_classified_as_texts_are(tmp_path: Path) -> None:
    frame = sentences(300).with_columns(place=pl.col("tags").list.contains("B-LOC")).drop("tags")
    settings = {**QUICK, "columns.words": "tokens"}
    run = rv.fit(frame, target="place", settings=settings, out=tmp_path / "run")
    assert run.metrics["test"]["accuracy"]["value"] > 0.85
    assert "linear" in run.metrics["baselines"]


@pytest.mark.parametrize(
    ("change", "settings", "match"),
    [
        (
            {"words": ["one two three"] * 30},
            {"task": "tag"},
            "No column has as many tokens in each row as the target 'tags' has tags; the nearest is 'words', in "
            r"\d+% of the rows. Expected a column of tokens.*columns.NAME=tokens",
        ),
        (
            {"tags": ["A A", "A"] * 15},
            {"task": "tag"},
            "Target 'tags' has a single tag, 'A'. Expected at least",
        ),
        (
            {"tags": [f"w{n} x{n}" for n in range(30)]},
            {"task": "tag"},
            "Target 'tags' looks like text: 60 of its 60 tags occur once",
        ),
        (
            {"tags": [None] * 30},
            {"task": "tag"},
            "Target 'tags' has no values. Expected a tag for each token",
        ),
        (
            {"tags": [[1, 2]] * 30},
            {"task": "tag"},
            r"Target 'tags' holds values of type List\(Int64\). Expected tags",
        ),
        (
            {"tags": [1.5, 2.5] * 15},
            {"task": "tag"},
            "Target 'tags' holds values of type Float64. Expected tags: lists of text, or text with white space",
        ),
        (
            {"other": ["x", "y"] * 15},
            {"target": ["tags", "other"]},
            "Target 'tags' has outputs at each position, and cannot be learnt beside another",
        ),
        (
            {},
            {"columns.words": "ignored"},
            "No column has as many tokens in each row as the target 'tags' has tags",
        ),
    ],
)
def test_what_cannot_be_tagged_is_refused_with_a_sentence(
    tmp_path: Path, change: dict[str, Any], settings: dict[str, Any], match: str
) -> None:
    frame = written(sentences(30)).with_columns(n=pl.Series(np.arange(30) % 7 / 3))
    frame = frame.with_columns(pl.Series(name, values) for name, values in change.items())
    asked = {**QUICK, "target": "tags", "columns.tags": "tokens", **settings}
    with pytest.raises(DataError, match=match):
        rv.fit(frame, settings=asked, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_networks_that_cannot_tag_are_refused(tmp_path: Path) -> None:
    for name in ("mlp", "ngrams"):
        with pytest.raises(
            SpecError, match=f"each moment of the tokens, and the network '{name}' gives none"
        ):
            rv.fit(sentences(30), target="tags", network=name, out=tmp_path / "run")


def test_tags_are_not_streamed(tmp_path: Path) -> None:
    written(sentences(30)).write_csv(tmp_path / "table.csv")
    with pytest.raises(DataError, match="target 'tags' holds tags, and a table of tokens cannot be streamed"):
        rv.fit(
            tmp_path / "table.csv", target="tags", settings={"execution.stream": True}, out=tmp_path / "run"
        )


def test_from_the_command_line(tmp_path: Path) -> None:
    written(sentences(60)).write_csv(tmp_path / "table.csv")
    settings = [
        "--network",
        "lstm",
        "--set",
        "network.hidden=8",
        "--epochs",
        "2",
        "--out",
        str(tmp_path / "run"),
    ]
    done = CliRunner().invoke(app, ["train", str(tmp_path / "table.csv"), "--target", "tags", *settings])
    assert done.exit_code == 0 and "tag 'tags' from" in done.output, done.output
    said = CliRunner().invoke(
        app, ["predict", str(tmp_path / "run" / "model.rv"), str(tmp_path / "table.csv")]
    )
    lines = [line for line in said.output.splitlines() if "," in line]
    assert lines[0] == "words,tags" and len(lines) >= 61
