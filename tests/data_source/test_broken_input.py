"""Each kind of broken input gives one sentence that says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from broken import CASES, Broken, file, table
from ranvier.data.infer import infer_schema
from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.errors import UserError


def attempt(case: Broken, folder: Path) -> None:
    ledger = Ledger()
    infer_schema(read(case.make(folder), ledger), {}, case.target, case.task, ledger)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_broken_input(case, tmp_path):
    with pytest.raises(UserError, match=case.match) as raised:
        attempt(case, tmp_path)
    assert len(raised.value.mistakes) == 1


def test_the_sound_twin_passes(tmp_path):
    attempt(Broken("none", file(table()), ""), tmp_path)


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UserError, match=r"data\.csv' may not be read by you. Change its permissions"):
        attempt(Broken("locked", file(table()), ""), tmp_path)
