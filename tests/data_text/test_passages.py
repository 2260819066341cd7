"""Where tokens stand in a text, and which of them an answer is."""

from __future__ import annotations

import sys
import unicodedata

import numpy as np
import polars as pl
import pytest
import torch

from ranvier.data.kinds.text import Text
from ranvier.data.ledger import Ledger
from ranvier.data.passages import Spans, passage_of, placed, spans_of, token_places, unheld
from ranvier.data.tokens import SIZES, Tokens
from ranvier.errors import ModelFileError

TEXTS = [
    "İstanbul'da  kedi 猫が好き! Ⓐ Ⅷ",
    "a\tbig (cat), 3.5 km\nfrom here",
    "ΣΟΦΟΣ naïve 😀 end",
    "",
    "   ",
]


def tokens_of(level: str, lower: bool) -> Tokens:
    size = 300 if level in ("bpe", "unigram") else None
    return Tokens.fit([*TEXTS, *TEXTS], level, lower=lower, size=size)


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("level", SIZES)
@pytest.mark.parametrize("text", TEXTS)
def test_there_is_a_place_for_each_token_in_the_order_of_the_text(text: str, level: str, lower: bool) -> None:
    tokens, text = tokens_of(level, lower), unicodedata.normalize("NFC", text)
    places = token_places(tokens, text)
    assert len(places) == len(tokens.encode(text))
    assert (places[:, 0] < places[:, 1]).all() and (np.diff(places, axis=0) >= 0).all()
    covered = {at for first, end in places.tolist() for at in range(first, end)}
    assert all(character.isspace() or at in covered for at, character in enumerate(text))


def test_small_letters_are_as_many_words_for_every_character() -> None:
    tokens = Tokens("words", lower=True)
    points = [chr(n) for n in range(sys.maxunicode + 1) if chr(n).lower() != chr(n)]
    texts = [unicodedata.normalize("NFC", f"x{one}y {one} z") for one in points]
    counts = np.diff(tokens.encode_all(pl.Series(texts))[1])
    assert len(points) > 1_000
    assert [len(token_places(tokens, text)) for text in texts] == counts.tolist()


@pytest.mark.parametrize(
    ("answer", "text", "expected"),
    [
        ("Bern", "Bern is old.", (0, 0, 1, True)),
        ("old town", "The old town, an old town", (1, 2, 2, True)),
        ("art", "a party of art", (3, 3, 2, True)),
        ("art", "a party", (1, 1, 1, False)),
        ("ld tow", "the old town", (1, 2, 1, False)),
        ("none", "the old town", (-1, -1, 0, True)),
    ],
)
def test_an_answer_is_the_first_whole_tokens_or_those_that_hold_it(
    answer: str, text: str, expected: tuple[int, int, int, bool]
) -> None:
    assert placed(answer, text, token_places(Tokens("words"), text)) == expected


def test_answers_are_placed_and_what_is_odd_is_counted() -> None:
    long = "word " * 1_030 + "Bern"
    frame = pl.DataFrame(
        {
            "text": ["Bern and Bern", "a party", long, " Z\u0061\u0308hler", None],
            "asked": ["where?"] * 5,
            "said": [" Bern ", "art", "Bern", "Z\u00e4hler", None],
        }
    )
    kind = Text.fit(frame.select("asked", "text"))
    assert kind.features().get("passage") is None and "passage" not in kind.state()
    kind = Text.from_state({**kind.state(), "passage": "text"})
    assert kind.features()["passage"] == [1, 2]
    assert Text.from_state(kind.state()) == kind
    ledger = Ledger()
    ledger.read = 5
    spans = spans_of(frame, "said", kind, ledger)
    assert spans[:].tolist() == [[0, 0], [1, 1], [-1, -1], [0, 0], [-1, -1]]
    assert spans.texts.tolist() == ["Bern", "art", "Bern", "Zähler", ""]
    assert spans.only(torch.tensor([1])).texts.tolist() == ["art"] and spans.to("cpu").shape == (5, 2)
    assert [(entry.reason[:36], entry.count) for entry in ledger.entries] == [
        ("the answer stands several times in t", 1),
        ("the answer begins or ends within a w", 1),
        ("the answer stands behind the first 1", 2),
    ]
    assert Spans.unplaced(spans.texts)[:2].tolist() == [[-1, -1]] * 2
    with pytest.raises(ModelFileError, match="names the passage 'other', which is none of its columns"):
        Text.from_state({**kind.state(), "passage": "other"})


def test_the_passage_is_the_column_that_holds_most_answers() -> None:
    frame = pl.DataFrame(
        {
            "asked": ["Is it Bern?", "Who?", "Where?", "What?"],
            "text": ["It is Bern.", "A cat sat.", "In Rome.", None],
            "said": ["Bern", "cat", "Rome", "x"],
        }
    )
    assert passage_of(frame, "said", ["asked", "text"]) == "text"
    assert passage_of(frame, "said", ["asked"]) is None
    assert unheld(frame, "said", "text").tolist() == [False, False, False, True]
