"""Arrays, tensors and lists."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest
import torch

from ranvier.data.infer import infer_schema
from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.errors import DataError

X = np.arange(6.0).reshape(3, 2)


@pytest.mark.parametrize("features", [X, X.tolist(), torch.tensor(X), np.asfortranarray(X), X[::-1][::-1]])
@pytest.mark.parametrize(
    "y", [[0, 1, 0], np.array([0, 1, 0]), torch.tensor([[0], [1], [0]]), pl.Series([0, 1, 0])]
)
def test_any_mixture_gives_the_same_table(features, y):
    table = read((features, y), Ledger())
    assert table.frame.to_dict(as_series=False) == {
        "x0": [0.0, 2.0, 4.0],
        "x1": [1.0, 3.0, 5.0],
        "y": [0, 1, 0],
    }
    assert table.declared == {"x0": "number", "x1": "number"}
    assert table.target == "y"
    assert table.fingerprint == read(X, Ledger(), y=[0, 1, 0]).fingerprint


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.int64])
def test_types_of_numbers(dtype):
    table = read((X.astype(dtype), [1, 2, 3]), Ledger())
    assert table.frame["x1"].to_list() == [1, 3, 5]


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        ([0, 1, 2] * 10, "category"),
        (["a", "b"] * 15, "category"),
        (np.array(["a", "b"] * 15, object), "category"),
        ([True, False] * 15, "category"),
        (np.linspace(0, 1, 30), "number"),
        (np.arange(30), "number"),
    ],
)
def test_the_targets_kind_is_inferred(y, kind):
    ledger = Ledger()
    table = read((np.random.default_rng(0).normal(size=(30, 2)), y), ledger)
    assert infer_schema(table, {}, None, None, ledger)["y"].kind == kind


def test_one_dimension_is_one_column_and_booleans_are_booleans():
    assert read(([1.0, 2.0], [1, 2]), Ledger()).frame.columns == ["x0", "y"]
    assert read((np.array([[True], [False]]), [1, 2]), Ledger()).declared == {"x0": "boolean"}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.uint8, np.int64])
def test_pictures_are_flattened_row_by_row_to_a_vector_and_said(dtype):
    pictures = np.arange(24, dtype=dtype).reshape(2, 3, 4)
    ledger = Ledger()
    table = read((pictures, [0, 1]), ledger)
    assert table.frame.columns == ["x", "y"]
    assert table.frame["x"][1].to_list() == list(range(12, 24))
    assert ledger.entries[0].reason == "each row of X (3x4) is flattened to 12 numbers"
    assert table.declared == {"x": "vector"}


def test_bytes_share_a_unit_unless_there_is_one_alone():
    table = read((np.array([[0, 255], [3, 4]], np.uint8), [0, 1]), Ledger())
    assert table.declared == {"x": "vector"}
    assert table.frame["x"].to_list() == [[0, 255], [3, 4]]
    assert read((np.array([[0], [3]], np.uint8), [0, 1]), Ledger()).declared == {"x0": "number"}
    assert read((np.ones((2, 2, 2), bool), [0, 1]), Ledger()).frame["x"].to_list() == [[1] * 4] * 2


def test_the_fingerprint_of_vectors_tells_their_values_and_shapes():
    x = np.arange(12, dtype=np.uint8)
    prints = {
        read((features, [0, 1]), Ledger()).fingerprint
        for features in (x.reshape(2, 6), x[::-1].reshape(2, 6), x.reshape(2, 6).astype(float))
    }
    assert len(prints) == 3
    ragged = [
        read({"a": lists, "y": [1, 2]}, Ledger()).fingerprint for lists in ([[1], [2, 3]], [[1, 2], [3]])
    ]
    assert ragged[0] != ragged[1]


def test_not_a_number_is_missing_and_the_array_stays():
    features = np.array([[np.nan, 1], [2, np.inf]])
    table = read((features, [1, 2]), Ledger())
    assert table.frame["x0"].to_list() == [None, 2.0]
    assert table.frame["x1"].to_list() == [1.0, np.inf]
    assert np.isnan(features[0, 0])


def test_constant_columns_of_arrays_stay_inputs():
    ledger = Ledger()
    table = read((np.zeros((30, 2)), [0, 1] * 15), ledger)
    assert infer_schema(table, {}, None, None, ledger).inputs == ("x0", "x1")


def test_many_columns_take_no_loop_over_cells():
    started = time.process_time()
    read((np.ones((5_000, 784), np.float32), np.zeros(5_000)), Ledger())
    assert time.process_time() - started < 5  # a loop over the cells takes far longer


@pytest.mark.parametrize(
    ("features", "y", "match"),
    [
        (np.array(1.0), [1], "X is a single value"),
        (X, np.array(1.0), "The target y is a single value"),
        (X, [1, 2], "X has 3 rows and y has 2"),
        (np.zeros((0, 2)), [], r"X has the shape \(0, 2\)"),
        (np.zeros((2, 0)), [1, 2], r"X has the shape \(2, 0\)"),
        (np.array([["a"]]), [1], "X holds values of type <U1. Expected numbers"),
        (np.array([[None]], object), [1], "X holds values of type object"),
        (X * 1j, [1, 2, 3], "X holds values of type complex128"),
        (X, [1j, 2, 3], "target y holds values of type complex128"),
        (X, np.array([1, "a", {}], object), "target y holds values of type object"),
        (X, np.eye(3), r"target y has 3 columns. .* y.argmax\(axis=1\)"),
        (X, np.zeros((3, 1, 1)), r"target y has the shape \(3, 1, 1\)"),
        ([[1], [2, 3]], [1, 2], "rows of X or y differ in length"),
        (X, None, "X .ndarray. is given without y"),
        ([[1]], None, "X .list. is given without y"),
        (5, None, "A table cannot be read from int"),
        (X, 5, "A table cannot be read from tuple"),
    ],
)
def test_what_cannot_be_read(features, y, match):
    with pytest.raises(DataError, match=match):
        read(features, Ledger(), y=y)


def test_all_mistakes_are_said_together():
    with pytest.raises(DataError) as raised:
        read((np.array([["a"]]), np.eye(3)), Ledger())
    assert len(raised.value.mistakes) == 3
