"""Vectors: arrays in a column."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest

from ranvier.data.kinds.number import Number
from ranvier.data.kinds.vector import Vector
from ranvier.data.ledger import Ledger
from ranvier.errors import DataError

X = np.random.default_rng(0).normal(3, 2, (40, 5))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float32, np.float64])
def test_one_mean_and_scale_as_the_elements_had_as_numbers(dtype: type) -> None:
    x = np.abs(X * 20).astype(dtype)
    kind = Vector.fit(pl.DataFrame({"x": x}))
    flat = pl.DataFrame({"x": x.reshape(-1).astype(np.float64)})
    plain = Number.fit(flat)
    np.testing.assert_allclose([kind.mean[0], kind.scale[0]], [plain.mean[0], plain.scale[0]], rtol=1e-12)
    prepared = kind.transform(pl.DataFrame({"x": x})).numpy()
    np.testing.assert_allclose(prepared, plain.transform(flat).numpy().reshape(40, 5), rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        kind.invert(kind.transform(pl.DataFrame({"x": x})))["x"].to_numpy(), x, atol=1e-4
    )


@pytest.mark.parametrize("values", [[[1e200, -1e200], [0.0, 0.0]], [[1e-200, 3e-200], [0.0, 0.0]]])
def test_numbers_as_large_or_small_as_float64_holds(values: list[list[float]]) -> None:
    kind = Vector.fit(pl.DataFrame({"x": values}))
    plain = Number.fit(pl.DataFrame({"x": np.ravel(values)}))
    np.testing.assert_allclose([kind.mean[0], kind.scale[0]], [plain.mean[0], plain.scale[0]], rtol=1e-12)


def test_equal_elements_have_the_scale_one() -> None:
    assert Vector.fit(pl.DataFrame({"x": [[7, 7], [7, 7]]})).scale == (1.0,)
    assert Vector.fit(pl.DataFrame({"x": [[0.1, 0.1 + 1e-17], [0.1, 0.30000000000000004 - 0.2]]})).scale == (
        1.0,
    )


def test_arrays_lists_and_several_dimensions_are_the_same() -> None:
    cube = X.reshape(20, 2, 5)
    frames = [
        pl.DataFrame({"x": cube}),
        pl.DataFrame({"x": pl.Series(cube.tolist())}),
        pl.DataFrame({"x": cube.reshape(20, 10)}),
        pl.DataFrame({"x": cube.reshape(20, 10).tolist()}),
    ]
    kinds = [Vector.fit(frame) for frame in frames]
    assert kinds == [kinds[0]] * 4
    tensors = [kinds[0].transform(frame) for frame in frames]
    assert all(tensor.equal(tensors[0]) for tensor in tensors)
    assert all(Vector.infer(frame["x"]).reason == "vectors of 10 numbers" for frame in frames)


def test_an_array_column_may_have_missing_cells_and_elements() -> None:
    values = pl.Series(
        "x", [[1.0, 3.0], None, [None, 3.0], [float("nan"), 1.0]], dtype=pl.Array(pl.Float64, 2)
    )
    kind, ledger = Vector.fit(values.to_frame()), Ledger()
    assert (kind.mean, kind.scale, kind.missing) == ((2.0,), (1.0,), (True,))
    prepared = kind.transform(values.to_frame(), ledger, np.arange(4))
    assert prepared.tolist() == [[-1, 1, 0], [0, 0, 1], [0, 1, 0], [0, -1, 0]]
    assert [(entry.count, entry.rows) for entry in ledger.entries] == [(1, (2,)), (2, (3, 4))]


def test_two_columns_lie_side_by_side() -> None:
    frame = pl.DataFrame({"a": [[1, 3], [3, 1]], "b": [[1, 1, 1], [3, 3, 3]]})
    kind = Vector.fit(frame)
    assert kind.transform(frame).tolist() == [[-1, 1, -1, -1, -1], [1, -1, 1, 1, 1]]
    assert kind.invert(kind.transform(frame)).to_dict(as_series=False) == frame.to_dict(as_series=False)


def test_cells_of_different_lengths_are_refused() -> None:
    with pytest.raises(
        DataError, match="'x' holds vectors of 1 to 3 numbers. Expected the same length in each cell"
    ):
        Vector.fit(pl.DataFrame({"x": [[1], [1, 2, 3]]}))
    kind = Vector.fit(pl.DataFrame({"x": [[1, 2], [2, 3]]}))
    for later in ([[1, 2, 3]], [[]], np.ones((2, 5))):
        with pytest.raises(DataError, match="Expected 2 numbers, as in training"):
            kind.transform(pl.DataFrame({"x": pl.Series(later)}))
    assert Vector.infer(pl.Series([[1], [1, 2, 3]])).confidence == 0.0


def test_pictures_take_no_loop_over_cells() -> None:
    x = np.random.default_rng(0).integers(0, 256, (7_000, 784), dtype=np.uint8)
    frame, started = pl.DataFrame({"x": x}), time.process_time()
    Vector.fit(frame).transform(frame)
    assert time.process_time() - started < 2  # a loop over the cells takes far longer
