"""The public names, pinned: adding or removing one is a decision."""

from __future__ import annotations

import subprocess
import sys

import pytest

import ranvier

PUBLIC = [
    "DataError",
    "DivergedError",
    "Finding",
    "Interrupted",
    "Model",
    "ModelFileError",
    "RanvierError",
    "Run",
    "RunError",
    "SpecError",
    "UserError",
    "__version__",
    "check",
    "evaluate",
    "fit",
    "inspect",
    "lightning_callback",
    "load",
    "resume",
    "trace",
    "transformers_callback",
    "watch",
]


def test_the_public_names_are_these():
    assert sorted(ranvier.__all__) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_each_public_name_can_be_had(name):
    assert getattr(ranvier, name) is not None
    assert name in dir(ranvier)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="fitt"):
        _ = ranvier.fitt


def test_the_version_is_the_installed_one():
    from importlib.metadata import version

    assert ranvier.__version__ == version("ranvier")


def test_star_import_gives_the_public_names():
    code = "from ranvier import *; print(sorted(n for n in dir() if n in set(__import__('ranvier').__all__)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.strip() == repr(PUBLIC), done.stderr
