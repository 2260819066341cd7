"""The fingerprint of a frame."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from ranvier.data.source.fingerprint import fingerprint


def test_it_is_the_stated_hash():
    digest = hashlib.sha256()
    digest.update(b"1:a:Int64:2:" + np.packbits([False, True]).tobytes() + np.array([5, 0]).tobytes())
    digest.update(b"1:b:String:2:" + np.array([1, 2], np.uint32).tobytes() + b"x\nyz\n")
    assert fingerprint(pl.DataFrame({"a": [5, None], "b": ["x", "yz"]})) == digest.hexdigest()


def test_it_does_not_depend_on_how_the_frame_came_about():
    whole = pl.DataFrame({"a": [1.5, None, 2.0], "b": ["x", "longer than twelve bytes", None]})
    pieces = pl.concat([whole[:1], whole[1:]], rechunk=False)
    masked = pl.DataFrame({"a": [1.5, float("nan"), 2.0], "b": whole["b"]}).with_columns(
        pl.col("a").fill_nan(None)
    )
    assert fingerprint(pieces) == fingerprint(masked) == fingerprint(whole)


@pytest.mark.parametrize(
    "other",
    [
        pl.DataFrame({"a": ["x", "y"], "c": [1, 2]}),
        pl.DataFrame({"a": ["y", "x"], "b": [1, 2]}),
        pl.DataFrame({"a": ["x", None], "b": [1, 2]}),
        pl.DataFrame({"a": ["x", ""], "b": [1, 2]}),
        pl.DataFrame({"a": ["x\ny", ""], "b": [1, 2]}),
        pl.DataFrame({"a": ["x", "y"], "b": [1.0, 2.0]}),
        pl.DataFrame({"a": ["x", "y"], "b": [1, None]}),
        pl.DataFrame({"a": ["x", "y"], "b": [[1], [2]]}),
        pl.DataFrame({"b": [1, 2], "a": ["x", "y"]}),
    ],
)
def test_any_difference_changes_it(other):
    assert fingerprint(other) != fingerprint(pl.DataFrame({"a": ["x", "y"], "b": [1, 2]}))


def test_another_process_finds_the_same():
    code = (
        "import polars as pl; from ranvier.data.source.fingerprint import fingerprint; "
        "print(fingerprint(pl.DataFrame({'a': ['x', None], 'b': [True, False]})))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert found == fingerprint(pl.DataFrame({"a": ["x", None], "b": [True, False]}))
