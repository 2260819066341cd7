"""Near copies: which are found, where they are said to be, and that coarse tables are left alone."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ranvier.insight.checks.near_duplicates import NearDuplicates
from sick_data import case_of, classes, table


def parts(test: pl.DataFrame, train: pl.DataFrame | None = None):
    train = table().drop("t") if train is None else train
    return case_of({"train": train, "validation": table(60, seed=8).drop("t"), "test": test}, target="y")


@pytest.mark.parametrize("changed", [(), ("x1",), ("x1", "x4")])
def test_copies_are_found_with_their_rows_and_what_differs(changed):
    strange = table(40, seed=5).drop("t")
    copies = table().drop("t")[100:110].with_columns(pl.col(name) + 1 for name in changed)
    (finding,) = NearDuplicates.run(parts(pl.concat([strange, copies])))
    assert finding.evidence["test_rows_with_a_copy"] == 10
    assert finding.evidence["share"] == pytest.approx(0.2)
    first = finding.evidence["examples"][0]
    assert first["columns_that_differ"] == list(changed)
    assert first["train_row"] == 101 and first["test_row"] == 600 + 60 + 40 + 1


def test_rounding_is_no_difference():
    copies = table().drop("t")[:50].with_columns(pl.selectors.float().round(4))
    (finding,) = NearDuplicates.run(parts(copies))
    assert finding.evidence["test_rows_with_a_copy"] == 50


def test_three_columns_that_differ_are_another_row():
    copies = table().drop("t")[:50].with_columns(pl.col(name) + 1 for name in ("x1", "x2", "x4"))
    assert list(NearDuplicates.run(parts(copies))) == []


def test_rows_that_an_identifier_tells_apart_are_copies():
    twice = pl.concat([table(), table()])
    case = classes(twice.with_columns(key=pl.Series([f"k{row}" for row in range(1200)])))
    assert case.schema["key"].role == "ignored"
    (finding,) = NearDuplicates.run(case)
    assert finding.evidence["share"] > 0.5


def test_rows_of_coarse_columns_are_alike_by_chance():
    generator = np.random.default_rng(0)
    frame = pl.DataFrame({f"n{i}": generator.integers(0, 6, 900) for i in range(6)})
    case = case_of(frame.with_columns(y=pl.Series(generator.integers(0, 2, 900))), target="y")
    assert list(NearDuplicates.run(case)) == []
