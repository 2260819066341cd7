"""Runs that transcribe: from sounds and what is said in them to a model that writes it down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import ranvier as rv
from ranvier.errors import Interrupted, SpecError
from small_run import StopAt

soundfile = pytest.importorskip("soundfile")

QUICK: dict[str, Any] = {
    "task": "transcribe",
    "training.batch_size": 8,
    "training.epochs": 25,
    "training.learning_rate": 0.01,
    "regularization.average": "none",
    "evaluation.resamples": 100,
    "network": {"name": "lstm", "hidden": 24},
}


def spoken(folder: Path, count: int = 80) -> Path:
    """Sounds of one to three tones, a low one for a and a high one for b, and a table of what they spell."""
    generator = np.random.default_rng(0)
    moments = np.arange(1280) / 16000
    rows = []
    for number in range(count):
        word = "".join(generator.choice(["a", "b"], generator.integers(1, 4)))
        tones = [np.sin(2 * np.pi * {"a": 400, "b": 1600}[letter] * moments) for letter in word]
        sound = np.concatenate([np.concatenate([0.3 * tone, np.zeros(480)]) for tone in tones])
        soundfile.write(
            folder / f"{number}.wav", sound + generator.normal(scale=0.005, size=len(sound)), 16000
        )
        rows.append((f"{number}.wav", word))
    pl.DataFrame(rows, schema=["sound", "word"], orient="row").write_csv(folder / "table.csv")
    return folder / "table.csv"


def test_what_is_said_is_learnt_saved_and_written_down(tmp_path: Path) -> None:
    table = spoken(tmp_path)
    run = rv.fit(table, target="word", settings=QUICK, out=tmp_path / "run")
    assert run.metrics["test"]["character_error_rate"]["value"] < 0.2
    assert run.metrics["form"] == "texts"
    assert set(run.metrics["baselines"]) == {"trivial"}
    assert run.metrics["verdict"].startswith("Better than always answering")
    loaded = rv.load(tmp_path / "run" / "model.rv")
    answers = loaded.predict(table)
    assert answers.equals(run.predict(table))
    assert answers.columns == ["word"]
    alone = loaded.predict(pl.DataFrame({"sound": [str(tmp_path / "3.wav")]}))
    assert alone["word"][0] == answers["word"][3]
    silent = loaded.predict(pl.DataFrame({"sound": [None, str(tmp_path / "0.wav")]}))
    assert silent["word"].to_list() == ["", answers["word"][0]]
    again = rv.evaluate(loaded, table)
    assert again.test["exact_match"]["value"] > 0.6
    shown = run.metrics["transcripts"]
    assert 2 <= len(shown) <= 6
    for row in shown:
        assert "".join(character for character, _, _ in row["characters"]) == row["true"]
        places = [place for _, first, last in row["characters"] for place in (first, last)]
        assert places == sorted(places) and places[-1] < row["frames"]
    report = (tmp_path / "run" / "report.html").read_text()
    assert "What was heard" in report
    assert shown[0]["picture"] in report


def test_a_run_that_transcribes_and_is_stopped_ends_with_the_same_bytes(tmp_path: Path) -> None:
    table = spoken(tmp_path, 40)
    quick = {**QUICK, "training.epochs": 3}
    asked: dict[str, Any] = {"target": "word", "settings": quick}
    whole = rv.fit(table, **asked, out=tmp_path / "whole")
    with pytest.raises(Interrupted, match="Stopped after step 7"):
        rv.fit(table, **asked, out=tmp_path / "stopped", watchers=[StopAt(7)])
    again = rv.resume(tmp_path / "stopped")
    for name in ("model.rv", "metrics.json", "history.jsonl"):
        assert (again.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_rows_without_sound_are_dropped_and_short_ones_told(tmp_path: Path) -> None:
    table = spoken(tmp_path, 30)
    soundfile.write(tmp_path / "0.wav", np.zeros(170), 16000)
    frame = pl.read_csv(table).with_columns((pl.lit(f"{tmp_path}/") + pl.col("sound")).alias("sound"))
    frame = frame.with_columns(pl.Series("word", ["abba", *frame["word"][1:]]))
    frame = frame.with_columns(pl.Series("sound", [*frame["sound"][:29], None]))
    run = rv.fit(
        frame,
        target="word",
        settings={**QUICK, "training.epochs": 1},
        out=tmp_path / "run",
    )
    ledger = json.loads((run.folder / "ledger.json").read_text())
    told = {(entry["outcome"], entry["reason"]): entry["rows"] for entry in ledger["entries"]}
    assert told["dropped", "no sound to be transcribed"] == [30]
    reason = "too short for the transcript: fewer frames than characters; the loss leaves it out"
    assert told["kept", reason] == [1]


def test_what_cannot_transcribe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SpecError, match="task 'transcribe' reads sounds or series or texts, and no input column"
    ):
        rv.fit("sample:iris", target="species", settings={"task": "transcribe"}, out=tmp_path / "a")
    table = spoken(tmp_path, 20)
    with pytest.raises(
        SpecError, match="outputs at each moment of the sounds, and the network 'mlp' gives none"
    ):
        rv.fit(table, target="word", network="mlp", settings={"task": "transcribe"}, out=tmp_path / "b")
