"""Workbooks; what stands in for fastexcel gives what polars would give."""

from __future__ import annotations

import polars as pl
import pytest

from ranvier.data.ledger import Ledger
from ranvier.data.source import excel, read
from ranvier.errors import DataError

SALES = pl.DataFrame(
    {
        "age": [20.0, None, 30.0, None],
        "__UNNAMED__1": pl.Series([None] * 4, dtype=pl.String),
        "bought": ["yes", None, None, None],
        "__UNNAMED__3": [None, None, "note", None],
    }
)


@pytest.fixture
def book(tmp_path, monkeypatch):
    path = tmp_path / "book.xlsx"
    path.write_bytes(b"PK")
    sheets = {"Sales": SALES, "Empty": pl.DataFrame()}

    def read_excel(source, *, sheet_id, engine, **options):
        assert source == path and sheet_id == 0 and engine == "calamine"
        assert options["drop_empty_rows"] is options["drop_empty_cols"] is options["raise_if_empty"] is False
        return sheets

    monkeypatch.setattr(pl, "read_excel", read_excel)
    return path, sheets


def test_the_only_sheet(book):
    path, _ = book
    ledger = Ledger()
    table = read(path, ledger)
    assert table.frame.columns == ["age", "bought", "__UNNAMED__3"]
    assert table.frame.rows() == [(20.0, "yes", None), (30.0, None, "note")]
    assert table.rows.tolist() == [0, 2]
    assert [(e.outcome, e.reason, e.count, e.rows) for e in ledger.entries] == [
        ("dropped", "an empty row", 1, (2,))
    ]
    assert ledger.read == 3
    ledger.reconcile({"train": 2})


def test_a_sheet_is_named_where_there_are_several(book):
    path, sheets = book
    sheets["Staff"] = pl.DataFrame({"name": ["a"]})
    with pytest.raises(
        DataError, match=r"book.xlsx has 2 sheets: Sales, Staff. Expected one sheet. Name it: book.xlsx#Sales"
    ):
        read(path, Ledger())
    table = read(f"{path}#Staff", Ledger())
    assert (table.origin, table.frame.columns) == ("book.xlsx#Staff", ["name"])
    with pytest.raises(DataError, match="book.xlsx has no sheet 'Stuff'. Did you mean 'Staff'"):
        read(f"{path}#Stuff", Ledger())
    assert table.fingerprint != read(f"{path}#Sales", Ledger()).fingerprint


def test_an_empty_workbook(book):
    path, sheets = book
    sheets.pop("Sales")
    with pytest.raises(DataError, match="book.xlsx has no sheet that holds anything"):
        read(path, Ledger())


def test_a_sheet_with_a_header_alone(book):
    path, sheets = book
    sheets["Sales"] = SALES.head(0)
    with pytest.raises(DataError, match="book.xlsx has .* columns and no rows"):
        read(path, Ledger())


def test_a_missing_package_says_how_to_install_it(book, monkeypatch):
    def missing(*args, **options):
        raise ModuleNotFoundError("required package 'fastexcel' not found")

    monkeypatch.setattr(pl, "read_excel", missing)
    with pytest.raises(DataError, match=r"is not installed. Install it with: pip install 'ranvier\[excel\]'"):
        read(book[0], Ledger())


def test_a_damaged_workbook(book, monkeypatch):
    def refuse(*args, **options):
        raise RuntimeError("calamine: cannot detect the file format")

    monkeypatch.setattr(pl, "read_excel", refuse)
    with pytest.raises(DataError, match=r"book.xlsx is damaged, or no workbook \(calamine: cannot detect"):
        read(book[0], Ledger())


def test_what_is_claimed():
    assert excel.claims("a.XLSX") and excel.claims("a.xls#My sheet") and not excel.claims("a.csv#b.xlsx")


def test_a_real_workbook(tmp_path):
    """Only where fastexcel and a writer are installed."""
    pytest.importorskip("fastexcel")
    pytest.importorskip("xlsxwriter")
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
    frame.write_excel(tmp_path / "book.xlsx")
    assert read(tmp_path / "book.xlsx", Ledger()).frame.rows() == frame.rows()
