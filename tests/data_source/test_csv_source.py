"""Delimited text, against Python's own reader."""

from __future__ import annotations

import csv
import gzip
import io
import random

import numpy as np
import pytest

from broken import rows
from ranvier.data.ledger import Ledger
from ranvier.data.source import read, records
from ranvier.errors import DataError


def read_text(folder, text, name="data.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    ledger = Ledger()
    return read(path, ledger), ledger


def entries(ledger):
    return [(entry.outcome, entry.reason, entry.count, entry.rows) for entry in ledger.entries]


PIECES = ["a", "b c", '"', ",", "\n", " ", "é", "你", ";", "", "1", "'", "\t"]


def expected(text):
    """What Python's reader makes of it, with white space removed and nothing for what is empty."""
    found = list(csv.reader(io.StringIO(text, newline="")))
    return [tuple(cell.strip() or None for cell in record) for record in found[1:] if record]


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("chunk", [5, 16, 1 << 20])
def test_any_quoting_agrees_with_pythons_reader(tmp_path, monkeypatch, quoting, chunk):
    monkeypatch.setattr(records, "_CHUNK", chunk)
    draw = random.Random(chunk + quoting)
    for trial in range(30):
        out = io.StringIO()
        writer = csv.writer(out, quoting=quoting, lineterminator=draw.choice(["\n", "\r\n"]))
        writer.writerow(["first", "second", "third"])
        for _ in range(draw.randint(1, 30)):
            writer.writerow(["".join(draw.choices(PIECES, k=draw.randint(0, 5))) for _ in range(3)])
        wanted = expected(out.getvalue().replace("\r\n", "\n"))
        table, ledger = read_text(tmp_path, out.getvalue())
        assert table.frame.rows() == wanted, trial
        assert ledger.read == len(wanted)


def test_the_fast_way_is_taken_for_regular_quoting():
    text = b'a,b\n"x, ""y""\n",2\n,"3"\n'
    found = records.scan(text, ",")
    assert found.regular
    assert found.ends.tolist() == [4, 18, 23]
    assert found.separators.tolist() == [1, 1, 1]
    assert found.starts.tolist() == [0, 4, 18]


@pytest.mark.parametrize(
    ("line", "regular"),
    [
        ('"x",1', True),
        ('x"y,1', False),
        ('"x"y,1', False),
        (' "x",1', False),
        ('"x" ,1', False),
        ('"x,1', False),
    ],
)
@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_irregular_quotes_are_noticed_at_any_chunk_border(monkeypatch, line, regular, chunk):
    monkeypatch.setattr(records, "_CHUNK", chunk)
    assert records.scan(f"a,b\n{line}\n".encode(), ",").regular is regular


@pytest.mark.parametrize(
    ("line", "padded"),
    [("x,1", False), ("x y,1", False), ("x ,1", True), ("x, 1", True), ("x,1\t", True), (" x,1", True)],
)
@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_padding_is_noticed_at_any_chunk_border(monkeypatch, line, padded, chunk):
    monkeypatch.setattr(records, "_CHUNK", chunk)
    assert records.scan(f"a,b\n{line}\n".encode(), ",").padded is padded


def test_a_quote_inside_a_field_is_taken_as_it_stands(tmp_path):
    table, _ = read_text(tmp_path, 'size,note\n5" pipe,"a, b"\n7", "c, d"\n')
    assert table.frame.rows() == [('5" pipe', "a, b"), ('7"', "c, d")]


@pytest.mark.parametrize("separator", [";", "\t", "|", ":"])
def test_separators_other_than_a_comma_are_found_and_said(tmp_path, separator):
    table, ledger = read_text(tmp_path, f"a{separator}b\n1,5{separator}x\n2,5{separator}y\n")
    assert table.frame.columns == ["a", "b"]
    assert table.frame["a"].to_list() == ["1,5", "2,5"]
    assert [entry.outcome for entry in ledger.entries] == ["kept"]
    assert "separated by a" in ledger.entries[0].reason


def test_nothing_is_said_of_a_comma(tmp_path):
    _, ledger = read_text(tmp_path, "a,b\n10:30,x|y\n11:30,z|w\n")
    assert ledger.entries == []


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.replace(b"\n", b"\r"),
        lambda text: b"\n\n" + text + b"\n\n",
        lambda text: text + b"  \n\t\n",
        lambda text: text.rstrip(b"\n"),
        lambda text: text.replace(b",", b" ,\t"),
        lambda text: text.replace(b",", "\u00a0,".encode()),
        lambda text: text.replace(b"x", b'"x"'),
        gzip.compress,
    ],
    ids=[
        "BOM",
        "CRLF",
        "CR",
        "blank around",
        "blank end",
        "no last break",
        "padded",
        "wide space",
        "quoted",
        "gzip",
    ],
)
def test_the_same_table_in_another_guise(tmp_path, change):
    table, ledger = read_text(tmp_path, change(b"a,b\n1,x\n,y\n3,z z\n"))
    assert table.frame.columns == ["a", "b"]
    assert table.frame.rows() == [("1", "x"), (None, "y"), ("3", "z z")]
    assert (ledger.read, ledger.entries) == (3, [])


def test_cells_of_white_space_are_missing(tmp_path):
    table, _ = read_text(tmp_path, 'a,b\n  ,x\n"",y\n" ",z\n')
    assert table.frame["a"].to_list() == [None, None, None]


def test_ragged_rows_are_dropped_and_counted(tmp_path):
    lines = rows(100)
    lines[10], lines[50], lines[99] = "1,2", "1,2,3,4", '"1,2,3"'
    table, ledger = read_text(tmp_path, "\n".join(["age,colour,bought", *lines]))
    assert table.frame.rows() == [
        tuple(line.split(",")) for line in rows(100)[:10] + rows(100)[11:50] + rows(100)[51:99]
    ]
    assert table.rows.tolist() == [i for i in range(100) if i not in (10, 50, 99)]
    assert entries(ledger) == [("dropped", "not 3 fields, as the header has", 3, (11, 51, 100))]
    ledger.reconcile({"train": len(table)})


def test_ragged_rows_are_refused_above_a_twentieth(tmp_path):
    lines = rows(100)
    lines[:5] = ["1,2"] * 5
    assert len(read_text(tmp_path, "\n".join(["a,b,c", *lines]))[0]) == 95
    lines[5] = "1,2"
    with pytest.raises(
        DataError, match=r"6 of 100 rows .* header's 3 fields, but mostly 2 .*the first is row 1"
    ):
        read_text(tmp_path, "\n".join(["a,b,c", *lines]))


def test_blank_lines_between_rows_are_dropped_and_counted(tmp_path):
    table, ledger = read_text(tmp_path, "a,b\n1,2\n\n3,4\n  \n5,6\n\n")
    assert table.rows.tolist() == [0, 2, 4]
    assert table.frame["a"].to_list() == ["1", "3", "5"]
    assert entries(ledger) == [("dropped", "a blank line", 2, (2, 4))]
    assert ledger.read == 5


def test_a_repeated_header_is_dropped(tmp_path):
    table, ledger = read_text(tmp_path, "a,b\n1,2\na,b\n3,4\n5,6\n")
    assert table.frame.rows() == [("1", "2"), ("3", "4"), ("5", "6")]
    assert table.rows.tolist() == [0, 2, 3]
    assert entries(ledger) == [("dropped", "the header once more", 1, (2,))]


def test_columns_without_a_name_are_called_by_their_place(tmp_path):
    table, ledger = read_text(tmp_path, ",a, \n1,2,3\n")
    assert table.frame.columns == ["column_1", "a", "column_3"]
    assert [entry.column for entry in ledger.entries] == ["column_1", "column_3"]


def test_counted_names_are_names(tmp_path):
    assert read_text(tmp_path, "0,1,2\n5,6,7\n")[0].frame.columns == ["0", "1", "2"]
    assert read_text(tmp_path, "land,2019,2020\nA,6,7\n")[0].frame.columns == ["land", "2019", "2020"]


def test_an_open_quote_in_the_middle_is_no_silent_loss(tmp_path):
    lines = rows(40)
    lines[20] = '30,"red,no'  # swallows what follows, up to the next quote
    lines[30] = '30,"red",no'
    with pytest.raises(DataError, match="quotation mark in line 22 that is not closed"):
        read_text(tmp_path, "\n".join(["age,colour,bought", *lines[:31]]))


def test_the_fingerprint_is_that_of_the_file(tmp_path):
    import hashlib

    table, _ = read_text(tmp_path, "a,b\n1,2\n")
    assert table.fingerprint == hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    assert table.origin == "data.csv"


def test_many_rows_at_once(tmp_path):
    values = np.random.default_rng(0).integers(0, 1000, (20_000, 5))
    text = "a,b,c,d,e\n" + "\n".join(",".join(map(str, row)) for row in values.tolist())
    table, ledger = read_text(tmp_path, text)
    assert (table.frame.cast(int).to_numpy() == values).all()
    assert ledger.read == 20_000
