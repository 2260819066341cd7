"""Maps of attention, read out of a user's loaded model of every sort that has some."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import ranvier as rv
from ranvier.errors import DataError, SpecError

QUICK: dict[str, Any] = {"training.epochs": 1, "evaluation.baselines": False, "evaluation.resamples": 100}
NARROW = {"name": "transformer", "width": 16, "heads": 2, "layers": 2}
TEXTS = [
    text.format(row)
    for row in range(20)
    for text in (
        "The ship {} sank.",
        "A calm sea, and {} prosperous voyages to all",
        "Ship {} came home again",
    )
]


def loaded(frame: Any, out: Path, **settings: Any) -> Any:
    return rv.load(rv.fit(frame, settings={**QUICK, **settings}, out=out).folder / "model.rv")


def check(found: Any, shapes: dict[str, tuple[int, ...]]) -> None:
    assert {name: each.shape for name, each in found.layers.items()} == shapes
    for each in found.layers.values():
        assert each.sum(axis=2) == pytest.approx(np.ones(each.shape[:2]), abs=1e-4)
        assert each.min() >= 0.0


def test_of_texts_beside_a_number(tmp_path: Path) -> None:
    frame = pl.DataFrame({"text": TEXTS, "n": np.arange(60.0), "y": ["a", "b", "b"] * 20})
    model = loaded(frame, tmp_path / "run", target="y", network=NARROW)
    found = model.attention(frame[:2])
    names = [f"encoders.text.network.blocks.{layer}.attention" for layer in (0, 1)]
    check(found[0], dict.fromkeys(names, (2, 5, 5)))
    check(found[1], dict.fromkeys(names, (2, 10, 10)))
    assert found[0].tokens == ["The", "ship", "0", "sank", "."] and found[0].written == []
    again = model.attention(pl.DataFrame({"text": [TEXTS[0], None], "n": [0.0, 1.0]}))
    assert (again[0].layers[names[0]] == found[0].layers[names[0]]).all()
    assert again[1].tokens == [] and again[1].layers[names[0]].tolist() == [[[0.0]]] * 2


def test_of_series(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    frame = pl.DataFrame(
        {"s": [draw.normal(size=8 + row % 3).tolist() for row in range(60)], "y": ["a", "b"] * 30}
    )
    (found,) = loaded(frame, tmp_path / "run", target="y", network=NARROW).attention(frame[1:2])
    check(found, {f"encoders.series.network.blocks.{layer}.attention": (2, 9, 9) for layer in (0, 1)})
    assert found.tokens == [str(place) for place in range(9)]


@pytest.mark.parametrize("name", ["transformer_translator", "recurrent_translator"])
def test_of_translations(name: str, tmp_path: Path) -> None:
    pytest.importorskip("sacrebleu")
    frame = pl.DataFrame({"en": TEXTS, "fr": [text.upper() for text in TEXTS]})
    options = {"layers": 1, "heads": 2} if name == "transformer_translator" else {"hidden": 16}
    settings = {"network": {"name": name, "width": 16, **options}, "text.tokens": "words"}
    model = loaded(frame, tmp_path / "run", target="fr", task="translate", **settings)
    (found,) = model.attention(frame[:1])
    assert found.tokens == ["The", "ship", "0", "sank", "."] and found.written[-1] == "(end)"
    read, written = len(found.tokens), len(found.written)
    layers = {"network.looks": (1, written, read)}
    if name == "transformer_translator":
        layers |= {
            "network.encoder.0.attention": (2, read, read),
            "network.decoder.0.attention": (2, written, written),
            "network.decoder.0.crossing": (2, written, read),
        }
    check(found, layers)


def test_of_a_question_on_a_passage(tmp_path: Path) -> None:
    names = ["Anna", "Bert", "Carl", "Dora"] * 15
    frame = pl.DataFrame(
        {"text": [f"{name} met them." for name in names], "asked": ["Who met them?"] * 60, "said": names}
    )
    model = loaded(frame, tmp_path / "run", target="said", task="extract")
    (found,) = model.attention(frame[:1])
    assert found.tokens == ["Anna", "met", "them", ".", "|", "Who", "met", "them", "?"]
    check(found, {"encoders.text.looks": (1, 4, 4)})


def test_of_a_language_model(tmp_path: Path) -> None:
    text = tmp_path / "sea.txt"
    text.write_text("\n".join(TEXTS * 5), encoding="utf-8")
    network = {"name": "gpt", "width": 16, "heads": 2, "layers": 1, "length": 16}
    model = loaded(text, tmp_path / "run", task="generate", network=network, **{"text.tokens": "characters"})
    found = model.attention("Ship 3 came home again")
    check(found, {"network.blocks.0.attention": (2, 16, 16)})
    assert "".join(found.tokens) == " came home again"
    assert np.triu(found.layers["network.blocks.0.attention"][0], 1).max() == 0.0
    with pytest.raises(DataError, match="The prompt is empty"):
        model.attention("")


def test_a_network_without_attention_says_so(tmp_path: Path) -> None:
    frame = pl.DataFrame({"text": TEXTS, "y": ["a", "b", "b"] * 20})
    model = loaded(frame, tmp_path / "run", target="y")
    with pytest.raises(SpecError, match="The network has no layer of attention"):
        model.attention(frame)
