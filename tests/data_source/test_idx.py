"""IDX files: what is read, and the sentence for each thing that can be wrong."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.data.source.idx import read as read_idx
from ranvier.errors import DataError


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return head + array.astype(np.uint8).tobytes()


def pictures(count: int, side: int = 9) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, side, 8))


def folder(at: Path, train: int = 6, test: int = 3) -> Path:
    for part, count in (("train", train), ("t10k", test)):
        (at / f"{part}-images-idx3-ubyte").write_bytes(idx(pictures(count)))
        (at / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.arange(count) % 3))
    return at


def test_a_folder_has_its_own_test_part(tmp_path):
    ledger = Ledger()
    table = read(folder(tmp_path), ledger)
    assert table.parts.tolist() == ["train"] * 6 + ["test"] * 3
    assert table.frame["label"].to_list() == [0, 1, 2, 0, 1, 2, 0, 1, 2]
    assert np.array_equal(table.frame["picture"].to_numpy()[6:], pictures(3))
    assert (table.target, table.declared, ledger.read) == ("label", {"picture": "image"}, 9)
    alone = read(tmp_path / "t10k-images-idx3-ubyte", Ledger())
    assert alone.parts is None
    assert len(alone) == 3


def test_gzipped_files_are_the_same_and_a_twin_is_read_once(tmp_path):
    plain = read(folder(tmp_path), Ledger())
    for path in sorted(tmp_path.iterdir()):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        if "labels" in path.name:
            path.unlink()
    assert read(tmp_path, Ledger()).frame.equals(plain.frame)
    for path in sorted(tmp_path.glob("*ubyte")):
        path.unlink()
    assert read(tmp_path, Ledger()).fingerprint == plain.fingerprint


def test_pictures_without_labels_are_for_predictions(tmp_path):
    (tmp_path / "new-images-idx3-ubyte").write_bytes(idx(pictures(4)))
    table = read(tmp_path, Ledger())
    assert (table.frame.columns, table.target) == (["picture"], None)


def test_labels_can_be_named(tmp_path):
    table = read_idx(folder(tmp_path), Ledger(), labels=("a", "b", "c"))
    assert table.frame["label"].to_list()[:4] == ["a", "b", "c", "a"]


def cut(at: Path) -> None:
    path = at / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-5])


def write(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda at: (at / name).write_bytes(content)


BROKEN = {
    "promises 6x9x8 bytes and holds 427": cut,
    "'train-images-idx3-ubyte' does not begin as an IDX file does": write(
        "train-images-idx3-ubyte", b"P5 28 28"
    ),
    "holds values of type 0x0d in 3 dimensions. Expected bytes": write(
        "train-images-idx3-ubyte", b"\0\0\x0d\x03" + bytes(12)
    ),
    "holds values of type 0x08 in 2 dimensions. Expected bytes .* in 1 dimensions": write(
        "train-labels-idx1-ubyte", idx(np.zeros((6, 2)))
    ),
    "holds 6 pictures and 'train-labels-idx1-ubyte' 5 labels": write(
        "train-labels-idx1-ubyte", idx(np.zeros(5))
    ),
    "'t10k-images-idx3-ubyte' is empty": write("t10k-images-idx3-ubyte", idx(np.zeros((0, 9, 8)))),
    "holds pictures of 7x8, 'train-images-idx3-ubyte' of 9x8": write(
        "t10k-images-idx3-ubyte", idx(pictures(3, 7))
    ),
    "'t10k-images-idx3-ubyte' has no file of labels beside it. Expected t10k-labels-idx1-ubyte": lambda at: (
        at / "t10k-labels-idx1-ubyte"
    ).unlink(),
    "'train-labels-idx1-ubyte.gz' is no gzip file, or is cut off": lambda at: (
        at / "train-labels-idx1-ubyte"
    ).rename(at / "train-labels-idx1-ubyte.gz"),
}


@pytest.mark.parametrize("sentence", BROKEN)
def test_what_is_broken_is_said(sentence, tmp_path):
    BROKEN[sentence](folder(tmp_path))
    with pytest.raises(DataError, match=sentence):
        read(tmp_path, Ledger())
