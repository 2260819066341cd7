"""The two-sample tests against scipy's, and when they are made at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

from ranvier.insight.checks.parts_differ import PartsDiffer, numbers_differ, words_differ
from sick_data import case_of, table


def test_numbers_against_scipy():
    generator = np.random.default_rng(0)
    for shift, other in ((0.0, 300), (0.2, 500), (1.0, 80)):
        first, second = generator.normal(size=400), generator.normal(shift, size=other)
        distance, chance = numbers_differ(first, second)
        wanted = stats.ks_2samp(first, second, method="asymp")
        assert distance == pytest.approx(wanted.statistic)
        if wanted.pvalue < 0.1:  # the first term of the series, which is all that matters there
            assert np.log(chance) == pytest.approx(np.log(wanted.pvalue), rel=0.1)


def test_words_against_scipy():
    generator = np.random.default_rng(1)
    for shares in ((0.25, 0.25, 0.25, 0.25), (0.3, 0.3, 0.2, 0.2), (0.6, 0.2, 0.1, 0.1)):
        first, second = generator.integers(0, 4, 300), generator.choice(4, 200, p=shares)
        distance, chance = words_differ(first, second)
        counts = np.stack([np.bincount(first, minlength=4), np.bincount(second, minlength=4)])
        assert distance == pytest.approx(np.abs(counts[0] / 300 - counts[1] / 200).sum() / 2)
        wanted = stats.chi2_contingency(counts).pvalue
        assert np.log(chance) == pytest.approx(np.log(wanted), rel=0.05, abs=0.01)


def test_missing_values_are_a_difference():
    full, empty = np.arange(100.0), np.full(100, np.nan)
    assert numbers_differ(full, empty)[0] == 1.0
    half = np.where(np.arange(100) % 2, full, np.nan)
    assert numbers_differ(full, half)[0] == pytest.approx(0.5)
    assert words_differ(np.array([0, 0]), np.array([0])) == (0.0, 1.0)


def test_a_split_by_time_is_looked_at_and_one_at_random_is_not():
    frame = table().drop("y").with_columns(x2=pl.col("x2") + pl.int_range(600) / 100, year=pl.int_range(600))
    late = case_of(frame, target="t", columns={"year": "time"})
    assert late.drawn == "time"
    (finding,) = PartsDiffer.run(late)
    assert finding.place == "column 'x2'" and "The latest rows" in finding.cause
    anyhow = case_of(frame, target="t", columns={"year": "ignored"})
    unlike = replace(anyhow, split=late.split)
    assert unlike.drawn == "random" and list(PartsDiffer.run(unlike)) == []


def test_the_target_is_compared_too():
    test = table(90, seed=3).drop("t").with_columns(y=pl.lit("yes"))
    case = case_of({"train": table().drop("t"), "validation": None, "test": test}, target="y")
    assert [finding.place for finding in PartsDiffer.run(case)] == ["column 'y'"]


def test_sets_of_labels_are_no_numbers_to_compare():
    sets = [["a", "b"] if x > 0 else ["b"] for x in table()["x2"]]
    frame = table().drop("t", "y").with_columns(tags=pl.Series(sets))
    test = frame.head(90).with_columns(tags=pl.Series([["a"]] * 90))
    case = case_of({"train": frame, "validation": None, "test": test}, target="tags")
    assert case.targets.ndim == 2
    assert [finding.place for finding in PartsDiffer.run(case)] == []
