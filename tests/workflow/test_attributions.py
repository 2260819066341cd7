"""What moved single predictions, as a run tells it: of every form, of texts long, empty and of two columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

import ranvier as rv
from ranvier.workflow.attended import WINDOW
from ranvier.workflow.attributions import SHOWN

QUICK: dict[str, Any] = {"training.epochs": 2, "evaluation.baselines": False, "evaluation.resamples": 100}
NARROW = {"name": "transformer", "width": 16, "heads": 2, "layers": 1}
WORDS = ["ship", "sail", "rope", "deck", "mast"]


def stories(rows: int, seed: int = 0, most: int = 12) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    lost = draw.random(rows) < 0.5
    texts = [
        " ".join([*draw.choice(WORDS, draw.integers(4, most)), "Sinks" if gone else "Floats."])
        for gone in lost
    ]
    return pl.DataFrame(
        {"story": texts, "fate": np.where(lost, "lost", "safe"), "tons": draw.normal(size=rows)}
    )


def fit(frame: pl.DataFrame, target: Any, out: Path, **settings: Any) -> rv.Run:
    return rv.fit(frame, target=target, settings={**QUICK, **settings}, out=out)


def check(told: dict[str, Any], texts: list[str]) -> None:
    """The values add up, and the pieces are the text."""
    assert told["rows"]
    for row in told["rows"]:
        total = sum(value for _, _, value, _ in row["pieces"]) + sum(value for _, value in row["hidden"])
        assert total == pytest.approx(row["total"], abs=0.03 * abs(row["total"]) + 0.02)
        assert len(row["pieces"]) + sum(count for count, _ in row["hidden"]) <= row["tokens"]
        shown = "".join(before + token for before, token, _, _ in row["pieces"])
        assert shown.strip() in texts[row["row"] - 1]


def page_of(run: rv.Run) -> str:
    return (run.folder / "report.html").read_text(encoding="utf-8")


def test_the_word_that_decides_is_named_and_coloured(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    frame = stories(400)
    odd = draw.random(400) < 0.1
    flipped = frame.with_columns(
        fate=pl.when(pl.Series(odd))
        .then(pl.when(pl.col("fate") == "lost").then(pl.lit("safe")).otherwise(pl.lit("lost")))
        .otherwise("fate")
    ).select("story", "fate")
    run = fit(flipped, "fate", tmp_path / "run", **{"training.epochs": 30})
    told = run.metrics["attributions"]
    check(told, flipped["story"].to_list())
    assert told["bag"] and told["left_out"] == told["empty"] == 0
    assert [row["right"] for row in told["rows"]].count(False) == 5
    for row in told["rows"]:
        assert (row["said"] == row["true"]) == row["right"]
        decides = "Sinks" if row["said"] == "lost" else "Floats"
        assert any(decides in name for name, _ in row["strongest"][0])
        assert row["error"] < 1e-4 and not row.get("maps")
    page = page_of(run)
    assert 'id="words"' in page and "(the completeness error) is less than 0.1%" in page
    assert 'class="for"' in page and "Sundararajan" in page
    assert "By length of story (characters)" in page


def of_evaluation(run: rv.Run, frame: pl.DataFrame, folder: Path) -> dict[str, Any]:
    """What the report of an evaluation tells, on the test rows of the run."""
    places = (pl.read_csv(run.folder / "predictions.csv")["row"] - 1).to_list()
    evaluated = rv.evaluate(run, frame[places], out=folder / "evaluation")
    assert evaluated.report is not None and "Sundararajan" in evaluated.report.read_text()
    found: dict[str, Any] = json.loads((folder / "evaluation" / "metrics.json").read_text())["attributions"]
    return found


FORMS = {
    "values": ("tons", "regress", "for a larger value", "text_cnn"),
    "counts": ("count", "count", "for a larger count (in its logarithm)", "gru"),
    "labels": ("kinds", "label", "for the label '", "lstm"),
    "classes": ("grade", "ordinal", "for '", NARROW),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_told(form: str, tmp_path: Path) -> None:
    target, task, about, network = FORMS[form]
    draw = np.random.default_rng(1)
    frame = stories(120).with_columns(
        tons=pl.Series(draw.normal(1000.0, 50.0, 120)),
        count=pl.Series(draw.poisson(3, 120)),
        kinds=pl.Series(draw.choice(["a;b", "a", "c;a", ""], 120)),
        grade=pl.Series(draw.integers(0, 4, 120)),
    )
    run = fit(frame.select("story", target), target, tmp_path / "run", task=task, network=network)
    told = run.metrics["attributions"]
    check(told, frame["story"].to_list())
    assert all(row["about"].startswith(about) for row in told["rows"])
    assert {row["right"] for row in told["rows"]} == {True, False}
    again = of_evaluation(run, frame, tmp_path)
    for row, same in zip(told["rows"], again["rows"]):
        assert (row["pieces"], row["said"], row["about"]) == (same["pieces"], same["said"], same["about"])
    if (
        form == "values"
    ):  # in the target's unit: a network that has learnt hardly anything stays near the mean
        assert 0.1 < max(abs(row["total"]) for row in told["rows"]) < 500


def test_a_tag_is_asked_of_one_token_and_a_span_of_its_ends(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    rows = [list(draw.choice(WORDS, draw.integers(3, 9))) for _ in range(120)]
    frame = pl.DataFrame({"w": rows, "t": [[str(draw.choice(["X", "O"])) for _ in row] for row in rows]})
    told = fit(frame, "t", tmp_path / "tags", network=NARROW).metrics["attributions"]
    check(told, [" ".join(row) for row in rows])
    for row in told["rows"]:
        (asked,) = [token for _, token, _, mark in row["pieces"] if mark == "asked"]
        assert row["asked"] == asked
        assert (row["said"] == row["true"]) == row["right"]
    pairs = draw.choice(WORDS, (120, 2))
    passages = pl.DataFrame(
        {
            "text": [f"The {a} met the {b} at noon." for a, b in pairs],
            "asked": ["Whom did they meet?"] * 120,
            "said": [str(b) for _, b in pairs],
        }
    )
    for name in ("reader", "transformer"):
        run = fit(passages, "said", tmp_path / name, task="extract", network=name)
        told = run.metrics["attributions"]
        check(told, [f"{text} | {asked}" for text, asked in passages.select("text", "asked").rows()])
        assert all(row["about"] == "for what was found" and row["tokens"] == 14 for row in told["rows"])
        if name == "reader":  # it looks from the passage to the question
            (layer,) = told["rows"][0]["maps"]
            assert layer["looking"]["tokens"] == [token for _, token, _, _ in told["rows"][0]["pieces"]][:8]
            assert layer["seen"]["tokens"] == ["Whom", "did", "they", "meet", "?"]
            assert [len(line.split()) for line in layer["heads"][0]["lines"]] == [5] * 8
            assert "attention of 1 layer of 1 head<" in page_of(run)


def test_several_targets_other_columns_and_empty_texts(tmp_path: Path) -> None:
    frame = stories(200).with_columns(
        story=pl.when(pl.int_range(200) % 4 == 0).then(pl.lit("")).otherwise("story"),
        port=pl.Series(np.random.default_rng(3).choice(["Bern", "Basel"], 200)),
    )
    run = fit(frame, ["fate", "tons"], tmp_path / "run", network=NARROW)
    for target, about in (("fate", "for '"), ("tons", "for a larger value")):
        told = run.metrics["targets"][target]["attributions"]
        check(told, frame["story"].to_list())
        assert told["empty"] > 0 and all(row["about"].startswith(about) for row in told["rows"])
    page = page_of(run)
    assert "of the test rows have no text; they are not among these" in page
    blank = stories(60).with_columns(story=pl.lit(" "))
    run = fit(blank, "fate", tmp_path / "blank", **{"columns.story.kind": "text"}, network=NARROW)
    assert run.metrics["attributions"]["rows"] == []
    assert 'id="words"' not in page_of(run)


def test_long_texts_say_what_is_shown_of_them(tmp_path: Path) -> None:
    draw = np.random.default_rng(4)
    texts = [" ".join(draw.choice(WORDS, 400)) + (" tail" * 800 if row % 2 else "") for row in range(60)]
    frame = pl.DataFrame({"story": texts, "fate": draw.choice(["lost", "safe"], 60)})
    run = fit(frame, "fate", tmp_path / "run", network=NARROW)
    told = run.metrics["attributions"]
    check(told, texts)
    assert told["left_out"] > 0
    for row in told["rows"]:
        long = row["row"] % 2 == 0
        assert row["tokens"] == (1024 if long else 400) and row["unread"] == (176 if long else 0)
        assert len(row["pieces"]) == SHOWN
        assert sum(count for count, _ in row["hidden"]) == row["tokens"] - SHOWN
    assert any(row["unread"] for row in told["rows"])
    page = page_of(run)
    assert "[176 more words are not read by the network]" in page
    assert "more rows would stand here if these texts were shorter" in page
    assert "words, +" in page or "words, -" in page


def test_attention_is_told_of_each_layer_and_head(tmp_path: Path) -> None:
    frame = stories(120, most=40).select("story", "fate")
    network = {"name": "bert", "width": 16, "heads": 2, "layers": 3}
    run = fit(frame, "fate", tmp_path / "run", network=network)
    mapped = [row for row in run.metrics["attributions"]["rows"] if "maps" in row]
    assert len(mapped) == 4 and {row["right"] for row in mapped} == {True, False}
    for row in mapped:
        assert [len(layer["heads"]) for layer in row["maps"]] == [2, 2, 2]
        for layer in row["maps"]:
            count, side = min(WINDOW, row["tokens"]), layer["looking"]
            assert side == layer["seen"] and side["of"] == row["tokens"]
            assert side["tokens"] == [token for _, token, _, _ in row["pieces"]][side["first"] :][:count]
            for head in layer["heads"]:
                weights = np.array([line.split() for line in head["lines"]], dtype=float)
                assert weights.shape == (count, count)
                assert weights.sum(axis=1).mean() == pytest.approx(100 * head["within"], abs=8)
                assert (head["within"] > 0.999) == (count == row["tokens"])
                assert weights.max() == pytest.approx(100 * head["strongest"][2], abs=1)
    page = page_of(run)
    assert page.count("Where it looked: attention of 3 layers of 2 heads") == 4
    assert page.count('aria-label="Layer 3, head 2: most by') == 4


def test_the_same_seed_tells_the_same(tmp_path: Path) -> None:
    frame = stories(120).select("story", "fate")
    runs = [fit(frame, "fate", tmp_path / name, network=NARROW) for name in ("one", "two")]
    first, second = ((run.folder / "metrics.json").read_bytes() for run in runs)
    assert first == second
    assert page_of(runs[0]) == page_of(runs[1])


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "这艘船在风浪中{}"),
        ({"text.tokens": "bytes"}, "Ünï 船 {}"),
        ({"text.tokens": "characters"}, "İstanbul {}"),
    ],
)
def test_tokens_of_every_sort_are_shown_as_they_are_written(
    settings: dict[str, Any], text: str, tmp_path: Path
) -> None:
    draw = np.random.default_rng(5)
    frame = pl.DataFrame(
        {
            "story": [
                text.format("沉没" if row % 2 else "漂浮") + "".join(draw.choice(list("风浪港口"), 6))
                for row in range(80)
            ],
            "fate": ["lost", "safe"] * 40,
        }
    )
    kinds = {"columns.story.kind": "text"}
    run = fit(frame, "fate", tmp_path / "run", **settings, **kinds, network="text_cnn")
    check(run.metrics["attributions"], frame["story"].to_list())
    for row in run.metrics["attributions"]["rows"]:
        shown = "".join(before + token for before, token, _, _ in row["pieces"])
        assert shown == frame["story"][row["row"] - 1]


class Counting(nn.Module):
    """A module of one's own that has no vectors of tokens: it counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 2)

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        counts: torch.Tensor = nn.functional.one_hot(text.clamp(max=63), 64).float().sum(dim=1)
        outputs: torch.Tensor = self.linear(counts)
        return outputs


def test_a_module_whose_vectors_cannot_be_reached_is_said(tmp_path: Path) -> None:
    frame = stories(80).select("story", "fate")
    run = rv.fit(frame, target="fate", network=Counting(), settings=QUICK, out=tmp_path / "run")
    assert run.metrics["attributions"] == {"unreached": True}
    assert "does not look the numbers of its words up in an nn.Embedding" in page_of(run)
