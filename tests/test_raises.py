"""Every error is exercised by a test that matches its sentence (see ``raising.py`` for how that is known)."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from raising import PACKAGE, error_names, sites, sites_of, start_recording, unexercised
from ranvier.catalog import load
from ranvier.errors import DataError, Mistake, SpecError

TESTS = Path(__file__).parent

SOURCE = """
from ranvier.errors import DataError, Mistake


def check(rows, name):
    if rows == 0:
        raise DataError(
            Mistake(f"{name} has no rows", "at least one"),
        )
    if rows < 0:
        raise DataError("rows are counted from 0")
"""


def run(rows: int, path: Path) -> set:
    space: dict = {}
    exec(compile(SOURCE, str(path), "exec"), space)
    records: set = set()
    stop = start_recording(records)
    try:
        space["check"](rows, "x.csv")
    except DataError:
        pass
    finally:
        stop()
    return records


def test_sites_are_read_from_the_source():
    found = list(sites_of(SOURCE, "x.py"))
    assert [
        (s.first, s.last, s.made, s.sentence) for s in sorted(found, key=lambda s: (s.first, s.made))
    ] == [
        (7, 9, "DataError", "..."),
        (8, 8, "Mistake", "... has no rows"),
        (11, 11, "DataError", "rows are counted from 0"),
    ]


@pytest.mark.parametrize(("rows", "left"), [(0, [11]), (-1, [8]), (1, [8, 11])])
def test_what_no_test_makes_is_found(rows, left, tmp_path):
    path = tmp_path / "x.py"
    missed = unexercised(sites_of(SOURCE, str(path)), run(rows, path))
    assert [site.first for site in missed] == left


def test_recording_stops():
    before = Mistake.__init__
    records: set = set()
    stop = start_recording(records)
    assert Mistake.__init__ is not before
    stop()
    Mistake("nothing")
    assert Mistake.__init__ is before
    assert not records


def test_the_line_of_a_real_error_is_recorded():
    records: set = set()
    stop = start_recording(records)
    try:
        with pytest.raises(SpecError, match="There is no optimizer called 'adm'"):
            load("optimizers", "adm")
    finally:
        stop()
    catalog = [site for site in sites() if Path(site.path) == PACKAGE / "catalog.py"]
    assert len(catalog) == 2
    assert unexercised(catalog, records) == []


def test_the_package_has_sites():
    assert len(sites()) > 20
    assert {"SpecError", "DataError", "InternalError", "RanvierError"} <= error_names()


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "two workers"])
def test_the_option_names_each_missed_line(workers, tmp_path):
    pytest.importorskip("xdist")
    (tmp_path / "test_x.py").write_text("def test_nothing(): pass\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "conftest",
        "--check-raises",
        *workers,
        "test_x.py",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=_environment(), timeout=120, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "mistakes or errors that no test makes" in done.stdout
    assert "ledger.py:" in done.stdout
    assert "the ledger does not add up" in done.stdout


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(TESTS)}


def test_each_expected_error_is_matched_by_its_sentence():
    """``pytest.raises(DataError)`` alone would pass on any other error of that class."""
    bare = [
        line for path in sorted(TESTS.rglob("test_*.py")) for line in _bare_raises(path.read_text(), path)
    ]
    assert not bare, "\n".join(bare)


def test_a_bare_raises_is_seen():
    source = "with pytest.raises(DataError):\n    f()\nwith pytest.raises(DataError, match='x'):\n    f()\n"
    assert list(_bare_raises(source, Path("t.py"))) == ["t.py:1: pytest.raises(DataError) without match="]
    assert not list(_bare_raises("with pytest.raises(DataError) as caught:\n    f()\n", Path("t.py")))


def _bare_raises(source: str, path: Path):
    for node in ast.walk(ast.parse(source)):
        for item in node.items if isinstance(node, ast.With) else ():
            call = item.context_expr
            if (
                item.optional_vars
                or not isinstance(call, ast.Call)
                or ast.unparse(call.func) != "pytest.raises"
            ):
                continue
            error = ast.unparse(call.args[0]) if call.args else ""
            if error.rpartition(".")[2] in error_names() and not any(k.arg == "match" for k in call.keywords):
                yield f"{path}:{node.lineno}: pytest.raises({error}) without match="
