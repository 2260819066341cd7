"""Files are written whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ranvier.errors import RunError
from ranvier.files import exclusive, write_bytes, write_json


def test_replaces_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    write_json(path, {"a": 2})
    assert path.read_text() == '{\n "a": 2\n}\n'
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, float("nan"))


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be written: no such file or directory"):
        write_bytes(tmp_path / "none" / "a", b"x")


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_bytes(path, b"old")
    code = f"""
import resource, signal
from pathlib import Path
from ranvier.errors import RunError
from ranvier.files import write_bytes
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_bytes(Path({str(path)!r}), bytes(5000))
except RunError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "cannot be written: file too large" in done.stdout
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    with exclusive(tmp_path / "lock") as first, exclusive(tmp_path / "lock") as second:
        assert first and not second
    with exclusive(tmp_path / "lock") as again:
        assert again
