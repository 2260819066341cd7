"""Large files of text whose columns of numbers are parsed as such: what follows is what follows of text."""

from __future__ import annotations

import random

import numpy as np
import polars as pl
import pytest

from ranvier.data import clean as cleaning
from ranvier.data import numbers
from ranvier.data.clean import clean
from ranvier.data.infer import infer_schema, written
from ranvier.data.kinds import values
from ranvier.data.ledger import Ledger
from ranvier.data.numbers import with_numbers
from ranvier.data.preparation import Preparation
from ranvier.data.source import csv, fields, read, records
from ranvier.errors import DataError
from ranvier.spec import ColumnSpec

ROWS = 120
ODD = [
    "",
    "NA",
    "abc",
    "nan",
    "inf",
    "1e400",
    "007",
    "+5",
    " 3",
    "4 ",
    "1_000",
    "12345678901234567890",
    "-0",
    "2.50",
]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Tables of the tests count as large."""
    for module in (values, numbers, csv, cleaning):
        monkeypatch.setattr(module, "LONG", 20)
    monkeypatch.setattr(fields, "FEWEST", 10)
    monkeypatch.setattr(csv, "TOGETHER", 15)
    monkeypatch.setattr(csv, "PLACES", 2)


def table_of(draw: random.Random) -> list[list[str]]:
    """Rows of text: plain numbers of several forms, words, yes and no; here and there something odd."""
    rows = [
        [
            str(draw.choice("abc")),
            f"{draw.gauss(0, 5):.3f}",
            str(draw.randrange(1000)),
            draw.choice(["red", "dark blue", ""]),
            draw.choice(["yes", "no"]),
            repr(draw.random() * 1e-6),
            str(draw.randrange(2)),
            "7",
        ]
        for _ in range(ROWS)
    ]
    for _ in range(draw.choice([0, 0, 1, 3])):
        draw.choice(rows)[draw.randrange(1, 8)] = draw.choice(ODD)
    if draw.random() < 0.3:
        rows[draw.randrange(ROWS)] = list(draw.choice(rows))
    return rows


def prepared(path, typed, columns):
    ledger = Ledger()
    try:
        table = read(path, ledger, written=written(columns, "y") if typed else None)
        schema = infer_schema(table, columns, "y", None, ledger)
        table = with_numbers(clean(table, schema, ledger), schema)
        preparation = Preparation.fit(table.frame, schema)
        tensors = preparation.transform(table.frame, ledger, table.rows)
    except DataError as error:
        return str(error)
    found = {name: tensor.tolist() for name, tensor in tensors.items()}
    return (
        found,
        schema.as_dict(),
        preparation.state(),
        ledger.as_dict(),
        table.fingerprint,
        table.rows.tolist(),
    )


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("fault", ["", "quoted", "ragged", "blank line", "header again", "windows", "padded"])
def test_what_follows_is_the_same(tmp_path, seed, fault):
    draw = random.Random(seed)
    rows = table_of(draw)
    lines = [",".join(row) for row in rows]
    place = draw.randrange(ROWS)
    header = "y,a,b,c,d,e,f,g"
    if fault == "quoted":
        lines = [",".join(f'"{cell}"' if draw.random() < 0.2 else cell for cell in row) for row in rows]
    if fault == "ragged":
        lines[place] += ",9"
        other = draw.randrange(ROWS)
        lines[other] = lines[other].rsplit(",", 1)[0]
    if fault == "blank line":
        lines.insert(place, "")
    if fault == "header again":
        lines.insert(place, header)
    if fault == "padded":
        lines[place] = lines[place].replace(",", " , ")
    end = "\r\n" if fault == "windows" else "\n"
    path = tmp_path / "data.csv"
    path.write_bytes((end.join([header, *lines]) + end).encode())
    columns = {"b": ColumnSpec(kind="category")} if draw.random() < 0.3 else {}
    assert prepared(path, True, columns) == prepared(path, False, columns)


def frame_of(tmp_path, lines, keep=()):
    path = tmp_path / "data.csv"
    path.write_text("\n".join(lines) + "\n")
    return read(path, Ledger(), written=keep).frame


def test_plain_numbers_come_as_floats_and_all_else_as_text(tmp_path):
    lines = ["a,b,c,d,1.5,n,e", *(f"{i / 8},{i},0{i},{i % 2},{i},{10**17 + i},{i / 4}" for i in range(50))]
    frame = frame_of(tmp_path, lines, keep={"b"})
    assert [str(kind) for kind in frame.dtypes] == ["Float64", "String", *["String"] * 4, "Float64"]
    assert frame["a"].to_list() == [i / 8 for i in range(50)]
    assert frame["c"].to_list() == [f"0{i}" for i in range(50)]


@pytest.mark.parametrize("odd", ["abc", "NA", "nan", "inf", "12345678901234567890"])
def test_a_value_far_down_that_is_no_plain_number_leaves_text(monkeypatch, tmp_path, odd):
    monkeypatch.setattr(csv, "PLACES", 1)
    lines = ["a,b", *(f"{i},{i}" for i in range(500))]
    lines[-1] = f"{odd},1"
    frame = frame_of(tmp_path, lines)
    assert frame["a"].dtype == pl.String
    assert frame["a"].to_list() == [*(str(i) for i in range(499)), odd]


def test_few_rows_and_readers_of_text_get_text(tmp_path):
    lines = ["a,b", *(f"{i},{i}" for i in range(100))]
    assert set(frame_of(tmp_path, lines, keep=None).dtypes) == {pl.String}
    assert set(frame_of(tmp_path, lines[:15], keep=()).dtypes) == {pl.String}
    assert set(frame_of(tmp_path, lines, keep=()).dtypes) == {pl.Float64}


@pytest.mark.parametrize("seed", range(40))
def test_totals_are_those_of_the_records(monkeypatch, seed):
    draw = random.Random(seed)
    cells = ["a", "b c", "", "12", *([" x", "y ", "\t"] if draw.random() < 0.5 else [])]
    separator = draw.choice([",", ";", "\t"])
    lines = (separator.join(draw.choices(cells, k=draw.randint(1, 4))) for _ in range(draw.randint(1, 9)))
    text = ("\n".join(lines) + "\n").encode()
    chunk = draw.choice([1, 3, 8, 1 << 18])
    monkeypatch.setattr(records, "_CHUNK", chunk)
    monkeypatch.setattr(records, "_PIECE", chunk * draw.choice([1, 2, 1000]))
    found = records.scan(text, separator)
    assert records.totals(text, separator) == records.Totals(
        len(found.ends), int(found.separators.sum()), found.padded
    )


@pytest.mark.parametrize("seed", range(60))
def test_rows_with_too_many_and_too_few_fields_are_never_taken_for_sound_ones(tmp_path, seed):
    draw = random.Random(seed)
    width = draw.randint(2, 5)
    rows = [[str(draw.randrange(100)) for _ in range(width)] for _ in range(draw.randint(60, 3000))]
    short, long = draw.sample(range(len(rows)), 2)
    rows[short], rows[long] = rows[short][:-1], [*rows[long], draw.choice(["", "9"])]
    lines = [",".join("abcde"[:width]), *(",".join(row) for row in rows)]
    path = tmp_path / "data.csv"
    path.write_text("\n".join(lines) + "\n")
    ledger = Ledger()
    table = read(path, ledger, written=())
    assert sorted({short, long} | set(table.rows.tolist())) == list(range(len(rows)))
    assert ledger.dropped == 2
    assert table.frame.height == len(rows) - 2


def test_rows_are_the_same_only_where_all_columns_are(monkeypatch):
    generator = np.random.default_rng(0)
    frame = pl.DataFrame({f"x{i}": generator.integers(0, 3, 200) for i in range(9)})
    again = pl.concat([frame, frame[3:5]])
    wanted = ~again.hash_rows().is_first_distinct().to_numpy()
    assert cleaning._repeated(again).tolist() == wanted.tolist()
    apart = again.with_columns(pl.Series("id", range(again.height)))
    assert not cleaning._repeated(apart).any()
