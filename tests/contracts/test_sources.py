"""The contract that every source keeps."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from ranvier.catalog import SOURCES, load
from ranvier.data.ledger import Ledger
from ranvier.data.source import read


def _csv(folder: Path, value: str) -> object:
    path = folder / f"{value}.csv"
    path.write_text(f"a,b\n1,x\n2,y\n\n3,{value}\n", encoding="utf-8")
    return path


def _frame(value: str) -> pl.DataFrame:
    return pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", value]})


def _parquet(folder: Path, value: str) -> object:
    path = folder / f"{value}.parquet"
    _frame(value).write_parquet(path)
    return path


def _arrow(folder: Path, value: str) -> object:
    path = folder / f"{value}.arrow"
    _frame(value).write_ipc(path)
    return path


def _json(folder: Path, value: str) -> object:
    path = folder / f"{value}.jsonl"
    path.write_text(f'{{"a":1,"b":"x"}}\n\n{{"a":2}}\n{{"a":3,"b":"{value}"}}\n', encoding="utf-8")
    return str(path)


def _numpy(folder: Path, value: str) -> object:
    path = folder / f"{value}.npz"
    np.savez(path, X=np.arange(6).reshape(3, 2), y=["x", "y", value])
    return path


def _database(folder: Path, value: str) -> object:
    path = folder / f"{value}.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS t (a INTEGER, b TEXT)")
        connection.execute("DELETE FROM t")
        connection.executemany("INSERT INTO t VALUES (?, ?)", _frame(value).rows())
        connection.commit()
    return f"sqlite:///{path}?table=t"


def _excel(folder: Path, value: str) -> object:
    path = folder / f"{value}.xlsx"
    path.write_text(value)  # what stands in for fastexcel reads it
    return path


def _ts(folder: Path, value: str) -> object:
    path = folder / f"{value}.ts"
    path.write_text(f"# of waves\n@problemName W\n@classLabel true x y\n@data\n1,2:x\n2,?,3:y\n3:{value}\n")
    return path


def _conll(folder: Path, value: str) -> object:
    path = folder / f"{value}.conll"
    path.write_text(f"a X\nb Y\n\nc {value}\n")
    return path


def _several(folder: Path, value: str) -> object:
    return [_csv(folder, "x"), _csv(folder, value)]


def _idx(folder: Path, value: str) -> object:
    pixels = np.full((3, 9, 8), ord(value), np.uint8)
    shape = np.array(pixels.shape, ">i4").tobytes()
    (folder / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + shape + pixels.tobytes())
    (folder / "train-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01\0\0\0\x03\0\1\0")
    return folder / "train-images-idx3-ubyte"


def _picture(folder: Path, value: str) -> object:
    path = folder / f"{value}.png"
    Image.new("L", (9, 8), ord(value)).save(path)
    return path


@pytest.fixture(autouse=True)
def workbooks(monkeypatch):
    """Workbooks are read by a package that need not be there."""

    def read_excel(path: Path, **options: object) -> dict[str, pl.DataFrame]:
        return {"Sheet1": _frame(path.read_text())}

    monkeypatch.setattr(pl, "read_excel", read_excel)


LOCATIONS = {  # of each source: a location of its own, with a value in it
    "csv": _csv,
    "frame": lambda folder, value: pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", value]}),
    "arrays": lambda folder, value: (np.arange(6).reshape(3, 2), ["x", "y", value]),
    "sample": lambda folder, value: {"z": "sample:iris", "w": "sample:wine"}[value],
    "several": _several,
    "database": _database,
    "idx": _idx,
    "class_folders": _picture,
    "parquet": _parquet,
    "arrow": _arrow,
    "json": _json,
    "numpy": _numpy,
    "excel": _excel,
    "ts": _ts,
    "conll": _conll,
}


@pytest.fixture(params=SOURCES)
def source(request):
    return request.param


def test_each_source_claims_its_own_locations_alone(source, tmp_path):
    """The last of the catalogue takes any path that no other has claimed."""
    last = list(SOURCES)[-1]
    for name, make in LOCATIONS.items():
        claimed = load("sources", source).claims(make(tmp_path, "z"))
        assert claimed is (name == source) or source == last == "csv"
    claiming = [name for name in SOURCES if load("sources", name).claims(LOCATIONS[source](tmp_path, "z"))]
    assert claiming[0] == source
    for nothing in (None, 5, (), (1, 2, 3), object(), b"x"):
        assert load("sources", source).claims(nothing) is False


def test_rows_are_numbered_and_all_accounted_for(source, tmp_path):
    ledger = Ledger()
    table = read(LOCATIONS[source](tmp_path, "z"), ledger)
    assert len(table) == len(table.rows) == table.frame.height > 0
    assert table.rows.dtype == np.int64
    assert (np.diff(table.rows) > 0).all()
    ledger.reconcile({"train": len(table)})
    assert table.origin
    assert table.parts is None
    assert set(table.declared) <= set(table.frame.columns)
    assert table.target is None or table.target in table.frame.columns


def test_the_fingerprint_is_of_the_content(source, tmp_path):
    first, again, other = (read(LOCATIONS[source](tmp_path, value), Ledger()) for value in "zzw")
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert len(bytes.fromhex(first.fingerprint)) == 32


def test_the_ledger_is_added_to(source, tmp_path):
    ledger = Ledger(read=7)
    location = LOCATIONS[source](tmp_path, "z")
    alone = Ledger()
    load("sources", source).read(location, ledger)
    load("sources", source).read(location, alone)
    assert ledger.read == 7 + alone.read
