"""Broken inputs, each with the sentence that a user should read. Shared by the tests of reading and of commands."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


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


CASES = (
    Broken("missing file", lambda folder: str(folder / "none.csv"), r"There is no file '.*none\.csv'"),
    Broken("misspelt file", _near_miss, r"Did you mean 'titanic\.csv'\?"),
    Broken(
        "missing folder", lambda folder: str(folder / "no" / "data.csv"), r"There is no folder '.*no' either"
    ),
    Broken("address", lambda folder: "https://example.org/data.csv", "Download it first"),
    Broken("folder", str, "is a folder. Expected a file"),
    Broken("impossible name", lambda folder: f"{folder}/da\0ta.csv", "cannot be read"),
    Broken("empty file", file(""), r"data\.csv is empty. Expected a header"),
    Broken("white space alone", file(" \n\n  \n"), r"data\.csv is empty"),
    Broken("header alone", file("age,colour,bought\n"), "a header and no rows"),
    Broken("header and blank lines", file("age,colour,bought\n\n  \n"), "a header and no rows"),
    Broken("picture", file(b"\x89PNG\r\n\x1a\n\0\0"), "seems to be a PNG picture"),
    Broken("workbook", file(b"PK\x03\x04\x14\0"), r"Excel workbook \(\.xlsx\). Expected a CSV file"),
    Broken("parquet", file(b"PAR1\x15\x04"), "seems to be a Parquet file"),
    Broken("other binary", file(b"age,bought\n1,\0\x01\n"), "is not text: byte 13 is zero"),
    Broken("damaged gzip", file(gzip.compress(table().encode())[:40]), "a damaged gzip archive"),
    Broken("UTF-16", file(table().encode("utf-16")), "is written in UTF-16. Expected UTF-8"),
    Broken(
        "Latin-1",
        file(table(lines=["30,caf\xe9,yes"]).encode("latin-1")),
        r"line 2 holds the byte 0xE9. Save it",
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
