"""What is done to read long columns fast changes nothing of what is read."""

from __future__ import annotations

import random

import numpy as np
import polars as pl
import pytest

from ranvier.data import infer
from ranvier.data.kinds import values
from ranvier.data.ledger import Ledger
from ranvier.data.source import read

CELLS = [
    "1",
    "1.0",
    "-0",
    " 2.5 ",
    "NA",
    "",
    None,
    "-",
    "True",
    "FALSE",
    "red",
    " red",
    "1e400",
    "inf",
    "NaN",
    "nan",
    "x1",
]


def draws(count: int, seed: int) -> pl.Series:
    draw = random.Random(seed)
    return pl.Series("a", draw.choices(draw.sample(CELLS, draw.randint(2, len(CELLS))), k=count), pl.String)


@pytest.mark.parametrize("seed", range(20))
def test_text_by_distinct_values_is_the_same(monkeypatch, seed):
    column = draws(200, seed)
    slow = values.read_text(column)
    monkeypatch.setattr(values, "LONG", 10)
    fast = values.read_text(column)
    assert fast.to_list() == slow.to_list()
    assert (fast.name, fast.dtype) == (slow.name, slow.dtype)


@pytest.mark.parametrize("seed", range(20))
def test_numbers_are_those_of_the_cleaned_text(seed):
    column = draws(100, seed)
    text = values._present(column)
    wanted = text.cast(pl.Float64, strict=False)
    numbers, malformed = values.read_numbers(column)
    assert np.array_equal(numbers, wanted.to_numpy(), equal_nan=True)
    assert malformed.tolist() == (text.is_not_null() & wanted.is_null()).to_list()


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([f"{i}.5" for i in range(50)], "number"),
        ([f"{i % 7} kg" for i in range(50)], "quantity"),
        (["red", "green", "blue"] * 20, "category"),
        (["0", "1"] * 30, "boolean"),
        ([f"2020-01-{i % 28 + 1:02}" for i in range(50)], "date"),
    ],
)
def test_a_kind_tried_on_a_few_values_is_the_same(monkeypatch, cells, kind):
    column = pl.Series("a", cells)
    whole = infer._best(column)
    monkeypatch.setattr(infer, "TRIED", 10)
    assert infer._best(column) == whole
    assert whole[0] == kind


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        '"a","b"\n1,2\n"3",4\n',
        '"a\nc",b\n1,2\n3,4\n',
        "a,b\n\n1,2\n3,4\n",
        "a,b\n1,2\n3,4\n\n\n",
    ],
    ids=["plain", "quoted", "header of two lines", "blank first", "blank last"],
)
def test_the_header_is_left_out_once(tmp_path, text):
    (tmp_path / "data.csv").write_text(text)
    assert read(tmp_path / "data.csv", Ledger()).frame.rows() == [("1", "2"), ("3", "4")]
