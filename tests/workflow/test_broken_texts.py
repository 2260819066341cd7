"""Broken texts: each is answered by a sentence, or repaired and counted to the cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from ranvier.errors import DataError, UserError
from ranvier.spec import Spec
from ranvier.workflow.prepared import Prepared, prepare

ROWS = [f"they counted {n} ships in the harbour today" for n in range(60)]
LABELS = ["a", "b"] * 30
HALF = "they saw \ud800 ships in the fog today"
UNSEEN = "words rare or not seen in training: taken as unknown"


def with_text(text: Any, row: int = 3) -> list[Any]:
    return [*ROWS[:row], text, *ROWS[row + 1 :]]


def prepared(data: Any, **settings: Any) -> Prepared:
    return prepare(Spec.from_settings({"target": "y", **settings}), data)


def frame(texts: list[Any]) -> pl.DataFrame:
    return pl.DataFrame({"t": texts, "y": LABELS})


def notes(made: Prepared) -> dict[str, int]:
    """What the ledger says, but for unseen words, which each number is that training lacks."""
    return {entry.reason: entry.count for entry in made.ledger.entries if entry.reason != UNSEEN}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", {"missing: taken as an empty text": 1}, id="empty"),
        pytest.param(" \t\n ", {"missing: taken as an empty text": 1}, id="blank"),
        pytest.param(None, {"missing: taken as an empty text": 1}, id="null"),
        pytest.param(
            "ship " * 200_000,
            {"longer than 1,024 words: the rest of 198,976 words is left out": 1},
            id="long line",
        ),
        pytest.param("s" * 1_000_000, {}, id="one word of a megabyte"),
        pytest.param(
            'they "saw"\r\n\tships in\u2028the fog \u200b\ufeff', {}, id="breaks and signs of no width"
        ),
        pytest.param("\x1b[31mred\x07 ships in the harbour today", {}, id="control characters"),
        pytest.param("لقد رأوا سفينة في الميناء اليوم", {}, id="from right to left"),
        pytest.param("🚢🚢🚢 🎉", {}, id="emoji alone"),
    ],
)
def test_a_strange_text_is_read_and_counted(text: Any, expected: dict[str, int]) -> None:
    made = prepared(frame(with_text(text)))
    assert made.schema["t"].kind == "text"
    assert notes(made) == expected
    assert sum(len(part) for part in made.parts.values()) == 60


def test_the_ledger_counts_each_text_with_an_unseen_word() -> None:
    made = prepared(frame(ROWS))
    known = {word for row in made.frame("train")["t"] for word in row.split()}
    strange = [row for row in ROWS if not set(row.split()) <= known]
    (entry,) = made.ledger.entries
    assert (entry.reason, entry.count) == (UNSEEN, len(strange))


@pytest.mark.parametrize("how", ["json", "pandas", "mapping"])
def test_half_a_character_is_told_with_its_row(how: str, tmp_path: Path) -> None:
    texts = with_text(HALF)
    data: Any = {"t": texts, "y": LABELS}
    if how == "pandas":
        data = pd.DataFrame(data, dtype=object)
    if how == "json":
        data = tmp_path / "a.json"
        data.write_text(json.dumps([{"t": text, "y": label} for text, label in zip(texts, LABELS)]))
    sentence = r"1 texts of column 't' hold half of a character, a lone surrogate \(the first in row 4\)"
    with pytest.raises(DataError, match=sentence):
        prepared(data)


@pytest.mark.parametrize(
    ("encode", "sentence"),
    [
        (
            lambda text, row: text.encode("latin-1" if row == 5 else "utf-8"),
            "is not UTF-8: line 7 holds the byte 0xE9",
        ),
        (lambda text, row: text.encode() + b"\x00", "is not text: byte 48 is zero"),
        (
            lambda text, row: (b'"' if row == 5 else b"") + text.encode(),
            "a quotation mark in line 7 that is not closed",
        ),
    ],
    ids=["mixed encodings", "zero bytes", "open quotation mark"],
)
def test_a_file_that_is_no_text_throughout_is_told_where(encode: Any, sentence: str, tmp_path: Path) -> None:
    lines = [encode(f"{text} é", row) + b"," + LABELS[row].encode() for row, text in enumerate(ROWS)]
    (tmp_path / "a.csv").write_bytes(b"\n".join([b"t,y", *lines]))
    with pytest.raises(DataError, match=sentence):
        prepared(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("texts", "settings", "sentence"),
    [
        ([""] * 60, {}, "no input beside the target 'y' .*t: it has no values"),
        ([ROWS[0]] * 60, {}, "no input beside the target 'y' .*t: the same value in every row"),
        (
            [[text] for text in ROWS],
            {"columns.t": "text"},
            r"Column 't' \(List\(String\)\) cannot be an input",
        ),
        ([text.encode() for text in ROWS], {"columns.t": "text"}, "Column 't' holds values of type bytes"),
    ],
    ids=["nothing but empty", "one text throughout", "lists", "bytes"],
)
def test_a_column_that_no_text_can_be_learnt_from_is_told(texts: Any, settings: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        prepared(frame(texts), **settings)


def test_composed_and_decomposed_letters_are_the_same_word() -> None:
    texts = [row + (" caf\u00e9" if n % 2 else " cafe\u0301") for n, row in enumerate(ROWS)]
    made = prepared(frame(texts))
    assert "café" in made.preparation.blocks["text"].tokens.vocabulary  # type: ignore[attr-defined]
    assert not any("\u0301" in word for word in made.preparation.blocks["text"].tokens.vocabulary)  # type: ignore[attr-defined]
