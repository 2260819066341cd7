"""A table read in stretches is the table that is read at once."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.data.stream import Stream, memory, open_stream, parquet, parts_by_content, text
from ranvier.data.stream.stretch import Stretch
from ranvier.errors import DataError

NEW_LINES = pytest.mark.parametrize("line", ["\n", "\r\n"], ids=["lf", "crlf"])


def whole(stream: Stream) -> Stretch:
    return Stretch.joined([stream.read(block) for block in stream.blocks()])


def table(path: Path, seed: int, line: str, rows: int = 400) -> Path:
    """A file in which quoted fields hold separators, quotation marks, line breaks and whole records."""
    draw = random.Random(seed)
    words = ["red", "blue, dark", 'a "b"', "two\nlines", "1,2\n3,4\n", "", "ä", "x" * 40]
    lines = ["number,words,last"]
    for i in range(rows):
        word = draw.choice(words if seed % 3 else words[:1] + words[5:])
        quoted = '"' + word.replace('"', '""') + '"' if set(word) & set(',"\n') else word
        lines.append(f"{i},{quoted},{draw.random():.3f}")
    path.write_bytes("\n".join(lines).replace("\n", line).encode() + line.encode() * (seed % 2))
    return path


@NEW_LINES
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("step", [50, 333, 4_000, 10**6])
def test_blocks_of_text_hold_each_row_once(tmp_path, monkeypatch, seed, step, line):
    path = table(tmp_path / "rows.csv", seed, line)
    monkeypatch.setattr(text, "BLOCK", step)
    monkeypatch.setattr(text, "WINDOW", 1_024)
    stream = open_stream(path)
    stretch = whole(stream)
    ledger = Ledger()
    assert stretch.frame.equals(read(path, ledger).frame)
    assert (stretch.read, stretch.dropped) == (ledger.read, {})
    assert (np.diff(stretch.rows) > 0).all()
    assert len(stream.blocks()) > 1 or step == 10**6


@pytest.mark.parametrize("rows", [1, 7, 100, 10_000])
def test_blocks_of_parquet_hold_each_row_once(tmp_path, monkeypatch, rows):
    frame = pl.DataFrame({"a": range(1_000), "b": pl.Series(["x", None] * 500, dtype=pl.Categorical)})
    frame.write_parquet(tmp_path / "rows.parquet", row_group_size=150)
    monkeypatch.setattr(parquet, "CELLS", rows * 2)
    stream = open_stream(tmp_path / "rows.parquet")
    stretch = whole(stream)
    assert stretch.frame.equals(read(tmp_path / "rows.parquet", Ledger()).frame)
    assert stretch.rows.tolist() == list(range(1_000))
    assert (stream.rows, stream.files[0].declared) == (1_000, {"b": "category"})


def test_several_files_are_one_table(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4\n")
    (tmp_path / "b.csv").write_text("y,x\n6,5\n8,7")
    monkeypatch.setattr(text, "BLOCK", 3)
    for location in (tmp_path / "*.csv", [tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path):
        stretch = whole(open_stream(str(location) if isinstance(location, Path) else location))
        assert stretch.frame.rows() == [("1", "2"), ("3", "4"), ("5", "6"), ("7", "8")]
        assert len(set(stretch.rows.tolist())) == 4
    (tmp_path / "c.csv").write_text("x,z\n5,6\n")
    with pytest.raises(DataError, match="The columns of c.csv are not those of a.csv.*Expected x, y"):
        open_stream(str(tmp_path / "*.csv"))


def test_what_cannot_be_streamed(tmp_path):
    (tmp_path / "rows.csv.gz").write_bytes(b"")
    assert open_stream(tmp_path / "rows.csv.gz") is None
    assert open_stream("sample:iris") is None
    assert open_stream(pl.DataFrame({"a": [1]})) is None
    (tmp_path / "header.csv").write_text("a,b\n")
    with pytest.raises(DataError, match="No row can be found below the header in the first 4 bytes"):
        open_stream(tmp_path / "header.csv")


def test_bad_rows_are_counted(tmp_path, monkeypatch):
    rows = [b"%d,red" % i for i in range(300)]
    rows[40], rows[41], rows[90], rows[130], rows[200] = b"1,2,3", b"", b"7,\xff", b"a,b", b'5,"open'
    (tmp_path / "rows.csv").write_bytes(b"a,b\n" + b"\n".join(rows))
    monkeypatch.setattr(text, "BLOCK", 500)
    monkeypatch.setattr(text, "HEAD", 200)
    stretch = whole(open_stream(tmp_path / "rows.csv"))
    assert stretch.dropped == {
        "a blank line": 1,
        "not 2 fields, as the header has": 1,
        "not UTF-8": 1,
        "the header once more": 1,
        "a quotation mark that is not closed": 1,
    }
    assert stretch.read == 300 and stretch.frame.height == 295


@pytest.mark.parametrize("seed", range(3))
def test_a_sample_is_spread_over_the_table(tmp_path, monkeypatch, seed):
    path = table(tmp_path / "rows.csv", 1, "\n", rows=20_000)
    monkeypatch.setattr(text, "WINDOW", 1_024)
    sample, stretch = open_stream(path).sample(3_000, seed)
    numbers = sample.frame["number"].cast(pl.Int64).to_numpy()
    assert 2_000 < len(sample) < 4_000 and stretch.read == len(sample)
    assert (np.diff(numbers) > 0).all()
    assert np.histogram(numbers, 10, (0, 20_000))[0].min() > 150
    again, _ = open_stream(path).sample(3_000, seed)
    other, _ = open_stream(path).sample(3_000, seed + 10)
    assert again.fingerprint == sample.fingerprint != other.fingerprint


def test_a_sample_of_a_small_table_is_all_of_it(tmp_path):
    path = table(tmp_path / "rows.csv", 1, "\n")
    assert open_stream(path).sample(3_000, 0)[0].frame.equals(read(path, Ledger()).frame)


def test_a_sample_that_is_misread(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n" + "1,2,3\n" * 50 + "1,2\n" * 50)
    with pytest.raises(DataError, match="50 of 100 sampled rows of rows.csv cannot be read.*not 2 fields"):
        open_stream(tmp_path / "rows.csv").sample(100, 0)
    (tmp_path / "bad.csv").write_text("a,b\n1,2,3\n")
    with pytest.raises(DataError, match="bad.csv has no rows that can be read"):
        open_stream(tmp_path / "bad.csv").sample(100, 0)


def test_parts_follow_from_what_a_row_holds(tmp_path):
    generator = np.random.default_rng(0)
    frame = pl.DataFrame(
        {"a": generator.normal(size=20_000), "b": generator.integers(0, 5, 20_000).astype(str)}
    )
    parts = parts_by_content(frame, 0.15, 0.2, 0)
    assert abs((parts == "validation").mean() - 0.15) < 0.01 and abs((parts == "test").mean() - 0.2) < 0.01
    pieces = [parts_by_content(frame[i : i + 777], 0.15, 0.2, 0) for i in range(0, 20_000, 777)]
    assert np.array_equal(np.concatenate(pieces), parts)
    assert abs((parts_by_content(frame, 0.15, 0.2, 1) == parts).mean() - (0.65**2 + 0.15**2 + 0.2**2)) < 0.02
    assert set(parts_by_content(frame, 0.0, 0.2, 0)) == {"train", "test"}


def test_a_file_that_changes_under_way(tmp_path):
    path = table(tmp_path / "rows.csv", 1, "\n")
    stream = open_stream(path)
    path.write_bytes(path.read_bytes() + b"1,2,3\n")
    with pytest.raises(DataError, match=r"rows.csv has been changed since it was opened.*--resume RUN"):
        stream.read(stream.blocks()[0])
    path.unlink()
    with pytest.raises(DataError, match=r"rows.csv can no longer be read \(no such file"):
        stream.read(stream.blocks()[0])


def test_memory_at_hand_is_known_here():
    assert memory.at_hand() > 10**7
