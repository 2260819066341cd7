"""Broken inputs, each with the sentence that a user should read. Shared by the tests of reading and of commands."""

from __future__ import annotations

import gzip
import io
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Broken:
    """A broken input.

    Args:
        name: what is wrong with it, in a few words.
        make: writes it into a folder and returns the location to be read.
        match: a regular expression that the error's sentence matches.
        target: the target that is asked for.
        task: the task that is asked for.
    """

    name: str
    make: Callable[[Path], str]
    match: str
    target: str | None = "bought"
    task: str | None = None


def rows(count: int = 40) -> list[str]:
    """Sound rows of age, colour and bought."""
    colours = ("red", "green", "blue")
    return [f"{20 + i % 17},{colours[i % 3]},{'yes' if i % 4 else 'no'}" for i in range(count)]


def table(header: str = "age,colour,bought", lines: list[str] | None = None) -> str:
    """A CSV text."""
    return "\n".join([header, *(rows() if lines is None else lines)]) + "\n"


def file(content: str | bytes, name: str = "data.csv") -> Callable[[Path], str]:
    """A maker that writes one file."""

    def make(folder: Path) -> str:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return make


def _near_miss(folder: Path) -> str:
    file(table(), "titanic.csv")(folder)
    return str(folder / "titanik.csv")


def _column(name: str, values: list[str]) -> str:
    return table(f"age,{name}", [f"{20 + i % 17},{value}" for i, value in enumerate(values)])


def frame() -> pl.DataFrame:
    """The same rows, typed."""
    cells = [line.split(",") for line in rows()]
    return pl.DataFrame(
        {"age": [int(c[0]) for c in cells], "colour": [c[1] for c in cells], "bought": [c[2] for c in cells]}
    )


def saved(write: Callable[[io.BytesIO], object]) -> bytes:
    """What ``write`` writes."""
    out = io.BytesIO()
    write(out)
    return out.getvalue()


def database(query: str, name: str = "shop.db") -> Callable[[Path], str]:
    """A maker of a SQLite file with the tables ``sales`` and ``staff``, and an address that asks it something."""

    def make(folder: Path) -> str:
        with closing(sqlite3.connect(folder / name)) as connection:
            connection.execute("CREATE TABLE sales (age, colour, bought)")
            connection.executemany("INSERT INTO sales VALUES (?, ?, ?)", frame().rows())
            connection.execute("CREATE TABLE staff (name)")
            connection.commit()
        return f"sqlite:///{folder / name}{query}"

    return make


def files(contents: dict[str, str | bytes], location: str) -> Callable[[Path], str]:
    """A maker that writes several files into a folder."""

    def make(folder: Path) -> str:
        for name, content in contents.items():
            file(content, name)(folder)
        return str(folder / location)

    return make


def _zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("data.csv", table())
    return out.getvalue()


def _record(age: int) -> str:
    return f'{{"age": {age}, "bought": "yes"}}\n'


PARQUET = saved(frame().write_parquet)
ARROW = saved(frame().write_ipc)
PICKLED = saved(lambda out: np.savez(out, X=np.array([{}, {}], dtype=object), y=[0, 1]))

CASES = (
    Broken("missing file", lambda folder: str(folder / "none.csv"), r"There is no file '.*none\.csv'"),
    Broken("misspelt file", _near_miss, r"Did you mean 'titanic\.csv'\?"),
    Broken(
        "missing folder", lambda folder: str(folder / "no" / "data.csv"), r"There is no folder '.*no' either"
    ),
    Broken("address", lambda folder: "https://example.org/data.csv", "Download it first"),
    Broken(
        "empty folder",
        str,
        "is a folder that holds neither tables nor pictures, but nothing. Expected files such as",
    ),
    Broken("impossible name", lambda folder: f"{folder}/da\0ta.csv", "cannot be read"),
    Broken("empty file", file(""), r"data\.csv is empty. Expected a table"),
    Broken("white space alone", file(" \n\n  \n"), r"data\.csv is empty"),
    Broken("header alone", file("age,colour,bought\n"), "a header and no rows"),
    Broken("header and blank lines", file("age,colour,bought\n\n  \n"), "a header and no rows"),
    Broken("picture", file(b"\x89PNG\r\n\x1a\n\0\0"), "seems to be a PNG picture"),
    Broken("workbook", file(b"PK\x03\x04\x14\0"), r"Excel workbook \(\.xlsx\). Expected a CSV file"),
    Broken("parquet", file(b"PAR1\x15\x04"), "seems to be a Parquet file"),
    Broken("other binary", file(b"age,bought\n1,\0\x01\n"), "is not text: byte 13 is zero"),
    Broken(
        "zip",
        file(_zipped(), "data.zip"),
        r"a zip archive or .* ending .xlsx if it is a workbook, or unpack it",
    ),
    Broken("damaged gzip", file(gzip.compress(table().encode())[:40]), "a damaged gzip archive"),
    Broken(
        "UTF-16",
        file(table().encode("utf-16")),
        r"is written in UTF-16, as its first bytes say. Expected UTF-8. Convert it: iconv -f UTF-16 -t UTF-8",
    ),
    Broken(
        "UTF-16 without a mark",
        file(table().encode("utf-16-be")),
        "seems to be written in UTF-16BE: every second byte is zero",
    ),
    Broken("UTF-32", file(table().encode("utf-32")), "is written in UTF-32, as its first bytes say"),
    Broken(
        "Latin-1",
        file(table(lines=["30,caf\xe9,yes"]).encode("latin-1")),
        r"line 2 holds the byte 0xE9, and it is likely written in CP1252. .* iconv -f CP1252 -t UTF-8 'data.csv' >",
    ),
    Broken(
        "not even CP1252",
        file(table(lines=["30,caf\xe9 \x81x,yes"]).encode("latin-1")),
        "it is likely written in Latin-1",
    ),
    Broken(
        "GBK",
        file(table(lines=["30,\u7ea2\u8272,yes", "31,\u84dd\u8272\u7684,no"]).encode("gbk")),
        "line 2 holds the byte 0xBA, and it is likely written in GB18030",
    ),
    Broken(
        "Parquet in name",
        file(table(), "data.parquet"),
        r"not a Parquet file: it begins with b'age,co'.* such as .csv",
    ),
    Broken(
        "Parquet cut off",
        file(PARQUET[:-100], "data.parquet"),
        r"data.parquet is cut off: it does not end with b'PAR1'",
    ),
    Broken(
        "Parquet damaged",
        file(PARQUET[:4] + bytes(len(PARQUET) - 8) + b"PAR1", "data.parquet"),
        r"data.parquet is damaged, or not a Parquet file \(.+\). Copy or write it again",
    ),
    Broken("Parquet empty", file("", "data.parquet"), "data.parquet is empty. Expected a table"),
    Broken(
        "Parquet without rows",
        file(saved(frame().head(0).write_parquet), "data.pq"),
        "data.pq has 3 columns and no rows",
    ),
    Broken(
        "Parquet without a name",
        file(saved(frame().rename({"age": ""}).write_parquet), "data.pq"),
        "Column 1 of data.pq has an empty name",
    ),
    Broken(
        "Arrow in name",
        file(table(), "data.feather"),
        "data.feather is not an Arrow file: it begins with b'age,co'",
    ),
    Broken(
        "Arrow cut off",
        file(ARROW[:-100], "data.arrow"),
        "data.arrow is cut off: it does not end with b'ARROW1'",
    ),
    Broken(
        "Arrow damaged",
        file(ARROW[:8] + bytes(len(ARROW) - 14) + b"ARROW1", "data.arrow"),
        "data.arrow is damaged, or not an Arrow file",
    ),
    Broken(
        "Feather 1",
        file(b"FEA1" + bytes(40) + b"FEA1", "data.feather"),
        "first version of Feather. Expected its second",
    ),
    Broken(
        "broken JSON line",
        file(_record(20) + "\n" + '{"age": 30, "bought": \n' + _record(40), "data.jsonl"),
        r"Line 3 of data.jsonl is not JSON \(Expecting value, at character \d+\). Mend or remove it",
    ),
    Broken(
        "JSON line that is a number",
        file(_record(20) + "30\n", "data.ndjson"),
        "Line 2 of data.ndjson is a number. Expected an object with a value for each column",
    ),
    Broken(
        "key twice in a JSON line",
        file(_record(20) + '{"age": 30, "age": 40, "bought": null}\n', "data.jsonl"),
        "data.jsonl holds the key 'age' twice in the record of line 2",
    ),
    Broken(
        "one JSON object",
        file('{"age": [1, 2]}', "data.json"),
        "data.json holds one object. Expected a list of records",
    ),
    Broken("broken JSON", file('[{"age": 1},\n {"age": 2}', "data.json"), "Line 2 of data.json is not JSON"),
    Broken("JSON list of numbers", file("[1, 2]", "data.json"), "Record 1 of data.json is a number"),
    Broken(
        "deep JSON", file('[{"a": ' + "[" * 100_000, "data.json"), "Line 1 of data.json is nested too deeply"
    ),
    Broken("empty JSON list", file("[]", "data.json"), "data.json has no columns. Expected at least one row"),
    Broken("no such table", database("?table=sale"), "shop.db has no table 'sale'. Did you mean 'sales'"),
    Broken(
        "no table named",
        database(""),
        r"shop.db holds the tables sales, staff. Expected one table to be named. Write sqlite:///FILE\?table=NAME",
    ),
    Broken(
        "bad SQL",
        database("?query=selct * from sales"),
        r"query 'selct \* from sales' fails on shop.db \(near \"selct\": syntax error\). Mend the query",
    ),
    Broken(
        "SQL that writes",
        database("?query=drop table sales"),
        r"fails on shop.db \(attempt to write a readonly",
    ),
    Broken(
        "SQL without rows",
        database("?query=pragma foreign_keys = 1"),
        "gives no rows from shop.db. Expected a SELECT",
    ),
    Broken(
        "SQL with a name twice",
        database("?query=select age, age, bought from sales"),
        "shop.db has several columns named 'age'. Expected each column to have its own name",
    ),
    Broken("not a database", file(table(), "shop.db"), "shop.db is not a SQLite database"),
    Broken(
        "damaged database",
        file(b"SQLite format 3\0" + bytes(200), "shop.db"),
        r"shop.db cannot be read \(.+\). Copy it again",
    ),
    Broken(
        "too few slashes", lambda folder: "sqlite://shop.db?table=a", "names no file: it has too few slashes"
    ),
    Broken(
        "database without a table",
        lambda folder: "postgresql://me:secret@host/shop",
        r"[Pp]ostgresql://me:\$\{DATABASE_PASSWORD\}@host/shop names no table. Expected ADDRESS\?table=NAME",
    ),
    Broken(
        "empty npz",
        file(saved(np.savez), "data.npz"),
        "data.npz holds no arrays. Expected the arrays X and y",
    ),
    Broken(
        "npz without y",
        file(saved(lambda out: np.savez(out, X=np.eye(3), labels=[0, 1, 0])), "data.npz"),
        r"data.npz holds the arrays X, labels. Expected the arrays X and y. np.savez\(path, X=..., y=...\) writes them",
    ),
    Broken(
        "npz of other lengths",
        file(saved(lambda out: np.savez(out, X=np.eye(3), y=[0, 1])), "data.npz"),
        "X has 3 rows and y has 2",
    ),
    Broken(
        "npz of objects",
        file(PICKLED, "data.npz"),
        "data.npz holds Python objects, .* since they could run code",
    ),
    Broken(
        "npy that is npz",
        file(saved(np.savez), "data.npy"),
        "data.npy is an archive of arrays. Expected a single array. Call it .npz",
    ),
    Broken(
        "npz that is npy",
        file(saved(lambda out: np.save(out, np.eye(3))), "data.npz"),
        "data.npz is a single array. Expected an archive of X and y. Call it .npy",
    ),
    Broken(
        "npz cut off", file(PICKLED[:200], "data.npz"), r"data.npz is damaged, or no file of NumPy's \(.+\)"
    ),
    Broken(
        "pictures in npy",
        file(saved(lambda out: np.save(out, np.zeros((5, 8, 8)))), "data.npy"),
        r"The array in data.npy has the shape \(5, 8, 8\). Expected rows and columns: \(N, D\)",
    ),
    Broken(
        "records in a grid",
        file(saved(lambda out: np.save(out, np.zeros((2, 2), [("a", float)]))), "data.npy"),
        r"structured array in data.npy has the shape \(2, 2\). Expected one record a row",
    ),
    Broken(
        "npy of objects",
        file(saved(lambda out: np.save(out, np.array([{}]))), "data.npy"),
        "data.npy holds Python objects",
    ),
    Broken(
        "pattern without a file",
        files({"a.csv": table()}, "*.tsv"),
        r"No file matches '.*\*\.tsv'.* holds a\.csv",
    ),
    Broken(
        "pattern without a folder",
        lambda folder: str(folder / "no" / "*.csv"),
        "No file matches .* There is no folder '.*no'",
    ),
    Broken(
        "files whose columns differ",
        files({"a.csv": table(), "b.csv": table("age,color,bought")}, "*.csv"),
        r"columns of '?.*b\.csv'? are not those of '?.*a\.csv'?: without 'colour', with 'color'. Expected the 3",
    ),
    Broken(
        "files whose types differ",
        files({"a.csv": table(), "b.parquet": PARQUET}, "[ab].*"),
        r"Column 'age' is String in .*a\.csv'? and Int64 in .*b\.parquet'?",
    ),
    Broken("one broken file of two", files({"a.csv": table(), "b.csv": ""}, "*.csv"), r"b\.csv is empty"),
    Broken(
        "folder of others",
        files({"a.xyz": b"\x89PNG"}, ""),
        r"is a folder that holds neither tables nor pictures, but a\.xyz",
    ),
    Broken(
        "train and test in a folder",
        files({"train.csv": table(), "test.csv": table()}, ""),
        r"holds test\.csv, train\.csv, which seem to have been set apart. Expected rows that may be mixed",
    ),
    Broken(
        "open quote",
        file(table(lines=[*rows(), '30,"red,no'])),
        "quotation mark in line 42 that is not closed",
    ),
    Broken("name twice", file(table("age,age,bought")), "holds more than once: 'age'. Expected each column"),
    Broken("no header: numbers", file("1,2,3\n4,5,6\n7,8,9\n"), r"first line .* looks like data \(1, 2, 3\)"),
    Broken("no header: mixed", file(table("20,red,yes")), r"looks like data \(20, red, yes\)"),
    Broken(
        "no header: words", file("x,red,yes\nx,red,yes\ny,red,yes\n" * 9), r"looks like data \(x, red, yes\)"
    ),
    Broken(
        "wrong field counts", file(table(lines=[r + ",1" for r in rows()])), "40 of 40 rows .* but mostly 4"
    ),
    Broken(
        "one column", file("bought\n" + "yes\nno\n" * 10), "no input beside the target 'bought'. .* separator"
    ),
    Broken("no such target", file(table()), "no column 'bougt', the target. Did you mean 'bought'?", "bougt"),
    Broken("no target", file(table()), r"No target is named .* There are: age, colour, bought", None),
    Broken("no such sample", lambda folder: "sample:irs", "no sample called 'irs'. Did you mean 'iris'?"),
    Broken(
        "constant target", file(_column("bought", ["yes"] * 30)), "Target 'bought' has a single class, 'yes'"
    ),
    Broken("constant number", file(_column("bought", ["2.5"] * 30)), "Target 'bought' is 2.5 in every row"),
    Broken("empty target", file(_column("bought", ["", "NA", "?"] * 10)), "Target 'bought' has no values"),
    Broken(
        "names as target",
        file(_column("bought", [f"n{i}" for i in range(30)])),
        "30 of its 30 classes occur once",
    ),
    Broken(
        "dates as target",
        file(_column("bought", [f"2020-01-{i:02}" for i in range(1, 30)])),
        "holds dates or times",
    ),
    Broken(
        "words to regress",
        file(table()),
        "but 40 of its 40 values are not finite numbers",
        "bought",
        "regress",
    ),
    Broken(
        "only identifiers",
        file(table("id,bought", [f"u{i},{i % 2}" for i in range(30)])),
        "id: each value occurs once",
    ),
    Broken(
        "unknown task",
        file(table()),
        "no task called 'clasify'. Did you mean 'classify'?",
        "bought",
        "clasify",
    ),
)
