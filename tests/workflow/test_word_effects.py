"""What words do to a prediction, asked of networks whose answer is known, and what the report shows of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

import ranvier as rv
from ranvier.assemble import Architecture
from ranvier.data.batches import Batch
from ranvier.data.kinds.text import Text
from ranvier.tasks.regress import Regress
from ranvier.workflow.word_effects import effects


def test_the_effect_of_a_word_is_what_the_prediction_loses_without_it() -> None:
    texts = pl.DataFrame({"a": ["one two", "two three four", "four"]})
    kind = Text.fit(texts)
    network = Architecture("text_cnn", {"text": kind.features()}, 1).build(0).eval()
    task = Regress.fit(pl.Series("y", [1.0, 2.0, 3.0]), np.arange(3))
    part = Batch({"text": kind.transform(texts)}, torch.zeros(3, 1), torch.arange(3))  # type: ignore[dict-item]
    found = effects(network, task, kind, part, np.zeros(3), np.array([1]))
    assert [word for word, _ in found["2"]] == ["two", "three", "four"]
    ids = kind.transform(texts)[1:2]
    whole = task.decode(network({"text": ids}).detach())[0]
    for place, (_, effect) in enumerate(found["2"]):
        without = ids.clone()
        without[0, place] = 1
        assert effect == pytest.approx(
            whole - task.decode(network({"text": without}).detach())[0], rel=0.01, abs=1e-6
        )


def test_the_report_shows_the_words_of_the_worst_mistakes_and_errors_by_length(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    rows = [
        list(generator.choice(["ship", "sail", "rope", "deck"], generator.integers(4, 40)))
        for _ in range(400)
    ]
    lost = generator.random(400) < 0.5
    wrong = generator.random(400) < 0.1
    stories = [
        " ".join([*row, "sinks" if gone != odd else "floats"]) for row, gone, odd in zip(rows, lost, wrong)
    ]
    frame = pl.DataFrame({"story": stories, "fate": np.where(lost, "lost", "safe")})
    settings = {"training.epochs": 10, "evaluation.baselines": False, "evaluation.resamples": 100}
    run = rv.fit(frame, target="fate", settings=settings, out=tmp_path / "run")
    words = run.metrics["mistakes"]["words"]
    for said in words.values():  # a mistake is a row whose last word points to the other class
        assert min(said, key=lambda word: word[1])[0] in ("sinks", "floats")
    told = run.metrics["slices"]["named"]["length of story (characters)"]
    assert sum(group["rows"] for group in told["groups"]) == 80
    assert "fairness" not in told
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert 'id="words"' in page
    assert "By length of story (characters)" in page
    assert "background:rgba(213,94,0" in page
