"""The contract of a baseline: right shapes, the same bytes for the same seed, on awkward tables too."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.catalog import BASELINES, load
from ranvier.errors import DataError
from ranvier.evaluation import BaselineResult, Columns

TASKS = {"two classes": 2, "four classes": 4, "values": None}


def table(rows, classes, seed=0, outputs=None):
    generator = np.random.default_rng(seed)
    numbers = generator.normal(size=(rows, 3))
    categories = generator.integers(0, 5, (rows, 2))
    signal = numbers[:, 0] + categories[:, 0] - 2
    numbers[generator.random((rows, 3)) < 0.1] = np.nan
    columns = Columns(numbers, categories, (5, 5))
    if classes is None:
        return columns, signal if outputs is None else np.outer(signal, np.arange(1, outputs + 1))
    return columns, np.clip(np.round(signal + classes / 2), 0, classes - 1).astype(int)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", BASELINES)
class TestBaseline:
    def test_it_predicts_each_row(self, name, task):
        classes = TASKS[task]
        train, target = table(120, classes)
        test, _ = table(30, classes, 1)
        found = load("baselines", name)(train, target, test, classes, seed=0, budget=1.0)
        assert isinstance(found, BaselineResult)
        assert found.prediction.shape == ((30, classes) if classes else (30,))
        assert found.prediction.dtype == np.float64
        assert np.isfinite(found.prediction).all()
        if classes:
            assert found.prediction.sum(1) == pytest.approx(np.ones(30))
        assert found.rows_used == 120
        assert found.seconds >= 0
        assert "on 120 training rows" in found.description

    def test_the_same_seed_is_the_same_prediction(self, name, task):
        classes = TASKS[task]
        train, target = table(300, classes)
        state = np.random.get_state()[1].copy()
        baseline = load("baselines", name)
        first, second = (baseline(train, target, train, classes, 3, 0.02) for _ in range(2))
        assert first.prediction.tobytes() == second.prediction.tobytes()
        assert first.description == second.description
        assert np.array_equal(state, np.random.get_state()[1])

    def test_one_test_row_or_none(self, name, task):
        classes = TASKS[task]
        train, target = table(60, classes)
        for rows in (1, 0):
            test = train.take(np.arange(rows))
            found = load("baselines", name)(train, target, test, classes, budget=1.0)
            assert found.prediction.shape == ((rows, classes) if classes else (rows,))

    def test_one_training_row(self, name, task):
        classes = TASKS[task]
        train, target = table(1, classes)
        found = load("baselines", name)(train, target, train, classes).prediction
        expected = np.eye(classes)[target] if classes else target
        assert found == pytest.approx(expected)

    def test_no_columns(self, name, task):
        classes = TASKS[task]
        _, target = table(50, classes)
        empty = Columns(np.zeros((50, 0)), np.zeros((50, 0), dtype=int))
        found = load("baselines", name)(empty, target, empty, classes).prediction
        expected = np.bincount(target, minlength=classes) / 50 if classes else target.mean()
        assert found == pytest.approx(np.broadcast_to(expected, found.shape))

    def test_columns_that_say_nothing(self, name, task):
        """Constant, wholly missing, and one code only."""
        classes = TASKS[task]
        _, target = table(80, classes)
        numbers = np.stack([np.full(80, 0.1), np.full(80, np.nan)], 1)
        train = Columns(numbers, np.zeros((80, 1), dtype=int), (4,))
        test = Columns(numbers[:5], np.full((5, 1), 3), (4,))  # a code that was not seen in training
        found = load("baselines", name)(train, target, test, classes, budget=1.0).prediction
        expected = np.bincount(target, minlength=classes) / 80 if classes else target.mean()
        assert found == pytest.approx(np.broadcast_to(expected, found.shape), abs=0.02)

    def test_float32_and_narrow_codes_are_taken(self, name, task):
        classes = TASKS[task]
        train, target = table(60, classes)
        narrow = Columns(train.numbers.astype(np.float32), train.categories.astype(np.int8), [5, 5])
        found = load("baselines", name)(narrow, target, narrow, classes, budget=1.0).prediction
        assert found.dtype == np.float64

    def test_what_does_not_fit_is_refused_at_once(self, name, task):
        classes = TASKS[task]
        train, target = table(10, classes)
        wrong = Columns(np.full((10, 2), np.inf), train.categories, (5, 5))
        with pytest.raises(DataError, match="The test numbers are not all finite") as caught:
            load("baselines", name)(train, target[:9], wrong, classes)
        assert len(caught.value.mistakes) == 3


@pytest.mark.parametrize("name", BASELINES)
class TestClasses:
    def test_a_class_without_training_rows_has_probability_0(self, name):
        train, target = table(80, 2)
        found = load("baselines", name)(train, 2 * target, train, 4, budget=1.0).prediction
        assert (found[:, [1, 3]] == 0).all()
        assert found.sum(1) == pytest.approx(np.ones(80))

    def test_one_class_only(self, name):
        train, _ = table(40, 2)
        found = load("baselines", name)(train, np.ones(40, dtype=int), train, 2).prediction
        assert found == pytest.approx(np.tile([0.0, 1.0], (40, 1)))


@pytest.mark.parametrize("name", BASELINES)
def test_several_outputs(name):
    train, target = table(90, None, outputs=2)
    found = load("baselines", name)(train, target, train, None, budget=1.0).prediction
    assert found.shape == (90, 2)
    assert np.corrcoef(found[:, 1], 2 * found[:, 0])[0, 1] > 0.99 or name == "trivial"


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "trivial"])
@pytest.mark.parametrize("classes", [2, None])
def test_it_learns(name, classes):
    train, target = table(600, classes)
    test, truth = table(300, classes, 1)
    found = load("baselines", name)(train, target, test, classes, budget=2.0).prediction
    trivial = load("baselines", "trivial")(train, target, test, classes).prediction
    if classes:
        assert (found.argmax(1) == truth).mean() > (trivial.argmax(1) == truth).mean() + 0.1
    else:
        assert ((found - truth) ** 2).mean() < 0.4 * ((trivial - truth) ** 2).mean()


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "trivial"])
def test_a_small_budget_leaves_rows_out_and_says_so(name):
    train, target = table(3000, 4)
    found = load("baselines", name)(train, target, train.take(np.arange(10)), 4, 0, 1e-3)
    assert found.rows_used < 3000
    assert f"on {found.rows_used:,} of 3,000 training rows" in found.description
