"""JSON: records by line and by list, against Python's own reader."""

from __future__ import annotations

import gzip
import json
import random

import polars as pl
import pytest

from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.data.source.json import LACKING


def read_text(folder, text, name="data.jsonl"):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    ledger = Ledger()
    return read(folder / name, ledger), ledger


RECORDS = [
    {"a": 1, "b": "x", "c": True},
    {"a": 2.5, "b": "é 你", "c": False},
    {"a": 3, "b": 'say ":', "c": True},
]


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("data.jsonl", lambda r: "\n".join(map(json.dumps, r))),
        (
            "data.ndjson",
            lambda r: "\r\n".join(json.dumps(one, ensure_ascii=False) for one in r) + "\r\n \n\n",
        ),
        ("data.json", lambda r: json.dumps(r, indent=2)),
        ("data.JSON", lambda r: "\n".join(map(json.dumps, r))),
        ("data.jsonl.gz", lambda r: gzip.compress("\n".join(map(json.dumps, r)).encode())),
        ("data.json.gz", lambda r: gzip.compress(json.dumps(r).encode())),
        ("data.jsonl", lambda r: b"\xef\xbb\xbf" + "\n".join(map(json.dumps, r)).encode()),
    ],
    ids=["lines", "CRLF", "list", "lines as json", "gzip", "gzip list", "BOM"],
)
def test_the_same_records_in_another_guise(tmp_path, name, write):
    table, ledger = read_text(tmp_path, write(RECORDS), name)
    assert table.frame.rows() == [tuple(one.values()) for one in RECORDS]
    assert table.frame.schema == {"a": pl.Float64, "b": pl.String, "c": pl.Boolean}
    assert table.declared == {"c": "boolean"}
    assert (table.rows.tolist(), ledger.read, ledger.entries) == ([0, 1, 2], 3, [])


VALUES = [0, -3, 2.5, 1e300, True, None, "", "text", 'q"":', "NA", [1], {"a": 1}, 2**70]


def equal(found, value):
    """The same, also where a mixture has become text."""
    if found == value or str(found).lower() == str(value).lower():
        return True
    return json.loads(found) == value or float(found) == float(value)


def test_any_records_agree_with_pythons_reader(tmp_path):
    draw = random.Random(1)
    for trial in range(120):
        kinds = draw.sample(VALUES, draw.randint(1, 3))
        lines, wanted, blank = [], [], []
        for line in range(draw.randint(1, 12)):
            if line and draw.random() < 0.1:
                blank.append(len(lines))
                lines.append(draw.choice(["", "  "]))
                continue
            record = {key: draw.choice(kinds) for key in draw.sample(["k", "l", "m"], draw.choice([3, 3, 2]))}
            wanted.append(record)
            lines.append(json.dumps(record, separators=draw.choice([(",", ":"), (" , ", " : ")])))
        if not any(wanted) or lines[-1].strip() == "":
            continue
        table, ledger = read_text(tmp_path, "\n".join(lines))
        keys = list(dict.fromkeys(key for record in wanted for key in record))
        assert sorted(table.frame.columns) == sorted(keys)
        for key in keys:
            values = [record.get(key) for record in wanted]
            found = table.frame[key]
            assert found.is_null().to_list() == [value is None for value in values], (trial, key, values)
            if not found.dtype.is_nested():
                for one, value in zip(found.to_list(), values):
                    assert value is None or equal(one, value), (trial, key, values)
        lacking = {key: [i for i, record in enumerate(wanted) if key not in record] for key in keys}
        rows = table.rows.tolist()
        assert rows == [i for i in range(len(lines)) if i not in blank]
        noted = {
            entry.column: (entry.count, entry.rows) for entry in ledger.entries if entry.reason == LACKING
        }
        assert noted == {k: (len(p), tuple(rows[i] + 1 for i in p[:5])) for k, p in lacking.items() if p}
        ledger.reconcile({"train": len(table)})
        assert ledger.dropped == len(blank)


def test_a_record_without_a_key_is_noted(tmp_path):
    table, ledger = read_text(tmp_path, '{"a":1,"b":2}\n\n{"a":3}\n{"a":null,"b":4}\n')
    assert table.frame.rows() == [(1, 2), (3, None), (None, 4)]
    assert [(e.outcome, e.reason, e.count, e.column, e.rows) for e in ledger.entries] == [
        ("dropped", "a blank line", 1, None, (2,)),
        ("kept", LACKING, 1, "b", (3,)),
    ]


def test_numbers_and_text_in_one_column_become_text(tmp_path):
    table, _ = read_text(tmp_path, '{"a":1,"b":true}\n{"a":"x","b":2}\n{"a":2.5,"b":false}\n')
    assert table.frame["a"].to_list() == ["1", "x", "2.5"]
    assert table.frame["b"].to_list() == [1, 2, 0]


def test_lists_and_objects_stay_what_no_kind_takes_for_words(tmp_path):
    text = '{"a":[1],"b":1,"c":[{"x":1},2]}\n{"a":{"x":2},"b":2,"c":[true]}\n'
    table, _ = read_text(tmp_path, text)
    assert table.frame["b"].to_list() == [1, 2]
    assert table.frame["a"].dtype.is_nested() and table.frame["c"].dtype.is_nested()


def test_not_a_number_is_missing(tmp_path):
    table, ledger = read_text(tmp_path, '{"a":NaN}\n{"a":1.5}\n{"a":Infinity}\n')
    assert table.frame["a"].to_list() == [None, 1.5, float("inf")]
    assert ledger.entries == []
