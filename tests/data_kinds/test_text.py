"""What the kind of texts does beyond the contract of all kinds."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from ranvier.data.kinds import text as kind_of_texts
from ranvier.data.kinds.text import Text
from ranvier.data.ledger import Ledger


def test_long_texts_are_cut_and_the_ledger_says_how_many_and_how_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kind_of_texts, "LONGEST", 3)
    frame, ledger = pl.DataFrame({"a": ["a b c d e", "a b c", "a b c d"]}), Ledger()
    assert Text.fit(frame).transform(frame, ledger, np.arange(3)).lengths.tolist() == [3, 3, 3]
    (entry,) = ledger.entries
    assert (
        str(entry) == "2 cells repaired: longer than 3 words: the rest of 3 words is left out (a; rows 1, 3)"
    )


def test_several_columns_are_one_sequence_with_a_separator() -> None:
    frame = pl.DataFrame({"title": ["a", None, "b a"], "body": ["b b", "a", None]})
    kind = Text.fit(frame)
    end = kind.separator
    assert kind.transform(frame)[:].tolist() == [[2, end, 3, 3], [end, 2, 0, 0], [3, 2, end, 0]]
    assert kind.features()["size"] == end + 1
    assert kind.invert(kind.transform(frame)[:]).to_dict(as_series=False) == {
        "title": ["a", None, "b a"],
        "body": ["b b", "a", None],
    }
    assert Text.from_state(json.loads(json.dumps(kind.state()))) == kind


def test_of_many_rows_words_that_occur_once_are_unknown_in_training_too() -> None:
    frame = pl.DataFrame({"a": ["often here"] * 999 + ["often once"]})
    kind = Text.fit(frame)
    assert kind.tokens.vocabulary == ("often", "here")
    assert kind.transform(frame)[999:].tolist() == [[2, 1]]


def test_chinese_is_text_without_a_word_from_the_user() -> None:
    values = pl.Series([f"今天的天气很好,我们去了第{n}个公园" for n in range(20)])
    assert Text.infer(values).confidence > 0.9
    kind = Text.fit(values.to_frame("a"))
    assert {"天", "气", "公", "园", ","} <= set(kind.tokens.vocabulary)
