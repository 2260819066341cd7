"""Several files as one table."""

from __future__ import annotations

import polars as pl
import pytest

from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.errors import DataError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "b.csv").write_text("y,x\n3,c\n")
    (tmp_path / "parts" / "a.csv").write_text("x,y\na,1\n\nb,2\n")
    (tmp_path / "parts" / "deep").mkdir()
    (tmp_path / "parts" / "deep" / "c.csv").write_text("x,y\nd,4\n")
    return tmp_path / "parts"


WANTED = [("a", "1"), ("b", "2"), ("c", "3")]


@pytest.mark.parametrize(
    ("location", "origin"),
    [
        (lambda f: f / "*.csv", "parts/*.csv (2 files)"),
        (lambda f: str(f / "[ab].csv"), "parts/[ab].csv (2 files)"),
        (lambda f: f, "parts (2 files)"),
        (lambda f: [f / "a.csv", str(f / "b.csv")], "2 files"),
        (lambda f: (str(f / "a.csv"), f / "b.csv"), "2 files"),
    ],
    ids=["pattern", "brackets", "folder", "list", "pair"],
)
def test_rows_are_stacked_by_name_and_numbered_on(folder, location, origin):
    ledger = Ledger()
    table = read(location(folder), ledger)
    assert table.frame.rows() == WANTED
    assert table.rows.tolist() == [0, 2, 3]
    assert table.origin == origin
    dropped = [(e.reason, e.rows) for e in ledger.entries if e.outcome == "dropped"]
    assert dropped == [("a blank line (in a.csv)", (2,))]
    assert ledger.read == 4


def test_what_a_folder_holds_beside_is_said(folder):
    (folder / "notes.pdf").write_text("")
    (folder / "_SUCCESS").write_text("")
    ledger = Ledger()
    read(folder, ledger)
    assert ledger.entries[-1].reason.endswith("was left out: _SUCCESS, deep, notes.pdf")


def test_two_stars_stand_for_any_folders(folder):
    table = read(folder / "**" / "*.csv", Ledger())
    assert sorted(table.frame.rows()) == [*WANTED, ("d", "4")]


def test_a_file_whose_name_looks_like_a_pattern(folder):
    (folder / "a[1].csv").write_text("x,y\nz,9\n")
    assert read(folder / "a[1].csv", Ledger()).origin == "a[1].csv"


def test_a_folder_of_parquet(tmp_path):
    folder = tmp_path / "data.parquet"
    folder.mkdir()
    pl.DataFrame({"a": [1, 2], "b": [True, False], "c": [None, None]}).write_parquet(
        folder / "part-0.parquet"
    )
    pl.DataFrame({"a": [1.5], "b": [None], "c": [7]}).write_parquet(folder / "part-1.parquet")
    table = read(folder, Ledger())
    assert table.frame.rows() == [(1.0, True, None), (2.0, False, None), (1.5, None, 7)]
    assert table.declared == {"b": "boolean"}


def test_the_fingerprint_depends_on_each_file_and_the_order(folder):
    a, b = folder / "a.csv", folder / "b.csv"
    assert read([a, b], Ledger()).fingerprint == read(folder, Ledger()).fingerprint
    assert read([a, b], Ledger()).fingerprint != read([b, a], Ledger()).fingerprint


def test_one_file_twice(folder):
    with pytest.raises(DataError, match=r"a\.csv' is named twice. Expected each file once"):
        read([folder / "a.csv", folder / "a.csv"], Ledger())


def test_mistakes_of_all_files_are_said_together(folder):
    (folder / "c.csv").write_text("")
    with pytest.raises(DataError) as raised:
        read([folder / "none.csv", folder / "a.csv", folder / "c.csv"], Ledger())
    assert len(raised.value.mistakes) == 2
    (folder / "c.csv").write_text("x,z\n1,2\n")
    (folder / "d.csv").write_text("x\n1\n")
    with pytest.raises(DataError) as raised:
        read(folder, Ledger())
    assert len(raised.value.mistakes) == 2


def test_a_folder_in_a_list_is_refused(folder):
    with pytest.raises(DataError, match="is a folder. Expected a file. Name the file inside it"):
        read([folder], Ledger())
