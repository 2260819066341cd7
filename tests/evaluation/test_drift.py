"""Drift: the index and the test against other libraries, and that chance is seldom taken for a difference."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from ranvier.evaluation.drift import chance_of, holm, shifts, stability_index


def test_the_chance_is_that_of_the_chi_squared_test():
    random = np.random.default_rng(0)
    for _ in range(20):
        table = random.integers(10, 60, size=(2, 6))
        wanted = chi2_contingency(table, correction=False).pvalue
        assert chance_of(*table) == pytest.approx(wanted, rel=1e-9)


def test_rare_bins_are_taken_together():
    merged = chi2_contingency([[400, 400, 4], [200, 190, 30]], correction=False).pvalue
    assert chance_of([400, 400, 1, 1, 1, 1], [200, 190, 3, 3, 4, 20]) < 1e-4
    assert chance_of([400, 400, 2, 2], [200, 190, 3, 2]) == pytest.approx(
        chi2_contingency([[400, 400, 4], [200, 190, 5]], correction=False).pvalue
    )
    assert merged < 1e-4
    assert chance_of([0, 0], [5, 5]) == chance_of([9, 0], [9, 0]) == 1.0


def test_the_index_by_hand():
    p, q = np.array([70.5, 30.5]) / 101, np.array([30.5, 70.5]) / 101
    assert stability_index([70, 30], [30, 70]) == pytest.approx(((q - p) * np.log(q / p)).sum())


def test_the_correction_is_holms_by_hand():
    assert holm([0.01, 0.02, 0.03, 0.005]) == pytest.approx([0.03, 0.04, 0.04, 0.02])
    assert holm([]) == []


def test_chance_is_seldom_taken_for_a_difference():
    random = np.random.default_rng(0)
    shares = random.dirichlet(np.ones(10) * 3, size=20)
    wrong = 0
    for _ in range(200):
        counts = {
            str(i): (random.multinomial(2000, p), random.multinomial(60, p)) for i, p in enumerate(shares)
        }
        wrong += any(shift.size != "none" for shift in shifts(counts))
    assert wrong <= 6, "at the level 1%, two in 200 are to be expected"


def test_few_rows_claim_nothing():
    assert shifts({"x": ([500, 500], [0, 29])})[0].size == "none"
    assert shifts({"x": ([500, 500], [0, 31])})[0].size == "large"
