"""What starting costs, as the modules that are loaded; times would depend on the machine."""

from __future__ import annotations

import subprocess
import sys

import pytest


def loaded(*arguments: str) -> tuple[set[str], int, str]:
    """The first-level modules that a fresh interpreter loads for ``arguments``, its exit code and its output."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    timed = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    said = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    modules = {line.rpartition("|")[2].strip().partition(".")[0] for line in timed}
    return modules, done.returncode, "\n".join([done.stdout.strip(), *said])


HEAVY = {"torch", "polars", "sklearn", "numpy", "pandas", "pyarrow", "scipy"}


def test_importing_loads_nothing_heavy():
    modules, code, output = loaded("-c", "import ranvier; print(ranvier.__name__)")
    assert (code, output) == (0, "ranvier")
    assert "ranvier" in modules
    assert not modules & (HEAVY | {"pydantic", "typer", "rich", "safetensors"})


@pytest.mark.parametrize("verb", [[], ["train"], ["catalog"]], ids=["ranvier", "train", "catalog"])
def test_help_loads_nothing_heavy(verb):
    modules, code, output = loaded("-m", "ranvier", *verb, "--help")
    assert code == 0, output
    assert "usage" in output.lower()
    assert not modules & HEAVY


def test_a_heavy_import_would_be_seen():
    modules, _, _ = loaded("-c", "import ranvier.data.table")
    assert {"numpy", "polars"} <= modules


def test_the_ranks_below_torch_load_nothing_heavy():
    modules, _, _ = loaded(
        "-c", "import ranvier.spec, ranvier.options, ranvier.catalog, ranvier.finding, ranvier.files"
    )
    assert not modules & HEAVY
