"""The ledger adds up, and the table under it keeps row numbers through every choice of rows."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from ranvier.data.ledger import EXAMPLES, Entry, Ledger
from ranvier.data.table import Table
from ranvier.errors import InternalError


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (Entry("dropped", "no target", 1), "1 row dropped: no target"),
        (Entry("dropped", "no target", 2, "y"), "2 rows dropped: no target (y)"),
        (Entry("dropped", "ragged", 2, None, (4, 9)), "2 rows dropped: ragged (rows 4, 9)"),
        (Entry("dropped", "ragged", 1, None, (4,)), "1 row dropped: ragged (row 4)"),
        (
            Entry("dropped", "no target", 12345, "y", (1, 2)),
            "12,345 rows dropped: no target (y; rows 1, 2, ...)",
        ),
        (Entry("repaired", "infinite", 1, "age"), "1 cell repaired: infinite (age)"),
        (Entry("repaired", "missing", 3, "age", (2, 5, 7)), "3 cells repaired: missing (age; rows 2, 5, 7)"),
        (Entry("set aside", "one value", 1, "id"), "column id set aside: one value"),
        (
            Entry("kept", "same as an earlier row", 2, None, (3, 4)),
            "2 rows kept: same as an earlier row (rows 3, 4)",
        ),
    ],
)
def test_one_line_an_entry(entry, line):
    assert str(entry) == line


def test_a_note_counts_rows_from_one_and_shows_a_few():
    ledger = Ledger(100)
    ledger.drop("no target", range(10, 30), "y")
    ledger.note("repaired", "missing", np.int64(3), "age", np.array([0, 1, 2]))
    ledger.note("kept", "nothing of the kind", 0)
    assert [(e.outcome, e.count, e.rows) for e in ledger.entries] == [
        ("dropped", 20, (11, 12, 13, 14, 15)),
        ("repaired", 3, (1, 2, 3)),
    ]
    assert len(ledger.entries[0].rows) == EXAMPLES


def test_dropping_no_row_writes_nothing():
    ledger = Ledger(3)
    ledger.drop("no target", [])
    ledger.drop("no target", np.array([], dtype=np.int64))
    assert ledger.entries == []


def test_only_dropped_rows_touch_the_total():
    ledger = Ledger(10)
    ledger.drop("no target", [3, 4])
    ledger.drop("ragged", [7])
    ledger.note("repaired", "missing", 5, "age")
    ledger.note("set aside", "one value", 1, "id")
    ledger.note("kept", "same as an earlier row", 2)
    assert ledger.dropped == 3
    ledger.reconcile({"train": 5, "validation": 1, "test": 1})


@pytest.mark.parametrize("parts", [{"train": 8}, {"train": 6}, {}])
def test_a_ledger_that_does_not_add_up_is_a_fault_of_ours(parts):
    ledger = Ledger(1_010)
    ledger.drop("no target", range(1_003))
    ledger.reconcile({"train": 7})
    used = sum(parts.values())
    sentence = f"The ledger does not add up: 1,010 rows read, 1,003 dropped, {used} in the split."
    with pytest.raises(InternalError, match=sentence) as caught:
        ledger.reconcile(parts)
    assert caught.value.exit_code == 1


def test_a_ledger_is_json():
    ledger = Ledger(4)
    ledger.drop("no target", np.array([1], dtype=np.int64), "y")
    assert json.loads(json.dumps(ledger.as_dict())) == {
        "read": 4,
        "dropped": 1,
        "entries": [{"outcome": "dropped", "reason": "no target", "count": 1, "column": "y", "rows": [2]}],
    }


def table(parts: bool = False) -> Table:
    frame = pl.DataFrame({"a": ["p", "q", None, "s"], "b": ["1", "2", "3", "4"]})
    given = np.array(["train", "train", "validation", "test"]) if parts else None
    return Table(frame, np.array([0, 2, 3, 7]), "x.csv", "f" * 64, {"b": "number"}, "a", given)


@pytest.mark.parametrize(
    ("positions", "rows", "values"),
    [
        (np.array([2, 0]), [3, 0], [None, "p"]),
        (np.array([1, 1]), [2, 2], ["q", "q"]),
        (np.array([-1]), [7], ["s"]),
        (np.array([], dtype=np.int64), [], []),
        (np.array([True, False, False, True]), [0, 7], ["p", "s"]),
        (np.zeros(4, dtype=bool), [], []),
    ],
)
def test_taking_rows_takes_their_numbers_and_parts(positions, rows, values):
    taken = table(parts=True).take(positions)
    assert taken.rows.tolist() == rows
    assert taken.frame["a"].to_list() == values
    assert len(taken) == len(rows)
    assert taken.parts is not None
    assert taken.parts.tolist() == [{0: "train", 2: "train", 3: "validation", 7: "test"}[row] for row in rows]
    assert (taken.origin, taken.fingerprint, taken.declared, taken.target) == (
        "x.csv",
        "f" * 64,
        {"b": "number"},
        "a",
    )


def test_taking_rows_leaves_the_table_and_absent_parts_alone():
    whole = table()
    assert whole.take(np.array([0])).parts is None
    assert len(whole) == 4


def test_a_mask_of_another_length_is_a_fault_of_ours():
    with pytest.raises(InternalError, match="A mask of 2 rows was laid on a table of 4"):
        table().take(np.array([True, False]))
