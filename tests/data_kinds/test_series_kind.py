"""Series in columns of their own: several channels, and columns of numbers that are the points of one."""

from __future__ import annotations

import numpy as np
import polars as pl
import torch

from ranvier.data.kinds.series import Series
from ranvier.data.ledger import Ledger


def test_channels_stand_side_by_side_and_unequal_ones_are_cut_and_told():
    frame = pl.DataFrame({"a": [[1.0, 3.0], [5.0]], "b": [[10.0, 20.0], [30.0, 40.0, 50.0]]})
    kind, ledger = Series.fit(frame), Ledger()
    block = kind.transform(frame, ledger, np.arange(2))
    assert block.lengths.tolist() == [2, 1]
    assert kind.features() == {"channels": 2, "length": 2}
    restored = block.values.double().numpy() * kind.scale + kind.mean
    np.testing.assert_allclose(restored, [[1, 10], [3, 20], [5, 30]], rtol=1e-6)
    assert [(e.reason.partition(":")[0], e.column, e.count) for e in ledger.entries] == [
        ("longer than another column of the row", "b", 1)
    ]


def test_columns_of_numbers_are_the_points_of_one_channel():
    frame = pl.DataFrame({"x0": ["1", "2", None], "x1": ["3", "?", None], "x2": ["5", "4", None]})
    kind, ledger = Series.fit(frame), Ledger()
    assert kind.wide
    block = kind.transform(frame, ledger, np.arange(3))
    assert block.lengths.tolist() == [3, 3, 0]
    restored = block[:2].double() * kind.scale[0] + kind.mean[0]
    torch.testing.assert_close(restored[:, :, 0], torch.tensor([[1.0, 3, 5], [2, 3, 4]]).double())
    assert {(e.reason.partition(":")[0], e.column) for e in ledger.entries} == {
        ("missing", "x0 to x2"),
        ("points missing or infinite", "x1"),
    }
    assert kind.invert(block[:])["x1"].to_list()[2] is None
    drawn = kind.draw(50, np.random.default_rng(0))
    assert drawn.columns == ["x0", "x1", "x2"]
    assert drawn.null_count().sum_horizontal().item() > 0
    assert Series.from_state(kind.state()) == kind


def test_arrays_are_lists_of_one_length():
    frame = pl.DataFrame({"a": np.arange(6.0).reshape(2, 3)})
    assert frame["a"].dtype == pl.Array(pl.Float64, 3)
    assert Series.fit(frame).transform(frame)[:].shape == (2, 3, 1)
