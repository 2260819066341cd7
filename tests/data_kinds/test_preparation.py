from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from ranvier.data.ledger import Ledger
from ranvier.data.preparation import SHOWN, Preparation
from ranvier.data.schema import Column, Schema
from ranvier.errors import DataError, InternalError, ModelFileError, SpecError

FRAME = pl.DataFrame(
    {
        "member": ["yes", "no", "yes"],
        "age": ["20", "40", "?"],
        "colour": ["red", "blue", "red"],
        "note": ["x", "y", "z"],
        "height": ["1.5", "1.7", "1.9"],
        "target": ["a", "b", "a"],
    }
)
SCHEMA = Schema(
    (
        Column("member", "boolean", "input", ""),
        Column("age", "number", "input", ""),
        Column("colour", "category", "input", ""),
        Column("note", None, "ignored", ""),
        Column("height", "number", "input", ""),
        Column("target", "category", "target", ""),
    )
)


def test_the_blocks_are_the_kinds_of_the_inputs_in_the_order_of_the_catalogue() -> None:
    preparation = Preparation.fit(FRAME, SCHEMA)
    assert list(preparation.blocks) == ["number", "category", "boolean"]
    assert preparation.columns == ("age", "height", "colour", "member")
    blocks = preparation.transform(FRAME)
    assert {name: tuple(block.shape) for name, block in blocks.items()} == {
        "number": (3, 3),
        "category": (3, 1),
        "boolean": (3, 1),
    }
    assert blocks["number"][:, 0].tolist() == [-1.0, 1.0, 0.0]
    assert blocks["category"][:, 0].tolist() == [2, 1, 2]
    assert blocks["boolean"][:, 0].tolist() == [1.0, -1.0, 1.0]


def test_only_kinds_that_occur_have_a_block() -> None:
    schema = Schema((SCHEMA["age"], SCHEMA["target"]))
    assert list(Preparation.fit(FRAME, schema).blocks) == ["number"]


def test_the_ledger_names_the_rows_of_the_source() -> None:
    ledger = Ledger()
    Preparation.fit(FRAME, SCHEMA).transform(FRAME, ledger, np.array([10, 20, 30]))
    assert [(entry.column, entry.count, entry.rows) for entry in ledger.entries] == [("age", 1, (31,))]


def test_missing_columns_are_all_named_with_a_suggestion() -> None:
    preparation = Preparation.fit(FRAME, SCHEMA)
    wrong = FRAME.rename({"age": "Age", "colour": "color"})
    assert preparation.missing_columns(wrong) == ("age", "colour")
    assert preparation.missing_columns(FRAME) == ()
    with pytest.raises(DataError, match=r"The data has no column 'age'\. Did you mean 'Age'\?") as raised:
        preparation.transform(wrong)
    assert [mistake.remedy for mistake in raised.value.mistakes] == [
        "did you mean 'Age'?",
        "did you mean 'color'?",
    ]
    with pytest.raises(DataError, match="The data has no column 'age'"):
        Preparation.fit(wrong, SCHEMA)


def test_a_column_that_is_needed_anyway_is_not_suggested() -> None:
    preparation = Preparation.fit(FRAME, SCHEMA)
    with pytest.raises(DataError, match=r"no column 'age'\. Add it; its cells may be empty"):
        preparation.transform(FRAME.select("height", "colour", "member"))


def test_very_many_missing_columns_are_counted() -> None:
    wide = pl.DataFrame({f"x{i}": [0.0, 1.0] for i in range(SHOWN + 1500)})
    schema = Schema(tuple(Column(name, "number", "input", "") for name in wide.columns))
    with pytest.raises(DataError, match="1,500 more columns are missing") as raised:
        Preparation.fit(wide, schema).transform(pl.DataFrame({"y": [1.0]}))
    assert len(raised.value.mistakes) == SHOWN + 1


def test_an_input_without_a_kind_is_a_fault() -> None:
    schema = Schema((Column("note", None, "input", ""),))
    with pytest.raises(InternalError, match="Input columns without a kind: 'note'"):
        Preparation.fit(FRAME, schema)


def test_the_state_survives_json() -> None:
    preparation = Preparation.fit(FRAME, SCHEMA)
    assert Preparation.from_state(json.loads(json.dumps(preparation.state()))) == preparation


def test_a_state_that_is_not_ours_is_refused() -> None:
    state = Preparation.fit(FRAME, SCHEMA).state()
    with pytest.raises(SpecError, match="There is no kind called 'numbers'"):
        Preparation.from_state({"numbers": state["number"]})
    state["number"]["mean"] = [0.0]
    with pytest.raises(ModelFileError, match="kind 'number' has 1 values of 'mean' for 2 columns"):
        Preparation.from_state(state)


def test_drawn_rows_can_be_transformed() -> None:
    preparation = Preparation.fit(FRAME, SCHEMA)
    drawn = preparation.draw(50, np.random.default_rng(0))
    assert tuple(drawn.columns) == preparation.columns
    assert drawn.height == 50
    assert all(len(block) == 50 for block in preparation.transform(drawn).values())
    assert drawn.equals(preparation.draw(50, np.random.default_rng(0)))


def test_test_rows_leave_no_trace() -> None:
    train, test = FRAME.head(2), FRAME.tail(1)
    preparation = Preparation.fit(train, SCHEMA)
    before = json.dumps(preparation.state())
    preparation.transform(test)
    assert json.dumps(preparation.state()) == before
    assert preparation.blocks["number"].state()["missing"] == [
        False,
        False,
    ]  # the missing age is a test row's
