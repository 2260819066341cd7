"""A corpus of plain text: what is read, how it is split, and what the ledger says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ranvier.data import corpus as module
from ranvier.data import corpus_tokens
from ranvier.data.corpus import read_corpus, split_corpus, texts
from ranvier.data.corpus_tokens import OnDisk, encode, encode_text, strangers
from ranvier.data.ledger import Ledger
from ranvier.data.tokens import UNKNOWN, Tokens
from ranvier.errors import DataError

LINES = [f"line {i} has the number {i * i}, naïve 猫\n" for i in range(300)]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture(params=["one block", "many blocks"])
def blocks(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "many blocks":
        monkeypatch.setattr(module, "BLOCK", 100)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("last", ["\n", ""])
def test_the_parts_are_the_text_in_its_order_cut_at_line_ends(tmp_path: Path, last: str) -> None:
    text = "".join(LINES).rstrip("\n") + last
    ledger = Ledger()
    corpus = read_corpus(written(tmp_path, "a.txt", text), ledger)
    assert (corpus.lines, corpus.sizes, ledger.read) == ((300,), (len(text.encode()),), 300)
    stretches, reason = split_corpus(corpus, 0.15, 0.2, 0)
    parts = {s.part: "".join(texts(corpus, [s])) for s in stretches}
    assert "".join(parts.values()) == text and list(parts) == ["train", "validation", "test"]
    assert all(part.endswith("\n") for part in list(parts.values())[:2])
    assert len(parts["test"]) == pytest.approx(0.2 * len(text), abs=60)
    assert len(parts["validation"]) == pytest.approx(0.15 * len(text), abs=120)
    assert "last lines test" in reason


@pytest.mark.usefixtures("blocks")
def test_one_long_line_is_cut_between_characters(tmp_path: Path) -> None:
    text = "猫é𝄞a" * 500
    corpus = read_corpus(written(tmp_path, "a.txt", text), Ledger())
    stretches, _ = split_corpus(corpus, 0.1, 0.1, 0)
    assert "".join(texts(corpus, stretches)) == text and len(stretches) == 3
    parts = encode(corpus, stretches, Tokens("bytes"))
    assert [part.lines for part in parts.values()] == [0, 0, 1]


def test_many_files_are_in_one_part_each(tmp_path: Path) -> None:
    for i in range(20):
        written(tmp_path, f"{i:02}.txt", f"{i}\n" * 100)
    corpus = read_corpus(tmp_path, Ledger())
    stretches, reason = split_corpus(corpus, 0.15, 0.2, 3)
    assert [s.file for s in stretches] == list(range(20)) and "whole files" in reason
    counts = {part: sum(s.part == part for s in stretches) for part in ("train", "validation", "test")}
    assert counts["test"] in (4, 5) and counts["validation"] in (3, 4)
    assert split_corpus(corpus, 0.15, 0.2, 3)[0] == stretches != split_corpus(corpus, 0.15, 0.2, 4)[0]
    everything, _ = split_corpus(corpus, 0.0, 0.0, 0)
    assert {s.part for s in everything} == {"train"}


def test_few_files_are_each_cut(tmp_path: Path) -> None:
    paths = [written(tmp_path, f"{i}.txt", "".join(LINES)) for i in range(2)]
    corpus = read_corpus([str(path) for path in paths], Ledger())
    stretches, reason = split_corpus(corpus, 0.2, 0.2, 0)
    assert [s.part for s in stretches] == ["train", "validation", "test"] * 2 and "of each file" in reason
    assert corpus.origin == "2 files"


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("held", [1 << 28, 10])
def test_tokens_in_memory_and_on_disk_are_the_same(
    tmp_path: Path, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus_tokens, "HELD", held)
    text = "".join(LINES)
    corpus = read_corpus(written(tmp_path, "a.txt", text), Ledger())
    stretches, _ = split_corpus(corpus, 0.1, 0.1, 0)
    tokens = Tokens.fit([text], "characters")
    parts = encode(corpus, stretches, tokens)
    assert isinstance(parts["train"].ids, OnDisk) == (held == 10)
    joined = np.concatenate([part.ids[:] for part in parts.values()])
    assert parts["train"].ids[5:9].tolist() == joined[5:9].tolist() and len(parts["train"].ids[9:5]) == 0
    assert joined.dtype == np.uint16 and np.array_equal(joined, tokens.encode(text))
    assert sum(part.lines for part in parts.values()) == 300
    assert sum(part.characters for part in parts.values()) == len(text)
    assert sum(part.bytes for part in parts.values()) == len(text.encode())


def test_the_ledger_tells_line_ends_and_what_the_training_text_did_not_hold(tmp_path: Path) -> None:
    text = "ab\r\n" * 8 + "abc\nzc\nab\n"
    ledger = Ledger()
    corpus = read_corpus(written(tmp_path, "a.txt", b"\xef\xbb\xbf" + text.encode()), ledger)
    stretches, _ = split_corpus(corpus, 0.0, 0.25, 0)
    assert "".join(texts(corpus, stretches)) == text.replace("\r\n", "\n")
    tokens = Tokens.fit(["ab\n"], "characters")
    parts = encode(corpus, stretches, tokens, ledger)
    ledger.reconcile({name: part.lines for name, part in parts.items()})
    said = [(entry.reason.partition(":")[0], entry.count) for entry in ledger.entries]
    assert said[0] == ("the line ends in CR LF", 8)
    assert sum(count for reason, count in said[1:] if "does not" in reason) == 2
    assert (
        sum(part.unknown for part in parts.values())
        == 3
        == sum((p.ids == UNKNOWN).sum() for p in parts.values())
    )


def test_an_even_share_of_the_blocks_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 400)
    text = "".join(LINES)
    corpus = read_corpus(written(tmp_path, "a.txt", text), Ledger())
    stretches, _ = split_corpus(corpus, 0.0, 0.0, 0)
    some = list(texts(corpus, stretches, 0.25))
    assert sum(map(len, some)) == pytest.approx(len(text) / 4, rel=0.15)
    assert all(block in text for block in some) and some[-1] in text[-len(text) // 5 :]


def test_a_folder_says_what_it_leaves_out(tmp_path: Path) -> None:
    written(tmp_path, "corpus/a.txt", "some text\n")
    written(tmp_path, "corpus/b.png", b"\x89PNG")
    ledger = Ledger()
    assert read_corpus(tmp_path / "corpus", ledger).origin == "corpus"
    assert "a folder with 1 files that are no text" in str(ledger.entries[0])
    assert len(read_corpus(str(tmp_path / "corpus" / "*.txt"), Ledger()).files) == 1


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.txt", b"", "empty.txt holds no text"),
        ("latin.txt", b"one\ntwo\ncaf\xe9 au lait\n", r"not UTF-8: line 3 holds the byte 0xE9.*CP1252"),
        ("chinese.txt", "今天天气很好，我们去北京。".encode("gb18030"), "likely written in GB18030"),
        ("wide.txt", "wide".encode("utf-16"), "written in UTF-16"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        read_corpus(written(tmp_path, name, content), Ledger())


def test_the_line_of_a_bad_byte_is_counted_over_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 64)
    with pytest.raises(DataError, match=r"a\.txt is not UTF-8: line 41 holds the byte 0xFF"):
        read_corpus(written(tmp_path, "a.txt", b"some text\n" * 40 + b"\xff\n"), Ledger())


def test_all_bad_files_are_told_together(tmp_path: Path) -> None:
    paths = [str(written(tmp_path, f"{i}.txt", b"\xe9\n")) for i in range(2)]
    with pytest.raises(DataError, match="0.txt is not UTF-8") as caught:
        read_corpus(paths, Ledger())
    assert len(caught.value.mistakes) == 2


def test_places_where_no_text_is_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "pictures/a.png", b"\x89PNG")
    with pytest.raises(DataError, match=r"The folder '.*pictures' holds no files of text"):
        read_corpus(tmp_path / "pictures", Ledger())
    with pytest.raises(DataError, match="There is no file"):
        read_corpus(tmp_path / "missing.txt", Ledger())
    with pytest.raises(DataError, match="No file matches"):
        read_corpus(str(tmp_path / "*.txt"), Ledger())
    with pytest.raises(DataError, match="A corpus cannot be read from 'sample:iris'"):
        read_corpus("sample:iris", Ledger())
    with pytest.raises(DataError, match="a list in which not all are paths"):
        read_corpus([3], Ledger())


def test_strangers_are_what_the_training_text_did_not_hold() -> None:
    assert strangers(Tokens.fit(["a b"], "words"), "a c b d c") == ["c", "d"]
    assert strangers(Tokens.fit(["ab"], "characters", lower=True), "AB") == []
    assert strangers(Tokens("bytes"), "猫") == []
    assert encode_text(Tokens("bytes"), "").tolist() == []
