"""Rows for training, validation and test from places of their own."""

from __future__ import annotations

import polars as pl
import pytest

from ranvier.data.ledger import Ledger
from ranvier.data.source import read, read_parts
from ranvier.errors import DataError


def write(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def test_parts_are_stacked_by_name_and_numbered_on(tmp_path):
    lines = "".join(f"{i},a{i}\n" for i in range(40))
    train = write(tmp_path, "train.csv", "x,y\n" + lines + "1,2,3\n" + "7,b\n")
    test = write(tmp_path, "test.csv", "y,x\nc,8\n\nd\n" + "".join(f"e{i},{i}\n" for i in range(30)))
    ledger = Ledger()
    table = read_parts(train, None, test, ledger)
    assert table.frame.columns == ["x", "y"]
    assert table.frame.row(40) == ("7", "b")
    assert table.frame.row(41) == ("8", "c")
    assert table.rows[39:43].tolist() == [39, 41, 42, 45]  # 43 is blank, 44 has one field
    assert table.parts.tolist() == ["train"] * 41 + ["test"] * 31
    assert table.origin == "train.csv + test.csv"
    assert ledger.read == 75
    assert [(e.reason, e.rows) for e in ledger.entries] == [
        ("not 2 fields, as the header has (in train.csv)", (41,)),
        ("a blank line (in test.csv)", (44,)),
        ("not 2 fields, as the header has (in test.csv)", (45,)),
    ]
    ledger.reconcile({"train": 41, "test": 31})


def test_all_three_parts():
    table = read_parts({"a": [1, 2]}, {"a": [3]}, {"a": [4.5]}, Ledger())
    assert table.frame["a"].to_list() == [1, 2, 3, 4.5]
    assert table.parts.tolist() == ["train", "train", "validation", "test"]
    assert table.take(table.parts == "test").frame["a"].to_list() == [4.5]


def test_the_fingerprint_depends_on_each_part():
    def of(*parts):
        return read_parts(*parts, Ledger()).fingerprint

    a, b, c = {"a": [1]}, {"a": [2]}, {"a": [3]}
    assert len({of(a, None, b), of(b, None, a), of(a, b, None), of(a, None, c), of(a, b, c)}) == 5
    assert of(a, None, b) == of(a, None, b)
    assert of(a, None, None) != read(a, Ledger()).fingerprint


def test_disagreements_are_said_together():
    with pytest.raises(DataError) as raised:
        read_parts(
            {"a": [1], "b": ["x"], "c": [1]}, {"a": [1], "b": [2], "d": [1], "c": [2]}, {"a": [1]}, Ledger()
        )
    assert [str(mistake) for mistake in raised.value.mistakes] == [
        "The columns of the validation rows are not those of the training rows: with 'd'. "
        "Expected the 3 columns of the training rows.",
        "Column 'b' is String in the training rows and Int64 in the validation rows.",
        "The columns of the test rows are not those of the training rows: without 'b', 'c'. "
        "Expected the 3 columns of the training rows.",
    ]


def test_many_missing_columns_are_counted():
    wide = pl.DataFrame({f"c{i}": [1] for i in range(9)})
    with pytest.raises(DataError, match="without 'c1', 'c2', 'c3', 'c4', 'c5' and 3 more"):
        read_parts(wide, None, wide.select("c0"), Ledger())


def test_the_same_rows_for_training_and_test_are_refused():
    with pytest.raises(
        DataError, match=r"The test rows are the same data as the train rows. .* Leave test out"
    ):
        read_parts({"a": [1, 2]}, {"a": [3, 4]}, {"a": [1, 2]}, Ledger())
