"""SQLite, and the sentences for other databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import polars as pl
import pytest

from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.data.source.database import claims
from ranvier.errors import DataError
from ranvier.spec import Spec
from ranvier.workflow.folder import run_toml


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "my shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute('CREATE TABLE "the sales" (age INTEGER, price REAL, colour, photo BLOB, mixed)')
        rows = [(20, 1.5, "red", b"\0", 1), (None, 2.0, None, None, "x"), (2**40, 3, "blue", b"ab", 2.5)]
        connection.executemany('INSERT INTO "the sales" VALUES (?, ?, ?, ?, ?)', rows)
        connection.commit()
    return path


@pytest.mark.parametrize(
    "ask", ["?table=the sales", "?table=The%20Sales", "", '?query=select * from "the sales"']
)
def test_types_are_kept(shop, ask):
    ledger = Ledger()
    table = read(f"sqlite:///{shop}{ask}", ledger)
    assert table.frame.schema == {
        "age": pl.Int64, "price": pl.Float64, "colour": pl.String, "photo": pl.Binary, "mixed": pl.String
    }  # fmt: skip
    assert table.frame.rows()[0] == (20, 1.5, "red", b"\0", "1")
    assert table.frame.rows()[1:] == [(None, 2.0, None, None, "x"), (2**40, 3.0, "blue", b"ab", "2.5")]
    assert (ledger.read, ledger.entries) == (3, [])
    assert table.origin.startswith("my shop.db")


def test_a_file_with_one_table_needs_no_address(shop):
    assert len(read(shop, Ledger())) == 3


@pytest.mark.parametrize(
    "query",
    ["select age, price > 1.5 as dear from 'the sales' where colour like '%e%'", "select%201%20as%20age"],
)
def test_queries_are_taken_as_they_stand(shop, query):
    assert "age" in read(f"sqlite:///{shop}?query={query}", Ledger()).frame.columns


def test_a_table_without_rows(shop):
    with pytest.raises(DataError, match=r"[Mm]y shop.db has 1 columns and no rows"):
        read(f"sqlite:///{shop}?query=select age from 'the sales' where age < 0", Ledger())


def test_paths_are_relative_with_three_slashes_and_absolute_with_four(shop, monkeypatch):
    monkeypatch.chdir(shop.parent)
    one = read("sqlite:///my shop.db", Ledger())
    assert one.fingerprint == read("sqlite:///my%20shop.db", Ledger()).fingerprint
    assert one.fingerprint == read(f"sqlite:///{shop.absolute()}", Ledger()).fingerprint


def test_the_file_is_not_written_to(shop):
    before = shop.read_bytes()
    read(shop, Ledger())
    assert shop.read_bytes() == before
    assert [path.name for path in shop.parent.iterdir()] == [shop.name]


def test_what_is_claimed():
    assert claims("postgresql://h/d?table=t") and claims("mysql+x://h/d") and claims("a.SQLITE")
    assert not claims("https://h/d.csv") and not claims("s3://b/d.csv") and not claims(5)


def test_other_databases_are_read_by_polars(monkeypatch):
    asked = []

    def fake(query: str, uri: str) -> pl.DataFrame:
        asked.append((query, uri))
        return pl.DataFrame({"a": [1, 2]})

    monkeypatch.setattr(pl, "read_database_uri", fake)
    table = read("postgresql://me:secret@host/shop?ssl=1&table=sales", Ledger())
    assert asked == [("SELECT * FROM sales", "postgresql://me:secret@host/shop?ssl=1")]
    assert table.origin == "postgresql://me:${DATABASE_PASSWORD}@host/shop?ssl=1 sales"
    read("postgresql://host/shop?query=select 1", Ledger())
    assert asked[1] == ("select 1", "postgresql://host/shop")


def test_a_missing_package_for_another_database(monkeypatch):
    def missing(query: str, uri: str) -> pl.DataFrame:
        raise ModuleNotFoundError("required package 'connectorx' not found")

    monkeypatch.setattr(pl, "read_database_uri", missing)
    with pytest.raises(
        DataError,
        match="'connectorx', which reads postgresql, is not installed. Install it with: pip install connectorx",
    ):
        read("postgresql://host/shop?table=sales", Ledger())


def test_the_password_is_not_shown(monkeypatch):
    def refuse(query: str, uri: str) -> pl.DataFrame:
        raise RuntimeError(f"cannot reach {uri}")

    monkeypatch.setattr(pl, "read_database_uri", refuse)
    with pytest.raises(
        DataError,
        match=r"[Pp]ostgresql://me:\$\{DATABASE_PASSWORD\}@host/shop cannot be read .* Check address",
    ) as raised:
        read("postgresql://me:secret@host/shop?table=sales", Ledger())
    assert "secret" not in str(raised.value)


def test_a_password_from_the_environment(monkeypatch):
    asked = []
    monkeypatch.setattr(
        pl, "read_database_uri", lambda query, uri: asked.append(uri) or pl.DataFrame({"a": [1]})
    )
    monkeypatch.setenv("DATABASE_PASSWORD", "p@ss/word")
    read("postgresql://me:${DATABASE_PASSWORD}@host/shop?table=sales", Ledger())
    assert asked == ["postgresql://me:p%40ss%2Fword@host/shop"]
    monkeypatch.delenv("DATABASE_PASSWORD")
    with pytest.raises(DataError, match="names the environment variable DATABASE_PASSWORD, which is not set"):
        read("postgresql://me:${DATABASE_PASSWORD}@host/shop?table=sales", Ledger())


def test_no_password_is_written_into_a_run(monkeypatch):
    spec = Spec.from_settings({"source": "postgresql://me:secret@host/shop?table=sales", "test": "rows.csv"})
    text = run_toml(spec, {"origin": "x"})
    assert "secret" not in text and "me:${DATABASE_PASSWORD}@host" in text and 'test = "rows.csv"' in text
