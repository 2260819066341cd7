"""The samples of pictures, from a folder and from a home that is a folder too: no network."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from ranvier.data.ledger import Ledger
from ranvier.data.source import picture_samples, read
from ranvier.data.source.picture_samples import HOMES, Home
from ranvier.errors import DataError


def idx(array: np.ndarray) -> bytes:
    return (
        bytes([0, 0, 8, array.ndim])
        + np.array(array.shape, ">i4").tobytes()
        + array.astype(np.uint8).tobytes()
    )


def write_mnist(folder: Path) -> dict[str, str]:
    """A small MNIST, gzipped; and the MD5 of each file."""
    folder.mkdir(parents=True)
    digests = {}
    for part, count in (("train", 20), ("t10k", 10)):
        pixels = np.random.default_rng(count).integers(0, 256, (count, 9, 8))
        for name, array in (("images-idx3", pixels), ("labels-idx1", np.arange(count) % 10)):
            content = gzip.compress(idx(array), mtime=0)
            (folder / f"{part}-{name}-ubyte.gz").write_bytes(content)
            digests[f"{part}-{name}-ubyte.gz"] = hashlib.md5(content).hexdigest()
    return digests


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("RANVIER_DATA", raising=False)


def test_a_sample_is_read_from_the_folder_that_is_named(tmp_path, monkeypatch):
    write_mnist(tmp_path / "data" / "mnist")
    for place in (tmp_path / "data", tmp_path / "data" / "mnist"):
        monkeypatch.setenv("RANVIER_DATA", str(place))
        ledger = Ledger()
        table = read("sample:mnist", ledger)
        assert (table.origin, table.target, ledger.read) == ("sample:mnist", "digit", 30)
        assert table.frame["digit"].to_list()[:3] == ["0", "1", "2"]
        assert (table.parts == "test").sum() == 10
    (tmp_path / "data" / "mnist").rename(tmp_path / "data" / "fashion_mnist")
    monkeypatch.setenv("RANVIER_DATA", str(tmp_path / "data"))
    assert read("sample:fashion_mnist", Ledger()).frame["garment"][1] == "trousers"


def test_a_sample_is_downloaded_once_from_the_first_home_that_answers(tmp_path, monkeypatch):
    digests = write_mnist(tmp_path / "home")
    bases = ((tmp_path / "nowhere").as_uri() + "/", (tmp_path / "home").as_uri() + "/")
    monkeypatch.setitem(HOMES, "mnist", Home(bases, digests, "digit", tuple("0123456789")))
    first = read("sample:mnist", Ledger())
    for file in (tmp_path / "home").iterdir():
        file.unlink()
    assert read("sample:mnist", Ledger()).fingerprint == first.fingerprint
    assert sorted(one.name for one in (tmp_path / "cache" / "ranvier" / "mnist").iterdir()) == sorted(digests)


def test_what_is_not_the_file_is_not_kept(tmp_path, monkeypatch):
    digests = write_mnist(tmp_path / "home")
    wrong = dict.fromkeys(digests, "0" * 32)
    base = (tmp_path / "home").as_uri() + "/"
    monkeypatch.setitem(HOMES, "mnist", Home((base,), wrong, "digit", tuple("0123456789")))
    with pytest.raises(DataError, match=r"could not be downloaded .* the MD5 of train-images.* RANVIER_DATA"):
        read("sample:mnist", Ledger())
    assert list((tmp_path / "cache" / "ranvier" / "mnist").iterdir()) == []


def cifar(count: int) -> bytes:
    records = np.random.default_rng(count).integers(0, 256, (count, 3073), np.uint8)
    records[:, 0] = np.arange(count) % 10
    return records.tobytes()


def test_cifar_is_read_packed_and_unpacked(tmp_path, monkeypatch):
    monkeypatch.setenv("RANVIER_DATA", str(tmp_path))
    names = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    with tarfile.open(tmp_path / "cifar-10-binary.tar.gz", "w:gz") as archive:
        for name in names:
            entry = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            entry.size = len(cifar(10))
            archive.addfile(entry, io.BytesIO(cifar(10)))
    packed = read("sample:cifar10", Ledger())
    assert packed.frame["object"].to_list()[:2] == ["airplane", "automobile"]
    assert (packed.parts == "test").sum() == 10
    red = np.frombuffer(cifar(10), np.uint8).reshape(10, 3073)[0, 1:1025].reshape(32, 32)
    assert np.array_equal(packed.frame["picture"].to_numpy()[0][:, :, 0], red)
    plain = tmp_path / "cifar-10-batches-bin"
    plain.mkdir()
    for name in names:
        (plain / name).write_bytes(cifar(10))
    assert read("sample:cifar10", Ledger()).fingerprint == packed.fingerprint
    (plain / names[2]).write_bytes(cifar(10)[:-7])
    with pytest.raises(DataError, match="is cut off. Expected whole pictures of 3,073 bytes"):
        read("sample:cifar10", Ledger())
    (plain / names[2]).unlink()
    with pytest.raises(DataError, match="are damaged or not complete. Expected its six files"):
        read("sample:cifar10", Ledger())
    assert picture_samples.RECORD == 3073
