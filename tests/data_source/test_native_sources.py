"""Parquet and Arrow: types are kept, what is missing stays missing, and no damage passes for data."""

from __future__ import annotations

import datetime
import decimal
import random

import numpy as np
import polars as pl
import pytest

from broken import frame, saved
from ranvier.data.infer import infer_schema
from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.errors import DataError

FRAME = pl.DataFrame(
    {
        "whole": pl.Series([1, None, 3], dtype=pl.Int32),
        "real": [0.5, float("nan"), None],
        "money": pl.Series([decimal.Decimal("1.50"), None, decimal.Decimal("2")], dtype=pl.Decimal(10, 2)),
        "text": ["a", None, " b"],
        "colour": pl.Series(["red", "green", None], dtype=pl.Categorical),
        "size": pl.Series(["S", "L", "S"], dtype=pl.Enum(["S", "L"])),
        "member": [True, None, False],
        "day": [datetime.date(2020, 1, 31), None, datetime.date(2021, 1, 1)],
        "at": [datetime.datetime(2020, 1, 31, 12), None, datetime.datetime(2021, 1, 1)],
        "nothing": pl.Series([None] * 3, dtype=pl.Null),
        "list": [[1, 2], None, []],
        "struct": [{"a": 1}, None, {"a": 2}],
        "bytes": [b"\0", None, b"ab"],
    }
)
WRITERS = {
    "data.parquet": lambda path: FRAME.write_parquet(path),
    "data.PQ": lambda path: FRAME.write_parquet(path, compression="uncompressed"),
    "data.arrow": lambda path: FRAME.write_ipc(path),
    "data.feather": lambda path: FRAME.write_ipc(path, compression="zstd"),
    "data.ipc": lambda path: FRAME.write_ipc_stream(path),
    "data.arrows": lambda path: FRAME.write_ipc_stream(path, compression="lz4"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_types_are_kept(tmp_path, name):
    WRITERS[name](tmp_path / name)
    ledger = Ledger()
    table = read(tmp_path / name, ledger)
    assert table.frame.columns == FRAME.columns
    assert table.frame.row(0)[:10] == (
        1,
        0.5,
        1.5,
        "a",
        "red",
        "S",
        True,
        FRAME["day"][0],
        FRAME["at"][0],
        None,
    )
    assert table.frame.row(1) == (None,) * 4 + ("green", "L") + (None,) * 7
    assert table.frame.schema["whole"] == pl.Int32
    assert table.frame.schema["money"] == pl.Float64
    assert (
        table.frame.schema["colour"]
        == table.frame.schema["size"]
        == table.frame.schema["nothing"]
        == pl.String
    )
    assert table.frame["list"].to_list() == [[1, 2], None, []]
    assert table.frame["bytes"].to_list() == [b"\0", None, b"ab"]
    assert table.declared == {"colour": "category", "size": "category", "member": "boolean"}
    assert (table.origin, ledger.read, ledger.entries) == (name, 3, [])


def test_bytes_do_not_stand_in_the_way_of_the_other_columns(tmp_path):
    path = tmp_path / "data.parquet"
    frame().with_columns(photo=pl.lit(b"\x89PNG")).write_parquet(path)
    schema = infer_schema(read(path, Ledger()), {}, "bought", None, Ledger())
    assert schema["photo"].role == "ignored" and schema["age"].kind == "number"


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_no_damage_passes_for_data(tmp_path, ending, capfd):
    """Whatever is done to the file, it gives the same rows or a sentence (or other values: there is no checksum)."""
    path = tmp_path / f"data.{ending}"
    sound = saved(frame().write_parquet if ending == "parquet" else frame().write_ipc)
    draw = random.Random(3)
    refused = 0
    for _ in range(60):
        broken = bytearray(sound)
        for _ in range(draw.randint(1, 20)):
            broken[draw.randrange(8, len(sound) - 8)] = draw.randrange(256)
        path.write_bytes(broken)
        ledger = Ledger()
        try:
            assert len(read(path, ledger)) == ledger.read
        except DataError as error:
            refused += 1
            assert len(error.mistakes) == 1
    assert refused > 10
    capfd.readouterr()


def test_rows_of_pandas_and_pyarrow(tmp_path):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "data.parquet"
    pandas.DataFrame({"a": pandas.Categorical(["x", "y", None]), "b": [1.5, np.nan, 2]}).to_parquet(path)
    table = read(path, Ledger())
    assert table.frame.rows() == [("x", 1.5), ("y", None), (None, 2.0)]
    assert table.declared == {"a": "category"}


def test_the_fingerprint_is_that_of_the_file(tmp_path):
    import hashlib

    content = saved(frame().write_parquet)
    (tmp_path / "data.parquet").write_bytes(content)
    assert read(tmp_path / "data.parquet", Ledger()).fingerprint == hashlib.sha256(content).hexdigest()
