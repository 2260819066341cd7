"""Frames of polars, pandas and pyarrow, and dicts of columns."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch

from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.errors import DataError

VALUES = {
    "whole": [1, None, 3],
    "real": [0.5, None, 2.5],
    "word": ["x", None, "y"],
    "flag": [True, None, False],
    "when": [datetime(2020, 1, 1), None, datetime(2021, 1, 1)],
}


def columns(location, y=None):
    return read(location, Ledger(), y=y).frame.to_dict(as_series=False)


FRAMES = {
    "polars": pl.DataFrame(VALUES),
    "lazy": pl.LazyFrame(VALUES),
    "pandas": pd.DataFrame(
        {**VALUES, "whole": pd.array([1, None, 3], "Int64"), "flag": pd.array([True, None, False], "boolean")}
    ),
    "pandas objects": pd.DataFrame(
        {name: pd.Series(values, dtype=object) for name, values in VALUES.items()}
    ),
    "pyarrow": pa.table(VALUES),
    "dict": VALUES,
    "dict of series": {name: pl.Series(values) for name, values in VALUES.items()},
}


@pytest.mark.parametrize("name", FRAMES)
def test_every_library_gives_the_same_table(name):
    ledger = Ledger()
    table = read(FRAMES[name], ledger)
    assert table.frame.to_dict(as_series=False) == VALUES
    assert [str(dtype.base_type()) for dtype in table.frame.dtypes] == [
        "Int64",
        "Float64",
        "String",
        "Boolean",
        "Datetime",
    ]
    assert table.declared == {"flag": "boolean"}
    assert table.rows.tolist() == [0, 1, 2]
    assert (ledger.read, ledger.entries) == (3, [])
    if not name.startswith("pandas"):  # whose dates have a unit of their own
        assert table.fingerprint == read(FRAMES["polars"], Ledger()).fingerprint


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"c": pl.Series(["x", None, "y"], dtype=pl.Categorical)}),
        pl.DataFrame({"c": pl.Series(["x", None, "y"], dtype=pl.Enum(["x", "y"]))}),
        pd.DataFrame({"c": pd.Categorical(["x", None, "y"])}),
        pa.table({"c": pa.array(["x", None, "y"]).dictionary_encode()}),
    ],
    ids=["categorical", "enum", "pandas", "pyarrow"],
)
def test_categorical_columns_are_declared(frame):
    table = read(frame, Ledger())
    assert table.declared == {"c": "category"}
    assert table.frame["c"].to_list() == ["x", None, "y"]
    assert table.frame["c"].dtype == pl.String


@pytest.mark.parametrize(
    ("values", "expected", "dtype"),
    [
        ([1.0, float("nan"), 2.0], [1.0, None, 2.0], pl.Float64),
        (np.array([1, np.nan], np.float32), [1.0, None], pl.Float32),
        (np.array([1, 2], np.float16), [1.0, 2.0], pl.Float32),
        (np.array(["a", None, 1], object), ["a", None, "1"], pl.String),
        (np.array([[1], [2]]), [1, 2], pl.Int64),
        (torch.tensor([1.5, 2.5]).bfloat16(), [1.5, 2.5], pl.Float32),
        (torch.tensor([True, False]), [True, False], pl.Boolean),
        ([1, 2.5, None], [1.0, 2.5, None], pl.Float64),
        ([True, 2], [1, 2], pl.Int64),
        ([2**70, None], [2.0**70, None], pl.Float64),
        ([1, "a", None, True], ["1", "a", None, "True"], pl.String),
        ([None, None], [None, None], pl.String),
        (range(3), [0, 1, 2], pl.Int64),
        (pl.Series([1, None]).cast(pl.Decimal(10, 2)), [1.0, None], pl.Float64),
        (pd.Series(["a", pd.NA], dtype="string"), ["a", None], pl.String),
        (pd.Series(pd.arrays.SparseArray([0, 0, 1])), [0, 0, 1], pl.Int64),
        (pd.DataFrame({"z": [1, 2]}), [1, 2], pl.Int64),
        (pl.DataFrame({"z": [1, 2]}), [1, 2], pl.Int64),
    ],
)
def test_one_column(values, expected, dtype):
    table = read({"a": values}, Ledger())
    assert table.frame["a"].to_list() == expected
    assert table.frame["a"].dtype == dtype


def test_a_dated_index_is_left_out_and_said():
    frame = pd.DataFrame({"a": [1, 2]}, index=["r", "s"])
    ledger = Ledger()
    assert read(frame, ledger).frame.columns == ["a"]
    assert "index of the frame is left out" in ledger.entries[0].reason


def test_numbered_columns_become_text_and_are_said():
    ledger = Ledger()
    assert read(pd.DataFrame(np.ones((2, 3))), ledger).frame.columns == ["0", "1", "2"]
    assert ledger.entries[0].reason == "column names that were numbers are text now: '0', '1', '2'"


def test_the_users_frame_stays_as_it_is():
    frame = pd.DataFrame({"a": [1.0, None], "b": pd.Categorical(["x", "y"]), 3: ["p", "q"]})
    before = frame.copy(deep=True)
    table = read(frame, Ledger())
    pd.testing.assert_frame_equal(frame, before)
    mine = pl.DataFrame({"a": [1.0, float("nan")]})
    read(mine, Ledger())
    assert np.isnan(mine["a"][1])
    assert table.frame.height == 2


@pytest.mark.parametrize("y", [[0, 1], np.array([[0], [1]]), pd.Series([0, 1]), torch.tensor([0, 1])])
def test_a_target_beside_a_frame(y):
    table = read(pl.DataFrame({"a": [1, 2]}), Ledger(), y=y)
    assert table.target == "target"
    assert table.frame.to_dict(as_series=False) == {"a": [1, 2], "target": [0, 1]}


def test_a_named_target_keeps_its_name():
    assert read(pd.DataFrame({"a": [1, 2]}), Ledger(), y=pd.Series([0, 1], name="t")).target == "t"
    assert read(pd.DataFrame({"a": [1, 2]}), Ledger(), y=pd.DataFrame({"t": [0, 1]})).target == "t"


@pytest.mark.parametrize(
    ("location", "match"),
    [
        (pl.DataFrame(), "The frame has no columns. Expected a target"),
        ({"a": []}, "The frame has no rows"),
        ({"a": [1, 2], "b": [1]}, "differ in their number of rows: 'a' has 2, 'b' has 1"),
        ({"a": 3}, "Column 'a' is given as int. Expected a list"),
        ({"a": "abc"}, "Column 'a' is given as str"),
        ({"a": {1, 2}}, "Column 'a' is given as set"),
        ({"a": np.array(1.0)}, "Column 'a' is given as ndarray"),
        ({"a": np.ones((2, 2))}, r"Column 'a' is given in the shape \(2, 2\). Expected one value"),
        ({"a": [object()]}, "Column 'a' holds values of type object. Expected numbers, text"),
        ({"a": [b"x"]}, "holds values of type bytes"),
        ({"a": ["x", object()]}, "holds values of type object"),
        ({"a": [[1], "x"]}, "holds values of type list"),
        ({"a": [np.complex64(1)]}, "holds values of type complex64"),
        ({"a": np.array([1j])}, "Column 'a' holds values of type complex128"),
        ({"a": pl.Series([object()], dtype=pl.Object)}, "holds values of type object"),
        ({"": [1]}, "Column 1 of the frame has an empty name"),
        ({None: [1]}, "A column is named None. Expected names that are text. Rename it"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "several columns named 'a'"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), "several columns named '1'"),
        (
            pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])),
            "in several levels. .* Join the levels",
        ),
        (pd.DataFrame({"a": pd.period_range("2020", periods=2, freq="D")}), "holds values of type Period"),
        (pa.table([pa.array([1]), pa.array([2])], ["a", "a"]), "several columns named 'a'"),
    ],
)
def test_what_cannot_be_read(location, match):
    with pytest.raises(DataError, match=match):
        read(location, Ledger())
