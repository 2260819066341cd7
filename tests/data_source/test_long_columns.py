"""What is done to read long columns fast changes nothing of what is read."""

from __future__ import annotations

import random

import numpy as np
import polars as pl
import pytest

from ranvier.data import infer, numbers, side_by_side
from ranvier.data.kinds import boolean, number, values
from ranvier.data.kinds.boolean import Boolean
from ranvier.data.kinds.category import Category
from ranvier.data.kinds.number import Number
from ranvier.data.kinds.quantity import Quantity
from ranvier.data.ledger import Ledger
from ranvier.data.schema import Column, Schema
from ranvier.data.source import read, records
from ranvier.data.table import Table
from ranvier.errors import DataError

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


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", [Boolean, Category])
def test_kinds_read_by_distinct_values_are_the_same(monkeypatch, kind, seed):
    frame = draws(200, seed).replace({"x1": "yes", "red": "no"}).to_frame()
    found = []
    for long in (10_000, 10):
        monkeypatch.setattr(values, "LONG", long)
        ledger = Ledger()
        try:
            fitted = kind.fit(frame)
        except DataError as error:  # of booleans, where no value is one
            found.append(str(error))
            continue
        tensor = fitted.transform(frame, ledger, np.arange(200))
        found.append((fitted.state(), tensor.tolist(), ledger.as_dict()))
    assert found[0] == found[1]


@pytest.mark.parametrize("seed", range(20))
def test_numbers_read_once_are_the_same(monkeypatch, seed):
    column = draws(200, seed)
    monkeypatch.setattr(numbers, "LONG", 10)
    schema = Schema((Column("a", "number", "input", "for the test"),))
    table = Table(column.to_frame(), np.arange(200), "a table", "")
    once = numbers.with_numbers(table, schema).frame["a"]
    wanted, malformed = values.read_numbers(column)
    assert once.dtype == (pl.String if malformed.any() else pl.Float64)
    assert once.is_nan().any() is False if once.dtype == pl.Float64 else once.equals(column)
    assert np.array_equal(values.read_numbers(once)[0], wanted, equal_nan=True)


def test_side_by_side_changes_nothing(monkeypatch):
    generator = np.random.default_rng(0)
    frame = pl.DataFrame({f"x{i}": generator.normal(size=300) for i in range(40)})
    frame = frame.with_columns(
        pl.Series("x7", ["a", None, "inf"] + ["2"] * 297), pl.Series("x9", [None] * 300)
    )
    found = []
    for cores in (1, 3):
        monkeypatch.setattr(side_by_side, "WORTH", 1)
        monkeypatch.setattr(side_by_side, "_cores", lambda cores=cores: cores)
        ledger = Ledger()
        fitted = Number.fit(frame)
        tensor = fitted.transform(frame, ledger, np.arange(300))
        found.append((fitted.state(), tensor.tolist(), ledger.as_dict()))
    assert found[0] == found[1]
    assert [entry.column for entry in ledger.entries] == ["x7", "x7", "x7", "x9"]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
def test_a_text_scanned_in_small_chunks_has_the_same_records(monkeypatch, chunk):
    text = b'a,b\n1,"x\ny"\n"2 ""q""",\n\n3, z\n"4","5"\n'
    whole = records.scan(text, ",")
    monkeypatch.setattr(records, "_CHUNK", chunk)
    small = records.scan(text, ",")
    assert small.ends.tolist() == whole.ends.tolist()
    assert small.separators.tolist() == whole.separators.tolist()
    assert (small.regular, small.padded) == (whole.regular, whole.padded)


@pytest.mark.parametrize("count", [2, 255, 256, 257])
@pytest.mark.parametrize("missing", [False, True])
def test_what_is_found_of_distinct_values_is_that_of_each(count, missing):
    cells = [str(i) for i in range(count)] + [None] * missing
    column = pl.Series("a", cells * 3, pl.String).sample(fraction=1.0, shuffle=True, seed=count)
    distinct = column.unique()
    found = np.array([-1 if cell is None else int(cell) for cell in distinct])
    wanted = [-1 if cell is None else int(cell) for cell in column]
    assert values.by_distinct(column, distinct, found).tolist() == wanted


@pytest.mark.parametrize("last", ["no", "maybe", "NA"])
def test_booleans_in_many_spellings_are_told_by_all_values(monkeypatch, last):
    column = pl.Series("a", ["yes" + " " * i for i in range(40)] + [last])
    whole = Boolean.infer(column)
    monkeypatch.setattr(boolean, "TRIED", 3)
    assert Boolean.infer(column) == whole
    assert whole.confidence == {"no": 0.99, "maybe": 0.0, "NA": 0.4}[last]


def test_rows_written_in_pieces_are_the_same(monkeypatch):
    drawn = np.random.default_rng(0).normal(size=(50, 5))
    drawn[::7, :3] = np.nan
    frame = pl.from_numpy(drawn).fill_nan(None)
    fitted = Number.fit(frame)
    whole = fitted.transform(frame)
    for name, size in {"CHUNK": 2, "ROWS": 4}.items():
        monkeypatch.setattr(number, name, size)
    monkeypatch.setattr(side_by_side, "WORTH", 1)
    assert fitted.transform(frame).equal(whole)
    assert whole[:, 5:].tolist() == np.isnan(drawn[:, :3]).tolist()


@pytest.mark.parametrize("seed", range(20))
def test_numbers_among_words_are_read_by_distinct_values(monkeypatch, seed):
    column = draws(200, seed)
    slow = values.read_numbers(column)
    monkeypatch.setattr(values, "LONG", 10)
    fast = values.read_numbers(column)
    assert np.array_equal(fast[0], slow[0], equal_nan=True)
    assert fast[1].tolist() == slow[1].tolist()


@pytest.mark.parametrize(
    "cells", [[0.0, 1.0, None], [0, 1, 1], [1, 1], [float("nan"), 1.0], [0, 2], [0.5], [None]]
)
def test_numbers_as_booleans_are_told_as_their_text_is(cells):
    column = pl.Series("a", cells, None if any(cells) else pl.Float64)
    text = pl.Series("a", [None if cell is None else str(cell) for cell in cells], pl.String)
    assert Boolean.infer(column) == Boolean.infer(text)


@pytest.mark.parametrize(
    "cells", [["red", "dark blue"], ["2 kg", "red"], ["red", None], ["?"], ["1 kg", "2 kg"]]
)
def test_words_without_digits_are_no_quantities(cells):
    column = pl.Series("a", cells * 20)
    text = values.read_text(column).drop_nulls()
    found = Quantity.infer(column)
    assert bool(found.confidence) == (text.str.contains(r"\d").mean() == 1.0)
    if len(text) and not text.str.contains(r"\d").any():
        assert found.reason == "not written as quantities"
