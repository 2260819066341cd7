"""The bootstrap against a plain loop, and the intervals' own formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ranvier.errors import SpecError
from ranvier.evaluation import metrics as m
from ranvier.evaluation import resampling
from ranvier.evaluation.resampling import percentile_bounds, resampled, wilson

LABELLED = [m.accuracy, m.balanced_accuracy, m.f1_macro]


def rows_of(classes, rows, seed=0):
    generator = np.random.default_rng(seed)
    target = generator.integers(0, classes, rows)
    scores = generator.normal(size=(rows, classes)) + np.eye(classes)[target]
    return target, np.exp(scores) / np.exp(scores).sum(1, keepdims=True)


def loop(metric, target, prediction, resamples, seed, weight=None):
    """The bootstrap as a textbook writes it."""
    generator, values = np.random.default_rng(seed), []
    for _ in range(resamples):
        rows = generator.integers(0, len(target), len(target))
        w = None if weight is None else weight[rows][None]
        values.append(metric(target[rows], prediction[rows], w)[0])
    return np.array(values)


@pytest.mark.parametrize("metric", [*LABELLED, m.roc_auc, m.log_loss], ids=lambda metric: metric.name)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_same_distribution_as_a_plain_loop(metric, weighted):
    target, p = rows_of(2, 120)  # 4 outcomes in 120 rows: without weights the cells are drawn
    weight = np.random.default_rng(5).uniform(0, 3, 120) if weighted else None
    ours = resampled([metric], target, [p], 3000, 0, weight)[metric.name][0]
    plain = loop(metric, target, p, 1500, 1, weight)
    assert stats.ks_2samp(ours, plain).pvalue > 1e-3
    assert ours.std() == pytest.approx(plain.std(), rel=0.1)


@pytest.mark.parametrize("metric", LABELLED, ids=lambda metric: metric.name)
def test_cells_and_rows_have_the_same_distribution(metric, monkeypatch):
    target, p = rows_of(3, 300)
    cells = resampled([metric], target, [p], 2000, 0)[metric.name][0]
    monkeypatch.setattr(resampling, "BINOMIAL_COST", 10**6)  # now rows are drawn
    rows = resampled([metric], target, [p], 2000, 0)[metric.name][0]
    assert not np.array_equal(cells, rows)
    assert stats.ks_2samp(cells, rows).pvalue > 1e-3


@pytest.mark.parametrize("classes", [2, 30])
def test_predictions_share_their_resamples(classes):
    target, p = rows_of(classes, 90)
    first, second = resampled([m.f1_macro], target, [p, p[:, ::-1]], 100, 0)["f1_macro"]
    again, same = resampled([m.f1_macro], target, [p, p], 100, 0)["f1_macro"]
    assert np.array_equal(again, same)
    assert not np.array_equal(first, second)
    first, same = resampled([m.log_loss], target, [p, p], 100, 0)["log_loss"]
    assert np.array_equal(first, same)


def test_what_else_is_asked_for_changes_nothing():
    target, p = rows_of(3, 100)
    alone = resampled([m.roc_auc], target, [p], 100, 3)["roc_auc"][0]
    beside = resampled([m.accuracy, m.log_loss, m.roc_auc], target, [p], 100, 3)["roc_auc"][0]
    assert np.array_equal(alone, beside)


def test_chunks_change_nothing(monkeypatch):
    target, p = rows_of(3, 100)
    metrics = [m.roc_auc, m.f1_macro]
    whole = resampled(metrics, target, [p], 150, 3)
    monkeypatch.setattr(resampling, "CHUNK", 700)
    parts = resampled(metrics, target, [p], 150, 3)
    assert all(np.array_equal(whole[name][0], parts[name][0]) for name in whole)


def test_the_seed_decides():
    target, p = rows_of(2, 100)
    first, same, other = (resampled([m.roc_auc], target, [p], 100, seed)["roc_auc"][0] for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_many_rows_have_fewer_resamples(monkeypatch):
    monkeypatch.setattr(resampling, "DRAWS", 100_000)
    target, p = rows_of(2, 1000)
    found = resampled([m.log_loss, m.accuracy], target, [p], 500, 0)
    assert (
        len(found["log_loss"][0]) == 200
    )  # 100,000 draws are 50 resamples of 2,000 numbers; 200 are the least
    assert len(found["accuracy"][0]) == 500  # four outcomes cost the same for any number of rows
    assert len(resampled([m.log_loss], target[:125], [p[:125]], 500, 0)["log_loss"][0]) == 400


def test_too_few_resamples_are_refused():
    target, p = rows_of(2, 10)
    with pytest.raises(SpecError, match=r"99 resamples are asked for. Expected at least 100"):
        resampled([m.accuracy], target, [p], 99, 0)


def test_wilson_at_its_ends():
    """n / (n + z^2) and z^2 / (n + z^2), with z = 1.959964."""
    assert wilson(1.0, 10) == pytest.approx((10 / (10 + 1.959964**2), 1.0))
    assert wilson(0.0, 10) == pytest.approx((0.0, 1.959964**2 / (10 + 1.959964**2)))


@pytest.mark.parametrize("rows", [1, 2, 17, 200])
def test_wilson_is_the_score_test_inverted(rows):
    for right in range(rows + 1):
        expected = stats.binomtest(right, rows).proportion_ci(method="wilson")
        assert wilson(right / rows, rows) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("rows", "share"), [(20, 0.5), (20, 0.9), (100, 0.97)])
def test_wilson_covers(rows, share):
    """Summed over the binomial distribution exactly; it varies about 95% with the rows."""
    bounds = [wilson(right / rows, rows) for right in range(rows + 1)]
    chance = stats.binom.pmf(np.arange(rows + 1), rows, share)
    covered = sum(c for c, (low, high) in zip(chance, bounds) if low <= share <= high)
    assert 0.91 < covered < 0.99


def test_the_percentiles_are_those_of_hesterberg():
    """For 10 rows: t = 2.262157, times sqrt(10 / 9) = 2.384526, a normal tail of 0.008551."""
    low, high = percentile_bounds(np.linspace(0.0, 1.0, 10_001), 10)
    assert (low, high) == pytest.approx((0.008551, 1 - 0.008551), abs=1e-5)
    low, high = percentile_bounds(np.linspace(0.0, 1.0, 10_001), 10**6)
    assert (low, high) == pytest.approx((0.025, 0.975), abs=1e-5)


def test_undefined_resamples_are_left_out():
    values = np.array([np.nan, 1.0, 2.0, 3.0])
    assert percentile_bounds(values, 2) == pytest.approx((1.0, 3.0), abs=0.1)
    assert percentile_bounds(np.array([np.nan, np.nan, 1.0]), 5) is None
    assert percentile_bounds(np.ones(3), 1) is None


@pytest.mark.parametrize("rows", [12, 40])
def test_the_bootstrap_covers(rows):
    """The mean absolute error of normal errors is sqrt(2 / pi); 600 samples leave 0.9 percentage points of noise."""
    generator, truth, covered = np.random.default_rng(0), (2 / np.pi) ** 0.5, 0
    for sample in range(600):
        errors = generator.normal(size=(rows, 1))
        drawn = resampled([m.mae], np.zeros((rows, 1)), [errors], 300, sample)["mae"][0]
        low, high = percentile_bounds(drawn, rows)
        covered += low <= truth <= high
    assert 0.915 < covered / 600 < 0.98
