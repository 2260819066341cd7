"""A module imports only lower ranks, or its own folder; nothing of rank 0 imports a heavy library."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ranvier

ROOT = Path(ranvier.__file__).parent

RANKS = {
    "errors": 0,
    "finding": 0,
    "limits": 0,
    "catalog": 0,
    "settings": 0,
    "wording": 0,
    "sections": 0,
    "spec": 0,
    "options": 0,
    "files": 0,
    "version": 0,
    "data": 1,
    "network": 2,
    "losses": 2,
    "evaluation": 2,
    "tasks": 3,
    "assemble": 3,
    "execution": 4,
    "training": 5,
    "delivery": 5,
    "insight": 6,
    "workflow": 7,
    "cli": 8,
    "sklearn": 8,
    "__init__": 9,
    "__main__": 9,
}

HEAVY = ("torch", "numpy", "polars", "sklearn", "pandas", "pyarrow")
"""Libraries that rank 0 must not import, so that the command line answers at once."""


def violations(source: str, module: str, is_package: bool, known: set[str]) -> Iterator[str]:
    """What in ``source`` imports upwards, as ``line: sentence``.

    Args:
        module: its dotted name below the package: ``data.kinds.number``; the root is ``__init__``.
        is_package: whether it is an ``__init__.py``.
        known: the names of the first level of the package.
    """
    own = module.partition(".")[0]
    rank = RANKS[own]
    for node in ast.walk(ast.parse(source)):
        for target in _targets(node, module, is_package, known):
            first, _, rest = target.partition(".")
            if first != "ranvier":
                if rank == 0 and first in HEAVY:
                    yield f"{node.lineno}: rank 0 must not import {first}"
                continue
            other = rest.partition(".")[0] or "__init__"
            other = other if other in known else "__init__"
            allowed = other == own or RANKS[other] < rank or RANKS[other] == rank == 0
            if not allowed:
                yield f"{node.lineno}: {own} (rank {rank}) imports {other} (rank {RANKS[other]})"


def _targets(node: ast.AST, module: str, is_package: bool, known: set[str]) -> Iterator[str]:
    """The absolute names that an import statement, or ``import_module`` of a literal, asks for."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        here = [] if module == "__init__" else module.split(".")
        up = here if is_package else here[:-1]
        base = up[: len(up) - (node.level - 1)] if node.level else []
        stem = ".".join(["ranvier", *base] if node.level else [])
        name = ".".join(part for part in (stem, node.module or "") if part)
        if name == "ranvier":
            yield from (f"ranvier.{alias.name}" for alias in node.names)
        else:
            yield name
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
        yield from (str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant))


def modules() -> list[tuple[Path, str, bool]]:
    """Every module of the package: its path, its dotted name below the package, whether it is a package."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        found.append((path, ".".join(parts[:-1] if is_package and len(parts) > 1 else parts), is_package))
    return found


KNOWN = {name.partition(".")[0] for _, name, _ in modules()}


def test_every_module_has_a_rank():
    assert {path.stem if path.is_file() else path.name for path in ROOT.iterdir() if _is_code(path)} <= set(
        RANKS
    )


def _is_code(path: Path) -> bool:
    return path.suffix == ".py" or (path.is_dir() and any(path.rglob("*.py")))


@pytest.mark.parametrize(
    ("path", "module", "is_package"), modules(), ids=lambda v: v if isinstance(v, str) else ""
)
def test_imports_go_down(path, module, is_package):
    if module.partition(".")[0] not in RANKS:
        pytest.fail(f"{path}: give {module!r} a rank")
    found = list(violations(path.read_text("utf-8"), module, is_package, KNOWN))
    assert not found, "\n".join(f"{path}:{line}" for line in found)


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        ("data.table", "from ..network import mlp", ["1: data (rank 1) imports network (rank 2)"]),
        ("data.table", "import ranvier.losses", ["1: data (rank 1) imports losses (rank 2)"]),
        (
            "data.kinds.number",
            "from ...spec import Spec\nfrom ..ledger import Ledger\nfrom . import Guess",
            [],
        ),
        (
            "network.mlp",
            "def f():\n    from ..evaluation import metrics",
            ["2: network (rank 2) imports evaluation (rank 2)"],
        ),
        (
            "training.loop",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..insight.probes import Probe",
            ["3: training (rank 5) imports insight (rank 6)"],
        ),
        ("training.loop", "from ..delivery import model", ["1: training (rank 5) imports delivery (rank 5)"]),
        ("training.loop", "from .. import Spec", ["1: training (rank 5) imports __init__ (rank 9)"]),
        (
            "training.loop",
            "from .. import errors, workflow",
            ["1: training (rank 5) imports workflow (rank 7)"],
        ),
        ("training.loop", "import_module('ranvier.cli')", ["1: training (rank 5) imports cli (rank 8)"]),
        ("spec", "from .errors import Mistake\nimport torch.nn", ["2: rank 0 must not import torch"]),
        ("spec", "from .data.table import Table", ["1: spec (rank 0) imports data (rank 1)"]),
        ("losses", "import torch\nfrom .errors import SpecError", []),
        ("__init__", "from .workflow import fit", []),
    ],
)
def test_the_rule_on_modules_that_keep_or_break_it(module, source, found):
    assert (
        list(violations(source, module, module == "__init__", KNOWN | {"network", "cli", "insight"})) == found
    )


def test_a_package_resolves_its_own_relative_imports():
    source = "from .source import csv\nfrom ..network import mlp"
    assert list(violations(source, "data", True, KNOWN)) == ["2: data (rank 1) imports network (rank 2)"]
