"""The jackknife against plain loops and textbook formulas, and how often its intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ranvier.evaluation import metrics as m
from ranvier.evaluation.jackknife import BLOCKS, WHOLE, Blocks, bounds, moments, without_each
from ranvier.evaluation.more_metrics import mcc


def rows_of(classes, rows, seed=0):
    generator = np.random.default_rng(seed)
    target = generator.integers(0, classes, rows)
    scores = generator.normal(size=(rows, classes)) + np.eye(classes)[target]
    return target, np.exp(scores) / np.exp(scores).sum(1, keepdims=True)


@pytest.mark.parametrize("rows", [40, 700])
@pytest.mark.parametrize("weighted", [False, True])
def test_each_value_is_that_of_the_rows_that_are_left(rows, weighted):
    target, p = rows_of(3, rows)
    weight = np.random.default_rng(1).uniform(0, 2, rows) if weighted else None
    blocks = Blocks.draw(rows, 0)
    assert len(blocks.sizes) == (rows if rows <= WHOLE else BLOCKS)
    assert np.ptp(blocks.sizes) <= 1
    metrics = [m.accuracy, m.f1_macro, mcc, m.roc_auc, m.log_loss]
    found = without_each(metrics, target, p, blocks, weight)
    for block in (0, 7, len(blocks.sizes) - 1):
        left = blocks.of != block
        w = None if weight is None else weight[left][None]
        for metric in metrics:
            assert found[metric.name][block] == pytest.approx(metric(target[left], p[left], w)[0])


def test_chunks_change_nothing(monkeypatch):
    target, p = rows_of(2, 60)
    blocks = Blocks.draw(60, 0)
    whole = without_each([m.roc_auc], target, p, blocks)["roc_auc"]
    monkeypatch.setattr("ranvier.evaluation.jackknife.CHUNK", 500)
    assert np.array_equal(whole, without_each([m.roc_auc], target, p, blocks)["roc_auc"])


def test_the_standard_error_of_a_mean_is_the_textbooks():
    errors = np.random.default_rng(0).normal(size=(50, 1))
    blocks = Blocks.draw(50, 0)
    without = without_each([m.mse], np.zeros((50, 1)), errors, blocks)["mse"]
    found = moments(float((errors**2).mean()), without, blocks)
    assert found.middle == pytest.approx((errors**2).mean())
    assert found.deviation == pytest.approx(stats.sem((errors**2).ravel()))
    assert found.skewness == pytest.approx(stats.skew((errors**2).ravel()))
    assert found.kurtosis == pytest.approx(stats.kurtosis((errors**2).ravel(), fisher=False))


def test_the_middle_of_a_variance_is_without_bias():
    """Quenouille's own example: the squares about the mean over n become those over n - 1."""
    values = np.random.default_rng(0).exponential(size=30)
    without = np.array([np.delete(values, row).var() for row in range(30)])
    found = moments(values.var(), without, Blocks(np.arange(30), np.ones(30, dtype=int)))
    assert found.middle == pytest.approx(values.var(ddof=1))


def test_blocks_of_unequal_size_give_the_same_standard_error():
    """701 rows in 200 blocks of three or four: the error of a mean, up to its own noise of about 5%."""
    errors = np.random.default_rng(0).normal(size=(701, 1))
    found = []
    for seed in range(20):
        blocks = Blocks.draw(701, seed)
        without = without_each([m.mae], np.zeros((701, 1)), errors, blocks)["mae"]
        found.append(moments(float(np.abs(errors).mean()), without, blocks).deviation)
    assert np.mean(found) == pytest.approx(stats.sem(np.abs(errors).ravel()), rel=0.03)


def test_a_share_has_the_interval_of_its_logit():
    """30 of 40 right: logit 3 has the error sqrt(n / (n - 1)) / sqrt(n p (1 - p)), times t of 39 degrees."""
    target = np.zeros(40, dtype=int)
    p = np.eye(2)[[0] * 30 + [1] * 10]
    blocks = Blocks.draw(40, 0)
    without = without_each([m.accuracy], target, p, blocks)["accuracy"]
    low, high = bounds(m.accuracy, 0.75, without, blocks)
    half = stats.t.ppf(0.975, 39) / np.sqrt(39 * 0.75 * 0.25)
    assert np.log(low / (1 - low)) == pytest.approx(np.log(3) - half)
    assert np.log(high / (1 - high)) == pytest.approx(np.log(3) + half)


def test_a_log_loss_has_the_interval_of_its_logarithm():
    """The logarithm of a mean has the error s / mean, and t as many degrees of freedom as its variance has."""
    certain = np.random.default_rng(3).uniform(0.05, 1.0, size=30)
    blocks, target = Blocks.draw(30, 0), np.zeros(30, dtype=int)
    p, losses = np.stack([certain, 1 - certain], 1), -np.log(certain)
    without = without_each([m.log_loss], target, p, blocks)["log_loss"]
    low, high = bounds(m.log_loss, float(losses.mean()), without, blocks)
    freedom = min(29, 2 * 30 / (stats.kurtosis(losses, fisher=False) - 1))
    half = stats.t.ppf(0.975, freedom) * stats.sem(losses) / losses.mean()
    assert np.log([low, high]) == pytest.approx(np.log(losses.mean()) + np.array([-half, half]))


def test_halls_transformation_by_hand():
    """Its inverse: g(t) = t + skew t^2 / 3 + skew^2 t^3 / 27 + skew / 6 at the two ends is -+t, with as many degrees
    of freedom as a variance of such numbers has."""
    errors = np.random.default_rng(3).exponential(size=(30, 1))
    blocks = Blocks.draw(30, 0)
    without = without_each([m.mae], np.zeros((30, 1)), errors, blocks)["mae"]
    value = float(errors.mean())
    deviation, skewness = stats.sem(errors.ravel()), stats.skew(errors.ravel())
    low, high = bounds(m.mae, value, without, blocks)
    freedom = 2 * 30 / (stats.kurtosis(errors.ravel(), fisher=False) - 1)
    assert freedom < 29
    skew, quantile = skewness / np.sqrt(30), stats.t.ppf(0.975, freedom)
    for end, expected in ((high, -quantile), (low, quantile)):
        t = (value - end) / deviation
        assert t + skew * t**2 / 3 + skew**2 * t**3 / 27 + skew / 6 == pytest.approx(expected)


def test_it_covers_squares_of_heavy_tailed_errors():
    """The mean square of Student's t with six degrees is 1.5; without Satterthwaite's rule 92% of 600 hold it."""
    generator, covered = np.random.default_rng(0), 0
    for sample in range(600):
        errors = generator.standard_t(6, (100, 1))
        blocks = Blocks.draw(100, sample)
        without = without_each([m.mse], np.zeros((100, 1)), errors, blocks)["mse"]
        low, high = bounds(m.mse, float((errors**2).mean()), without, blocks)
        covered += low <= 1.5 <= high
    assert 0.93 < covered / 600 < 0.97


@pytest.mark.parametrize(("name", "rows"), [("mae", 40), ("rmse", 100), ("r2", 100), ("roc_auc", 100)])
def test_it_covers(name, rows):
    """400 samples leave one percentage point of noise; benchmarks/interval_coverage.py has the figures."""
    generator, covered = np.random.default_rng(0), 0
    metric = getattr(m, name)
    truth = {"mae": (2 / np.pi) ** 0.5, "rmse": 1.0, "r2": 0.8, "roc_auc": stats.norm.cdf(1.0)}[name]
    for sample in range(400):
        if name == "roc_auc":
            target = generator.integers(0, 2, rows)
            score = stats.norm.cdf(generator.normal(size=rows) + 2**0.5 * target)
            guess = np.stack([1 - score, score], 1)
        else:
            guess = generator.normal(scale=2.0, size=(rows, 1))
            target = guess + generator.normal(size=(rows, 1))
        blocks = Blocks.draw(rows, sample)
        without = without_each([metric], target, guess, blocks)[name]
        low, high = bounds(metric, metric(target, guess)[0], without, blocks)
        covered += low <= truth <= high
    assert 0.92 < covered / 400 < 0.98


def test_what_makes_no_difference_has_no_width():
    blocks = Blocks.draw(10, 0)
    assert bounds(m.mse, 4.0, np.full(10, 4.0), blocks) == (4.0, 4.0)
    assert bounds(mcc, 0.0, np.zeros(10), blocks) == (0.0, 0.0)
