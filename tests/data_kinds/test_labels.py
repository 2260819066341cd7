"""Sets of labels: separators, lists, and many labels."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ranvier.data.kinds.labels import Labels
from ranvier.data.ledger import Ledger
from ranvier.errors import DataError


@pytest.mark.parametrize("separator", [";", "|", ",", "; ", ", "])
def test_separators(separator: str) -> None:
    text = [separator.join("abc"), "a", separator.join("bc"), "c" + separator]
    kind = Labels.fit(pl.DataFrame({"x": text}))
    assert kind.labels == (("a", "b", "c"),)
    assert kind.transform(pl.DataFrame({"x": text})).tolist() == [[1, 1, 1], [1, 0, 0], [0, 1, 1], [0, 0, 1]]
    assert Labels.infer(pl.Series(text * 5)).confidence == 0.95


def test_lists_and_text_give_the_same_marks() -> None:
    lists = pl.DataFrame({"x": [["a", "b"], [], None, ["c"]]})
    text = pl.DataFrame({"x": ["a;b", None, "b;a", "c"]})
    kind = Labels.fit(lists)
    assert kind.transform(lists).tolist() == [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    assert Labels.fit(text).transform(lists).tolist() == kind.transform(lists).tolist()
    assert kind.invert(kind.transform(lists))["x"].to_list() == [["a", "b"], [], None, ["c"]]
    assert kind.invert(kind.transform(lists)[:, :3])["x"].to_list() == [["a", "b"], [], [], ["c"]]
    assert Labels.infer(lists["x"]).reason == "lists of 3 distinct labels"
    categorical = lists.with_columns(pl.col("x").cast(pl.List(pl.Categorical)))
    assert Labels.fit(categorical) == kind


def test_two_columns_lie_side_by_side() -> None:
    frame = pl.DataFrame({"x": [["a"], None], "y": [["a", "b"], ["b"]]})
    kind = Labels.fit(frame)
    assert kind.transform(frame).tolist() == [[1, 1, 1, 0], [0, 0, 1, 1]]
    inverted = kind.invert(kind.transform(frame)).to_dict(as_series=False)
    assert inverted == {"x": [["a"], None], "y": [["a", "b"], ["b"]]}


def test_of_many_labels_the_rare_ones_are_left_out_and_counted() -> None:
    names = [f"l{i:04d}" for i in range(1_001)]
    frame = pl.DataFrame({"x": [names] * 4 + [names[:2], ["l0005"] * 9]})
    kind, ledger = Labels.fit(frame), Ledger()
    assert (kind.labels, kind.rare) == ((("l0000", "l0001", "l0005"),), (998,))
    kind.transform(pl.DataFrame({"x": [["l0001"], ["l0002", "l0003"], None]}), ledger)
    assert [str(entry) for entry in ledger.entries] == [
        "1 cell repaired: missing: taken as no labels (x)",
        "1 cell repaired: labels rare or not seen in training: left out (x)",
    ]


def test_text_that_is_not_made_of_labels() -> None:
    long = ["a" * 41 + ";b", "b", "a" * 41] * 9
    seldom = [f"a{i};b" for i in range(20)] + ["b"]
    alone = ["a;b", "b"] * 9  # no more sets than labels
    for values in (long, seldom, alone):
        guess = Labels.infer(pl.Series(values))
        assert (guess.confidence, guess.reason) == (
            0.0,
            "text with ';', but its parts are no labels that occur often",
        )


def test_structures_are_refused_when_they_come_later() -> None:
    kind = Labels.fit(pl.DataFrame({"x": [["a"], ["b"]]}))
    with pytest.raises(DataError, match="'x' holds values of type Struct.* Expected lists of texts"):
        kind.transform(pl.DataFrame({"x": [{"a": 1}]}))
    assert kind.draw(3, np.random.default_rng(0)).height == 3
