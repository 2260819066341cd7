"""Runs on texts: from a table to a model that answers, resumes to the same bytes and stands beside other columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from torch import Tensor, nn

import ranvier as rv
from ranvier.errors import Interrupted, SpecError
from small_run import StopAt

QUICK: dict[str, Any] = {
    "training.epochs": 8,
    "training.batch_size": 8,
    "evaluation.baselines": False,
    "evaluation.resamples": 100,
    "network": {"name": "text_cnn", "filters": 8, "dropout": 0.0},
    "training.learning_rate": 0.01,
}


def texts(count: int = 200) -> pl.DataFrame:
    """One word of each text tells its class; a number tells nothing."""
    generator = np.random.default_rng(0)
    words = ["ship", "harbour", "sail", "rope", "anchor", "deck"]
    rows = [list(generator.choice(words, generator.integers(4, 12))) for _ in range(count)]
    labels = generator.integers(0, 2, count)
    for row, label in zip(rows, labels):
        row.insert(int(generator.integers(0, len(row))), "sinks" if label else "floats")
    return pl.DataFrame(
        {
            "story": [f"{' '.join(row)} {n}" for n, row in enumerate(rows)],
            "length": generator.normal(size=count).round(2),
            "fate": ["lost" if label else "safe" for label in labels],
        }
    )


def test_a_text_is_learnt_saved_and_answered_for(tmp_path: Path) -> None:
    frame = texts().drop("length")
    run = rv.fit(frame, target="fate", settings=QUICK, out=tmp_path / "run")
    assert run.metrics["test"]["accuracy"]["value"] > 0.95
    assert run.model.schema["story"].kind == "text"
    whole = run.predict(frame)
    loaded = rv.load(tmp_path / "run" / "model.rv")
    assert loaded.predict(frame).equals(whole)
    few = loaded.predict(frame[[3, 0]])  # beside other rows, and so padded otherwise
    np.testing.assert_allclose(few["fate=lost"], whole[[3, 0]]["fate=lost"], rtol=1e-4)
    strange = loaded.predict(pl.DataFrame({"story": [None, "", "it sinks", "完全不同的话"]}))
    assert strange.height == 4
    assert strange["fate"][2] == "lost"


def test_classes_of_texts_are_told_apart_with_honest_probabilities(tmp_path: Path) -> None:
    frame = texts(300).select("story", fate=pl.Series(["lost", "safe", "found"] * 100))
    told = {"lost": "drowned", "safe": "rescued", "found": "recovered"}
    frame = frame.with_columns(pl.col("story") + " " + pl.col("fate").replace(told))
    run = rv.fit(frame, target="fate", settings={"evaluation.baselines": False}, out=tmp_path / "run")
    assert run.spec.training.loss is not None and run.spec.training.loss.name == "squared_hinge"
    test = run.metrics["test"]
    assert test["accuracy"]["value"] == 1.0
    assert test["log_loss"]["value"] < 0.3  # sure of what is certain; by cross-entropy 0.41


def test_a_run_on_texts_that_is_stopped_ends_with_the_same_bytes(tmp_path: Path) -> None:
    frame = texts(80)
    frame.write_csv(tmp_path / "texts.csv")
    whole = rv.fit(tmp_path / "texts.csv", target="fate", settings=QUICK, out=tmp_path / "whole")
    with pytest.raises(Interrupted, match="Stopped after step 17"):
        rv.fit(
            tmp_path / "texts.csv",
            target="fate",
            settings=QUICK,
            out=tmp_path / "stopped",
            watchers=[StopAt(17)],
        )
    again = rv.resume(tmp_path / "stopped")
    for name in ("model.rv", "metrics.json", "history.jsonl"):
        assert (again.folder / name).read_bytes() == (whole.folder / name).read_bytes()


@pytest.mark.parametrize("network", [QUICK["network"], {"name": "tabm", "hidden": [8]}, "linear"])
def test_texts_stand_beside_numbers_whatever_the_network(tmp_path: Path, network: Any) -> None:
    settings = {**QUICK, "network": network, "training.epochs": 1}
    run = rv.fit(texts(60), target="fate", settings=settings, out=tmp_path / "run")
    assert set(run.model.preparation.blocks) == {"number", "text"}
    assert run.predict(texts(60)).height == 60


def test_the_network_for_texts_alone_is_chosen_and_said(tmp_path: Path) -> None:
    asked = {name: value for name, value in QUICK.items() if name != "network"} | {"training.epochs": 1}
    run = rv.fit(texts(60).drop("length"), target="fate", settings=asked, out=tmp_path / "run")
    assert run.record["reasons"]["network"] == "the default for texts"


def test_a_network_for_texts_needs_a_text(tmp_path: Path) -> None:
    sentence = "'text_cnn' reads texts or series or sounds or tokens, and no input column holds any"
    with pytest.raises(SpecError, match=sentence):
        rv.fit("sample:iris", network="text_cnn", out=tmp_path / "run")


class Bag(nn.Module):
    """A module of somebody's own that reads ids."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(300, 4, padding_idx=0)
        self.last = nn.Linear(4, 2)

    def forward(self, text: Tensor) -> Tensor:
        return self.last(self.table(text))


class Beside(Bag):
    """Reads numbers, too."""

    def forward(self, text: Tensor, number: Tensor) -> Tensor:  # type: ignore[override]
        return self.last(self.table(text)) + number.sum(dim=1, keepdim=True)


def test_a_module_of_ones_own_is_fed_the_padded_ids(tmp_path: Path) -> None:
    settings = {name: value for name, value in QUICK.items() if name != "network"} | {"training.epochs": 1}
    torch.manual_seed(0)
    alone = rv.fit(
        texts(60).drop("length"), target="fate", network=Bag(), settings=settings, out=tmp_path / "alone"
    )
    assert (alone.folder / "model.rv").exists()
    both = rv.fit(texts(60), target="fate", network=Beside(), settings=settings, out=tmp_path / "both")
    assert (both.folder / "model.rv").exists()
    with pytest.raises(SpecError, match="forward of Bag has one parameter, and a sequence cannot be joined"):
        rv.fit(texts(60), target="fate", network=Bag(), settings=settings, out=tmp_path / "wrong")
