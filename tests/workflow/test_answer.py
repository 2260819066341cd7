"""Runs that answer: from questions and their stored answers to a model that gives the best ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import ranvier as rv
from ranvier.errors import DataError
from ranvier.evaluation.answering import nearest
from ranvier.evaluation.words import Words

QUICK: dict[str, Any] = {"task": "answer", "evaluation.resamples": 100, "doctor.trials": False}

DESK = {
    "Your order is on its way; the link in our letter shows where.": [
        "where is my {}",
        "has my {} left",
        "track my {}",
    ],
    "Send it back within 30 days.": [
        "i want to return the {}",
        "can i send the {} back",
        "the {} does not fit",
    ],
    "We have mailed you a new password.": ["i forgot my password for the {}", "i cannot log in to see my {}"],
    "我们周一到周五营业。": ["你们 {} 几点 开门", "周六 可以 取 {} 吗", "{} 营业 时间"],
}


def desk(seed: int = 5) -> pl.DataFrame:
    """Questions to a shop, each in several words, and the answer that is stored for it."""
    things = ["parcel", "coat", "lamp", "book", "phone", "chair", "kettle", "bag", "desk", "rug"]
    rows = [(way.format(thing), answer) for answer, ways in DESK.items() for way in ways for thing in things]
    order = np.random.default_rng(seed).permutation(len(rows))
    return pl.DataFrame([rows[at] for at in order], schema=["question", "answer"], orient="row")


def test_answers_are_learnt_measured_saved_and_given(tmp_path: Path) -> None:
    frame = desk()
    run = rv.fit(frame, target="answer", settings=QUICK, out=tmp_path / "run")
    metrics = run.metrics
    assert (metrics["task"], metrics["form"], metrics["metric"]) == ("answer", "answers", "answer_accuracy")
    assert set(metrics["test"]) == {"answer_accuracy", "answer_top_3", "answer_top_10", "reciprocal_rank"}
    assert metrics["test"]["answer_accuracy"]["value"] > 0.9
    assert set(metrics["baselines"]) == {"trivial", "nearest"}
    assert "the nearest question's answer" in metrics["verdict"]
    assert metrics["answered"]["stored"] == 4 and metrics["answered"]["unlearnt"] == 0
    loaded = rv.load(tmp_path / "run" / "model.rv")
    asked = pl.DataFrame({"question": ["where has my kettle gone", "周六 营业 吗"]})
    said = loaded.predict(asked)
    assert said["answer"].to_list() == [next(iter(DESK)), list(DESK)[3]]
    assert said.columns == [
        f"{name}{score}" for name in ("answer", "answer_2", "answer_3") for score in ("", "_score")
    ]
    assert (said["answer_score"] >= said["answer_2_score"]).all()
    assert said["answer_3_score"].min() > 0  # type: ignore[operator]
    assert said.equals(run.predict(asked))
    again = rv.evaluate(loaded, frame)
    assert again.test["answer_accuracy"]["value"] > 0.95
    assert "The answers" in (run.folder / "report.html").read_text()


def test_the_worst_questions_are_told_with_their_places(tmp_path: Path) -> None:
    frame = desk()
    answers = frame["answer"].to_list()
    answers[0:12:4] = ["An answer to nothing in particular."] * 3
    frame = frame.with_columns(pl.Series("answer", answers))
    run = rv.fit(frame, target="answer", settings={**QUICK, "training.epochs": 3}, out=tmp_path / "run")
    table = pl.read_csv(run.folder / "predictions.csv")
    wrong = int((table["true"] != table["answer"]).sum())
    worst = run.metrics["answered"]["worst"]
    assert len(worst) == min(wrong, 15)
    assert [row["place"] for row in worst] == sorted((row["place"] for row in worst), reverse=True)
    for row in worst:
        assert row["asked"] == frame["question"][row["row"] - 1]
        assert row["true"] == frame["answer"][row["row"] - 1]
        assert row["said"][0][0] != row["true"]


def test_the_nearest_question_is_that_of_scikit_learn() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    generator = np.random.default_rng(0)
    rows = [generator.integers(2, 12, generator.integers(2, 8)) for _ in range(40)]
    words = [Words(np.concatenate(part), np.cumsum([0, *map(len, part)])) for part in (rows[:30], rows[30:])]
    target = generator.integers(0, 6, 30)
    texts = [" ".join(f"w{one}" for one in row) for row in rows]
    made = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
    near = (made.fit_transform(texts[:30]) @ made.transform(texts[30:]).T).toarray().T
    expected = np.stack([near[:, target == one].max(axis=1, initial=0.0) for one in range(6)], axis=1)
    np.testing.assert_allclose(nearest(words[0], target, words[1], 6).prediction, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("answers", "match"),
    [
        (["same"] * 40, "Target 'answer' has a single answer. Expected at least two"),
        ([f"a{n}" for n in range(40)], "Each answer of the target 'answer' stands in one row alone"),
        ([["a"], ["b"]] * 20, r"Target 'answer' holds values of type List\(String\)"),
        ([None] * 40, "Target 'answer' has no values"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_sentence(
    tmp_path: Path, answers: list[Any], match: str
) -> None:
    frame = desk()[:40].with_columns(pl.Series("answer", answers))
    with pytest.raises(DataError, match=match):
        rv.fit(frame, target="answer", settings=QUICK, out=tmp_path / "run")


def test_too_many_answers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ranvier.tasks.answer.MOST", 3)
    with pytest.raises(DataError, match="Target 'answer' has 4 different answers. Expected at most 3 stored"):
        rv.fit(desk(), target="answer", settings=QUICK, out=tmp_path / "run")
