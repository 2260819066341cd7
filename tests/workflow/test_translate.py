"""Runs that translate: from two columns of text to a model that writes one from the other."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import ranvier as rv
from ranvier.errors import DataError, Interrupted, SpecError, UserError
from small_run import StopAt

ENGLISH = "the a cat dog house big small red sees eats runs in and fish bird"
FRENCH = "le un chat chien maison grand petit rouge voit mange court dans et poisson oiseau"
WORDS = dict(zip(ENGLISH.split(), FRENCH.split()))
QUICK: dict[str, Any] = {
    "task": "translate",
    "training.batch_size": 16,
    "training.epochs": 2,
    "training.learning_rate": 0.01,
    "regularization.average": "none",
    "evaluation.resamples": 100,
    "text.vocabulary": 300,
    "doctor.trials": False,
    "network": {"name": "transformer_translator", "layers": 1, "width": 32, "heads": 2, "dropout": 0.0},
}


def sentences(count: int = 120, seed: int = 0) -> pl.DataFrame:
    """Sentences, and word by word the same in French, the first word of all behind."""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        words = draw.choices(list(WORDS), k=draw.randint(5, 7))
        said = [WORDS[word] for word in words]
        rows.append((" ".join(words), " ".join([*said[1:], said[0]]) + "."))
    return pl.DataFrame(rows, schema=["en", "fr"], orient="row")


def fit(data: Any, out: Path, **settings: Any) -> rv.Run:
    return rv.fit(data, target="fr", settings={**QUICK, **settings}, out=out)


def test_sentences_are_learnt_saved_and_translated(tmp_path: Path) -> None:
    frame = sentences(300)
    network = {"name": "recurrent_translator", "width": 32, "hidden": 48, "dropout": 0.0}
    run = fit(frame, tmp_path / "run", **{"training.epochs": 12, "network": network, "text.tokens": "words"})
    metrics = run.metrics
    assert metrics["form"] == "translations"
    assert set(metrics["test"]) == {"bleu", "chrf", "rouge_1", "rouge_2", "rouge_l"}
    assert set(metrics["baselines"]) == {"copy", "word_table"}
    assert metrics["test"]["bleu"]["value"] > metrics["baselines"]["word_table"]["bleu"]["value"] > 20
    assert metrics["verdict"].startswith("Better than the text itself (bleu +")
    assert "Written from other texts" in (run.folder / "report.html").read_text()
    loaded = rv.load(run.folder / "model.rv")
    answers = loaded.predict(frame)
    assert answers.equals(run.predict(frame)) and answers.columns == ["fr"]
    alone = loaded.predict(pl.DataFrame({"en": [frame["en"][5], None]}))
    assert alone["fr"].to_list() == [answers["fr"][5], loaded.predict(pl.DataFrame({"en": [""]}))["fr"][0]]
    again = rv.evaluate(loaded, frame)
    assert again.test["bleu"]["value"] > 50
    shown = metrics["translations"]
    assert 5 <= len(shown) <= 8
    for row in shown:
        weights = np.array(row["map"])
        assert weights.shape == (len(row["written"]), len(row["read"]))
        assert np.allclose(weights.sum(axis=1), 100, atol=5)
        assert row["source"] == frame["en"][row["row"] - 1] and row["true"] == frame["fr"][row["row"] - 1]
    assert {line["validation"]["perplexity"] > 1 for line in run.history} == {True}


def test_a_run_that_translates_and_is_stopped_ends_with_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    frame = sentences(60)
    whole = fit(frame, tmp_path / "whole")
    with pytest.raises(Interrupted, match="Stopped after step 3"):
        rv.fit(frame, target="fr", settings=QUICK, out=tmp_path / "stopped", watchers=[StopAt(3)])
    again = rv.resume(tmp_path / "stopped", frame)
    for name in ("model.rv", "metrics.json", "history.jsonl"):
        assert (again.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_what_was_chosen_is_said(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    settings = {"target": "fr", "task": "translate"}
    said = str(rv.inspect(sentences(60), settings=settings))
    assert "network = transformer_translator  (the default for translations)" in said
    assert "text.tokens = bpe  (pieces of words; the default for translations)" in said
    assert "text.vocabulary = 2000  (for 39 training rows)" in said
    assert "'label_smoothing': 0.1}  (the default for translations)" in said


class TestBrokenInput:
    """Each is answered by a sentence, or counted to the row."""

    def prepared(self, frame: pl.DataFrame, out: Path) -> dict[tuple[str, str], list[int]]:
        run = fit(frame, out, **{"training.epochs": 1, "text.tokens": "words", "evaluation.baselines": False})
        entries = json.loads((run.folder / "ledger.json").read_text())["entries"]
        return {(entry["outcome"], entry["reason"]): entry["rows"] for entry in entries}

    def test_rows_without_a_text_or_its_translation_are_dropped(self, tmp_path: Path) -> None:
        frame = sentences(60)
        frame = frame.with_columns(
            pl.Series("en", [None, "", " \t", *frame["en"][3:]]),
            pl.Series("fr", [*frame["fr"][:5], None, "", *frame["fr"][7:]]),
        )
        told = self.prepared(frame, tmp_path / "run")
        assert told["dropped", "no text to be translated"] == [1, 2, 3]
        assert told["dropped", "the target is missing"] == [6, 7]

    def test_a_text_of_a_megabyte_is_cut_and_counted(self, tmp_path: Path) -> None:
        frame = sentences(60)
        frame = frame.with_columns(pl.Series("en", ["cat " * 250_000, *frame["en"][1:]]))
        told = self.prepared(frame, tmp_path / "run")
        assert ("repaired", "longer than 1,024 words: the rest of 248,976 words is left out") in told

    def test_half_a_character_is_refused_and_other_scripts_are_read(self, tmp_path: Path) -> None:
        frame = pd.DataFrame(sentences(60).to_dicts(), dtype=object)
        frame.loc[1, "fr"] = "ils ont vu \u732b \U0001f6a2 \u0627\u0644\u0628\u062d\u0631"
        made = fit(frame, tmp_path / "run", **{"training.epochs": 1, "text.tokens": "bytes"})
        assert made.finished
        frame.loc[0, "fr"] = "ils ont vu \ud800 dans la brume"
        with pytest.raises(DataError, match="1 texts of column 'fr' hold half of a character"):
            fit(frame, tmp_path / "other")

    @pytest.mark.parametrize(
        ("changed", "match"),
        [
            pytest.param(
                lambda frame: frame.with_columns(n=pl.int_range(pl.len()) % 7 / 2),
                "target 'fr' is to be translated from one column of text, and the input columns are 'en', 'n'.*"
                "Set the others aside: --role n=ignored",
                id="a number beside",
            ),
            pytest.param(
                lambda frame: frame.with_columns(es=pl.col("en") + " y"),
                "the input columns are 'en', 'es'.*--role en=ignored --role es=ignored",
                id="two texts",
            ),
            pytest.param(
                lambda frame: frame.with_columns(en=pl.int_range(pl.len())),
                "the input columns are 'en'.*Say which one it is: --kind COLUMN=text",
                id="no text",
            ),
            pytest.param(
                lambda frame: frame.with_columns(fr=pl.lit(None, pl.String)),
                "Target 'fr' has no values",
                id="no translation at all",
            ),
        ],
    )
    def test_tables_that_cannot_be_translated(self, tmp_path: Path, changed: Any, match: str) -> None:
        with pytest.raises(UserError, match=match):
            fit(changed(sentences(60)), tmp_path / "run")
        assert not (tmp_path / "run").exists()

    def test_networks_and_tasks_that_do_not_fit(self, tmp_path: Path) -> None:
        with pytest.raises(
            SpecError, match="network 'lstm' does not write texts, which the task 'translate'"
        ):
            fit(sentences(60), tmp_path / "a", network="lstm")
        with pytest.raises(SpecError, match=r"stopping.metric is 'bleu', and after an epoch nothing is"):
            fit(sentences(60), tmp_path / "a", **{"stopping.metric": "bleu"})
        with pytest.raises(
            SpecError, match="'recurrent_translator' writes texts, and the task 'classify' wants none"
        ):
            frame = sentences(60).select("en", y=pl.Series([0, 1] * 30))
            rv.fit(frame, target="y", network="recurrent_translator", out=tmp_path / "a")

    def test_without_the_package_that_measures(self, tmp_path: Path, monkeypatch: Any) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(DataError, match=r"package sacrebleu, which is not installed. Pip install"):
            fit(sentences(60), tmp_path / "a")


def test_the_scorer_says_so_where_the_package_is_missing(monkeypatch: Any) -> None:
    from ranvier.evaluation import translations

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    translations._scorer.cache_clear()
    with pytest.raises(SpecError, match="package sacrebleu, which is not installed"):
        translations._scorer("BLEU")
