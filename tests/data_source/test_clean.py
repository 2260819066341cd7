"""Rows that have a target, and those that have none."""

from __future__ import annotations

import pytest

from ranvier.data.clean import clean
from ranvier.data.infer import infer_schema
from ranvier.data.ledger import Ledger
from ranvier.data.source import read, read_parts

X = [(i * 7 % 30) / 4 for i in range(30)]


def cleaned(y, task=None):
    ledger = Ledger()
    table = read({"x": X, "y": y}, ledger)
    schema = infer_schema(table, {}, "y", task, ledger)
    kept = clean(table, schema, ledger)
    ledger.reconcile({"train": len(kept)})
    return kept, [(e.outcome, e.reason, e.count, e.rows) for e in ledger.entries]


def test_rows_without_a_class_are_dropped():
    kept, entries = cleaned(["a", "NA", "b", None, " "] + ["a", "b", "b", "a", "a"] * 5)
    assert kept.rows.tolist() == [0, 2, *range(5, 30)]
    assert entries == [("dropped", "the target is missing", 3, (2, 4, 5))]


def test_rows_without_a_finite_number_are_dropped():
    kept, entries = cleaned(["1.5", "x", "inf", "", "1e999", *(f"{i}.25" for i in range(25))], "regress")
    assert kept.rows.tolist() == [0, *range(5, 30)]
    assert entries == [
        ("dropped", "the target is missing", 1, (4,)),
        ("dropped", "the target is not a number", 1, (2,)),
        ("dropped", "the target is not finite", 2, (3, 5)),
    ]


@pytest.mark.parametrize("native", [True, False])
def test_native_numbers_too(native):
    values = [1.5, float("nan"), float("inf"), *(i + 0.25 for i in range(27))]
    kept, entries = cleaned(values if native else [str(v) for v in values])
    assert kept.rows.tolist() == [0, *range(3, 30)]
    assert [(entry[1], entry[2]) for entry in entries] == [
        ("the target is missing", 1),
        ("the target is not finite", 1),
    ]


def test_a_sound_table_stays_as_it_is():
    kept, entries = cleaned(["a", "b"] * 15)
    assert len(kept) == 30
    assert entries == []


def test_duplicates_are_kept_and_noted():
    ledger = Ledger()
    table = read({"x": [1.5, 2.5, 1.5, 1.5, 2.5], "y": ["a", "b", "a", "b", "b"]}, ledger)
    kept = clean(table, infer_schema(table, {}, "y", None, ledger), ledger)
    assert kept.rows.tolist() == [0, 1, 2, 3, 4]
    assert [str(entry) for entry in ledger.entries] == [
        "2 rows kept: the same as an earlier row; the split keeps them together (rows 3, 5)"
    ]


def test_parts_stay_with_their_rows():
    ledger = Ledger()
    table = read_parts(
        {"x": X, "y": ["a", None, "b"] * 10}, None, {"x": X[:4], "y": ["b", "a", None, "a"]}, ledger
    )
    kept = clean(table, infer_schema(table, {}, "y", None, ledger), ledger)
    assert kept.parts.tolist() == ["train"] * 20 + ["test"] * 3
    assert kept.rows[-3:].tolist() == [30, 31, 33]
