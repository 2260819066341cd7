"""NumPy's files."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.data.ledger import Ledger
from ranvier.data.source import read


def test_an_archive_of_x_and_y(tmp_path):
    path = tmp_path / "data.npz"
    np.savez_compressed(path, x=np.array([[1.0, np.nan], [3, 4]]), Y=np.array(["a", "b"]), ids=np.arange(2))
    ledger = Ledger()
    table = read(path, ledger)
    assert table.frame.rows() == [(1.0, None, "a"), (3.0, 4.0, "b")]
    assert (table.target, table.origin) == ("y", "data.npz")
    assert table.declared == {"x0": "number", "x1": "number"}
    assert [entry.reason for entry in ledger.entries] == ["the file's other arrays are left out: ids"]


def test_pictures_are_flattened_and_said(tmp_path):
    np.savez(tmp_path / "data.npz", X=np.arange(24).reshape(2, 3, 4), y=[0, 1])
    ledger = Ledger()
    assert len(read(tmp_path / "data.npz", ledger)) == 2
    assert "(3x4) is flattened to 12 numbers" in ledger.entries[0].reason


def test_a_structured_array_keeps_its_names(tmp_path):
    records = np.array([(1, 2.5, "a"), (2, np.nan, "b")], dtype=[("n", "i4"), ("x", "f8"), ("t", "U3")])
    np.save(tmp_path / "data.npy", records)
    ledger = Ledger()
    table = read(str(tmp_path / "data.npy"), ledger)
    assert table.frame.columns == ["n", "x", "t"]
    assert table.frame.rows() == [(1, 2.5, "a"), (2, None, "b")]
    assert (table.target, ledger.read) == (None, 2)


@pytest.mark.parametrize("order", ["C", "F"])
def test_columns_of_a_grid_are_counted(tmp_path, order):
    np.save(tmp_path / "data.npy", np.array([[1, 2], [3, 4], [5, 6]], order=order))
    table = read(tmp_path / "data.npy", Ledger())
    assert table.frame.columns == ["x0", "x1"]
    assert table.frame.rows() == [(1, 2), (3, 4), (5, 6)]
    assert not table.declared and table.target is None
