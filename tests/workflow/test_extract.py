"""Runs that extract: from passages, questions and answers to a model that finds the span of an answer."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import ranvier as rv
from ranvier.errors import DataError, Interrupted, SpecError
from ranvier.evaluation.extracts import sentence
from ranvier.workflow.extracted import pieces
from small_run import StopAt

NAMES = ["Ada", "Bea", "Cid", "Dan", "Eva", "Finn", "Gus", "Hal", "Ida", "Jan"]
TOWNS = ["Arden", "Belmora", "Corvin", "Dunhall", "Esker", "Farrow"]
JOBS = ["baker", "judge", "pilot", "tailor"]
QUICK: dict[str, Any] = {
    "task": "extract",
    "network": {"name": "reader", "width": 32, "hidden": 32},
    "training.batch_size": 16,
    "training.epochs": 2,
    "training.learning_rate": 0.01,
    "evaluation.resamples": 100,
    "doctor.trials": False,
}


def asked(count: int = 120, seed: int = 0) -> pl.DataFrame:
    """Two persons in each passage, whose home or work is asked for."""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        first, second = draw.sample(NAMES, 2)
        home, job = draw.choice(TOWNS), draw.choice(JOBS)
        told = [f"{first} lives in {home}.", f"{second} works as a {job}."]
        draw.shuffle(told)
        ask = draw.random() < 0.5
        rows.append(
            (
                f"Where lives {first}?" if ask else f"What works {second} as?",
                " ".join(told),
                home if ask else job,
            )
        )
    return pl.DataFrame(rows, schema=["question", "passage", "answer"], orient="row")


def fit(data: Any, out: Path, **settings: Any) -> rv.Run:
    return rv.fit(data, target="answer", settings={**QUICK, **settings}, out=out)


def test_answers_are_found_measured_saved_and_quoted(tmp_path: Path) -> None:
    run = fit(asked(300), tmp_path / "run", **{"training.epochs": 10})
    metrics = run.metrics
    assert (metrics["task"], metrics["form"], metrics["metric"]) == ("extract", "spans", "span_f1")
    assert set(metrics["test"]) == {"span_exact", "span_f1"}
    assert metrics["test"]["span_exact"]["value"] > 0.9
    assert metrics["test"]["span_exact"]["method"] == "wilson"
    assert set(metrics["baselines"]) == {"trivial", "sentence"}
    assert metrics["verdict"].startswith("Better than the sentence that shares most words")
    assert "span_f1" in json.loads((run.folder / "history.jsonl").read_text().splitlines()[-1])["validation"]
    told = metrics["extracted"]
    assert told["passage"] == "passage" and len(told["rows"]) >= 6
    for row in told["rows"]:
        assert "".join(text for text, true, _ in row["text"] if true) == row["true"]
        assert "".join(text for text, _, said in row["text"] if said) == row["said"]
    page = (run.folder / "report.html").read_text()
    assert "What was found" in page and "<mark>" in page and "<u>" in page
    loaded = rv.load(run.folder / "model.rv")
    assert loaded.preparation.blocks["text"].passage == "passage"  # type: ignore[attr-defined]
    new = pl.DataFrame(
        {
            "question": ["Where lives Ida?", "?", None],
            "passage": ["Jan works as a judge. Ida lives in Esker.", "", None],
        }
    )
    said = loaded.predict(new)
    assert said.columns == ["answer", "answer_start", "answer_end", "answer_score"]
    assert said.row(0)[:3] == ("Esker", 35, 40) and 0.5 < said["answer_score"][0] <= 1
    assert said.rows()[1:] == [("", None, None, 0.0)] * 2
    assert said.equals(run.predict(new))


def test_words_that_training_never_showed_are_compared_as_they_are_written(tmp_path: Path) -> None:
    def homes(people: list[str], towns: list[str]) -> pl.DataFrame:
        draw, rows = random.Random(1), []
        for _ in range(200):
            (first, second), (here, there) = draw.sample(people, 2), draw.sample(towns, 2)
            told = [f"{first} lives in {here}.", f"{second} lives in {there}."]
            rows.append((f"Where lives {first}?", " ".join(draw.sample(told, 2)), here))
        return pl.DataFrame(rows, schema=["question", "passage", "answer"], orient="row")

    new = homes(["Xara", "Zeno", "Yve", "Wim"], ["Quo", "Ulm", "Oslo"])
    settings = {**QUICK, "training.epochs": 8}
    run = rv.fit(homes(NAMES, TOWNS), target="answer", test=new, settings=settings, out=tmp_path / "run")
    assert run.metrics["test"]["span_exact"]["value"] > 0.9
    ids = rv.load(run.folder / "model.rv").preparation.blocks["text"].transform(new[:40])[slice(0, 40)]
    assert (ids > 0).sum() and not (ids == 1).any()  # none of them is just unknown


def test_the_reader_is_the_default_and_reads_nothing_else(tmp_path: Path) -> None:
    settings = {**QUICK, "network": None, "training.epochs": 1}
    run = rv.fit(asked(), target="answer", settings=settings, out=tmp_path / "run")
    assert run.spec.network is not None and run.spec.network.name == "reader"
    frame = asked().select("question", "passage", kind=pl.col("question").str.head(4))
    with pytest.raises(
        SpecError, match="The network 'reader' finds a span of a passage, and the task is 'classify'"
    ):
        rv.fit(frame, target="kind", settings={"network": "reader"}, out=tmp_path / "b")


def test_the_same_seed_and_a_resumed_run_give_the_same_bytes(tmp_path: Path) -> None:
    frame = asked()
    whole, again = fit(frame, tmp_path / "a"), fit(frame, tmp_path / "b")
    assert (whole.folder / "model.rv").read_bytes() == (again.folder / "model.rv").read_bytes()
    with pytest.raises(Interrupted, match="Stopped after step 7"):
        rv.fit(frame, target="answer", settings=QUICK, out=tmp_path / "c", watchers=[StopAt(7)])
    resumed = rv.resume(tmp_path / "c", frame)
    assert (resumed.folder / "model.rv").read_bytes() == (whole.folder / "model.rv").read_bytes()
    assert resumed.metrics == whole.metrics


def test_rows_without_their_answer_are_dropped_and_what_is_odd_is_said(tmp_path: Path) -> None:
    frame = asked()
    answers, passages = frame["answer"].to_list(), frame["passage"].to_list()
    answers[3], answers[5], answers[8] = "Rome", None, " "
    passages[10] += f" It is said: {answers[10]}."
    frame = frame.with_columns(pl.Series("answer", answers), pl.Series("passage", passages))
    run = fit(frame, tmp_path / "run")
    entries = {
        entry["reason"]: entry for entry in json.loads((run.folder / "ledger.json").read_text())["entries"]
    }
    assert entries["the answer does not stand in 'passage'"]["rows"] == [4]
    assert entries["the answer does not stand in 'passage'"]["outcome"] == "dropped"
    assert entries["the target is missing"]["count"] == 2
    assert entries["the answer stands several times in the passage; the first is learnt"]["rows"] == [11]
    again = rv.evaluate(run, frame)
    assert again.rows == {"read": 120, "dropped": 3, "test": 117}
    assert "the answer does not stand in 'passage'" in str(again)


def test_questions_on_one_passage_stay_in_one_part(tmp_path: Path) -> None:
    frame = asked(60)
    frame = pl.concat([frame, frame.with_columns(question="Tell me: " + pl.col("question"))])
    run = fit(frame, tmp_path / "run", **{"training.epochs": 1})
    parts = pl.read_csv(run.folder / "split.csv").with_columns(frame["passage"])
    assert parts.group_by("passage").agg(pl.col("part").n_unique())["part"].max() == 1
    assert parts["part"].n_unique() == 3


@pytest.mark.parametrize("network", ["reader", "lstm"])
def test_a_passage_alone_may_be_read(tmp_path: Path, network: str) -> None:
    frame = asked(100).select("passage", answer=pl.col("passage").str.extract(r"(?:in|a) (\w+)\.$"))
    run = fit(frame, tmp_path / "run", **{"training.epochs": 8, "network": network})
    assert set(run.metrics["baselines"]) == {"trivial"}
    assert run.metrics["test"]["span_exact"]["value"] > 0.8
    assert rv.evaluate(run, frame[:20]).test["span_exact"]["value"] is not None


def test_a_pretrained_bert_goes_on_with_passages(tmp_path: Path) -> None:
    corpus = tmp_path / "text.txt"
    corpus.write_text("\n".join(asked(200)["passage"]))
    small = {"name": "bert", "layers": 1, "width": 16, "heads": 2}
    read = rv.fit(
        corpus, settings={"task": "pretrain", "network": small, "training.epochs": 1}, out=tmp_path / "read"
    )
    settings = {"network": None, "start.model": str(read.folder / "model.rv")}
    run = fit(asked(), tmp_path / "run", **settings)
    assert run.spec.network is not None and run.spec.network.name == "bert"
    reason = run.record["reasons"]["start.model"]
    assert (
        "new: encoders.text.marks.weight" in reason
        and "encoders.text.embedding.weight" not in reason.split("new")[1]
    )


@pytest.mark.parametrize(
    ("columns", "settings", "match"),
    [
        (
            {"answer": ["none"] * 120},
            {},
            "No column holds most of the answers of the target 'answer' as they are",
        ),
        (
            {"size": list(range(120))},
            {"columns.size": "number"},
            r"is to be extracted from texts, and .* 'size'.*--role size",
        ),
        ({}, {"network": "ngrams"}, "The network 'ngrams' says nothing of each token of a text"),
        ({}, {"training.loss": "mse"}, "Loss 'mse' does not suit the task 'extract'"),
        (
            {},
            {"execution.stream": True},
            "Answers that stand in a passage cannot be learnt from a table that is streamed",
        ),
    ],
)
def test_what_cannot_be_extracted_is_refused_with_a_sentence(
    tmp_path: Path, columns: dict[str, list[Any]], settings: dict[str, Any], match: str
) -> None:
    frame = asked().with_columns(pl.Series(name, values) for name, values in columns.items())
    data: Any = frame
    if settings.get("execution.stream"):
        data = tmp_path / "asked.parquet"
        frame.write_parquet(data)
    with pytest.raises((DataError, SpecError), match=match):
        fit(data, tmp_path / "run", **settings)


def test_the_sentence_that_fits_adds_its_other_words() -> None:
    train = ["Bern lies on a river. Rome is old."] * 3
    test = ["Rome is old. The river in Bern is the Aare.", "No stop 3.5 here", ""]
    found = sentence(train, test, ["Which river is in Bern?", "Where is 3.5?", "?"])
    assert found.prediction.tolist() == ["the Aare", "No stop", ""]


def test_pieces_are_cut_out_of_a_long_text() -> None:
    text = "x" * 500 + "Bern" + "y" * 500
    found = pieces(text, (500, 504), (502, 510))
    assert found[0] == found[-1] == ["…", False, False]
    assert [piece[1:] for piece in found[1:-1]] == [
        [False, False],
        [True, False],
        [True, True],
        [False, True],
        [False, False],
    ]
    assert "".join(piece[0] for piece in found[1:-1]) == text[300:710]
    assert np.sum([len(piece[0]) for piece in found]) == 412
