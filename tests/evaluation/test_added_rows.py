"""The jackknife with added rows: against a plain loop, where a class has few rows, and at its ends."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ranvier.evaluation import measure
from ranvier.evaluation import metrics as m
from ranvier.evaluation.added_rows import ROWS, bounds_with_rows
from ranvier.evaluation.jackknife import Blocks
from ranvier.evaluation.more_metrics import cohen_kappa, mcc

COUNTED = [m.balanced_accuracy, m.precision_macro, m.precision_weighted, m.f1_macro, cohen_kappa, mcc]


def rows_of(classes, rows, seed=0):
    generator = np.random.default_rng(seed)
    target = generator.integers(0, classes, rows)
    scores = generator.normal(size=(rows, classes)) + np.eye(classes)[target]
    return target, np.exp(scores) / np.exp(scores).sum(1, keepdims=True)


def loop(metric, target, prediction, weight):
    """The interval as the module's text says it, one row at a time."""
    classes, weight = np.unique(target), weight / weight.mean()
    added = ROWS / 2 / len(classes)
    target = np.concatenate([target, classes, classes])
    hot = np.eye(prediction.shape[1])
    prediction = np.concatenate([prediction, hot[classes], hot[np.roll(classes, -1)]])
    every = np.concatenate([weight, np.full(2 * len(classes), added)])
    value = metric(target, prediction, every[None])[0]
    rows = len(weight)
    left = np.array(
        [
            metric(target, prediction, np.where(np.arange(len(every)) == row, 0, every)[None])[0]
            for row in range(len(every))
        ]
    )
    alone = rows * value - (rows - 1) * left[:rows]
    variance = alone.var(ddof=1) / rows
    whole = every.sum()
    variance += ((whole - added) / (whole * added) * (left[rows:] - value) ** 2).sum()
    half = stats.t.ppf(0.975, rows - 1) * np.sqrt(variance)
    return max(value - half, metric.low), min(value + half, metric.high)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_the_plain_loop(classes, weighted):
    target, p = rows_of(classes, 60)
    weight = np.random.default_rng(1).uniform(0.2, 2, 60) if weighted else np.ones(60)
    found = bounds_with_rows(COUNTED, target, p, Blocks.draw(60, 0), weight if weighted else None)
    for metric in COUNTED:
        assert found[metric.name] == pytest.approx(loop(metric, target, p, weight))


def test_it_covers_a_class_of_few_rows():
    """100 rows with 11 of a class, half of which are found: the plain jackknife holds 81 to 91% of the truths."""
    generator = np.random.default_rng(0)
    shares = np.array([[0.86, 0.03], [0.055, 0.055]])
    truth = {
        "balanced_accuracy": (0.86 / 0.89 + 0.5) / 2,
        "precision_macro": (0.86 / 0.915 + 0.055 / 0.085) / 2,
    }
    held = dict.fromkeys(truth, 0)
    for sample in range(500):
        cell = generator.choice(4, 100, p=shares.ravel())
        target, p = cell // 2, np.eye(2)[cell % 2]
        for name, entry in measure(target, p, [m.balanced_accuracy, m.precision_macro], sample).items():
            held[name] += entry["low"] <= truth[name] <= entry["high"]
    for count in held.values():
        assert 0.93 < count / 500 < 0.985


def test_what_is_all_right_or_all_wrong_is_not_certain():
    target = np.array([0] * 58 + [1] * 2)
    right = measure(target, np.eye(2)[target], COUNTED)
    for name, entry in right.items():
        assert 0.1 < entry["low"] < 0.95 and entry["value"] == entry["high"] == 1.0, name
    assert right["balanced_accuracy"]["low"] < 0.75  # the two rows say little of their class
    wrong = measure(target, np.eye(2)[1 - target], [m.balanced_accuracy])["balanced_accuracy"]
    assert wrong["value"] == wrong["low"] == 0.0
    assert wrong["high"] == pytest.approx(1 - right["balanced_accuracy"]["low"])


def test_a_constant_answer_is_not_certain():
    """Its balanced accuracy is a half without any noise in these rows, and yet 20 rows are all that is known."""
    entry = measure(np.repeat([0, 1], 10), np.eye(2)[[0] * 20], [m.balanced_accuracy])["balanced_accuracy"]
    assert entry["method"] == "added rows"
    assert entry["low"] < 0.47 and entry["value"] == 0.5 and entry["high"] > 0.53


def test_the_size_of_the_weights_is_nothing():
    target, p = rows_of(3, 80)
    weight = np.random.default_rng(2).uniform(0.5, 2, 80)
    once, tenfold = (measure(target, p, COUNTED, weight=scale * weight) for scale in (1, 10))
    for name, entry in once.items():
        assert tenfold[name]["low"] == pytest.approx(entry["low"])
        assert tenfold[name]["high"] == pytest.approx(entry["high"])
