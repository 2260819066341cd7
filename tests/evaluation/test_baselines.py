"""What each baseline does beyond the contract that all keep (see contracts/test_baselines.py)."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn import datasets
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from ranvier.errors import DataError
from ranvier.evaluation import linear_baseline, tree_baseline
from ranvier.evaluation import metrics as m
from ranvier.evaluation.baselines import Columns, linear, trees, trivial
from ranvier.evaluation.columns import checked_fitting, choose


def numbers(values):
    values = np.asarray(values, dtype=float)
    return Columns(values, np.zeros((len(values), 0), dtype=int))


def codes(values, *cardinalities):
    values = np.asarray(values)
    return Columns(np.zeros((len(values), 0)), values, cardinalities)


def sample(name):
    features, target = getattr(datasets, f"load_{name}")(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(target))
    features, target = features[order], target[order]
    held = len(target) // 4
    return numbers(features[held:]), target[held:], numbers(features[:held]), target[:held]


@pytest.mark.parametrize(
    ("name", "classes", "lowest"), [("iris", 3, 0.85), ("breast_cancer", 2, 0.93), ("diabetes", None, 0.25)]
)
def test_known_data(name, classes, lowest):
    train, target, test, truth = sample(name)
    metric = m.accuracy if classes else m.r2
    scores = [metric(truth, b(train, target, test, classes).prediction)[0] for b in (linear, trees)]
    assert min(scores) > lowest
    assert metric(truth, trivial(train, target, test, classes).prediction)[0] < min(scores) - 0.2


class TestTrivial:
    def test_weighted_frequencies(self):
        found = trivial(
            numbers(np.zeros((3, 1))), np.array([0, 1, 1]), numbers([[1.0]] * 2), 3, weight=[2, 1, 1]
        )
        assert found.prediction == pytest.approx(np.array([[0.5, 0.5, 0.0]] * 2))
        assert found.description == "the frequency of each class on 3 training rows"

    def test_weighted_mean(self):
        train = numbers(np.zeros((2, 1)))
        assert trivial(train, [1.0, 4.0], train, None, weight=[2, 1]).prediction == pytest.approx([2.0, 2.0])
        assert (
            trivial(train, [1.0, 4.0], train, None).description == "the mean of the target on 2 training rows"
        )


class TestLinear:
    def test_it_is_logistic_regression_of_standardised_numbers(self):
        train, target, test, _ = sample("iris")
        mean, deviation = train.numbers.mean(0), train.numbers.std(0)
        oracle = LogisticRegression(max_iter=1000).fit((train.numbers - mean) / deviation, target)
        expected = oracle.predict_proba((test.numbers - mean) / deviation)
        assert linear(train, target, test, 3).prediction == pytest.approx(expected, abs=1e-6)

    @pytest.mark.parametrize("sparse_from", [0, 10_000])
    @pytest.mark.parametrize("classes", [3, None])
    def test_missing_numbers_and_categories(self, sparse_from, classes, monkeypatch):
        monkeypatch.setattr(linear_baseline, "SPARSE", sparse_from)
        generator = np.random.default_rng(0)
        values = generator.normal(5.0, 3.0, (300, 2))
        values[generator.random(300) < 0.3, 0] = np.nan
        kinds = generator.integers(0, 4, (300, 1))
        kinds[kinds == 2] = 1  # code 2 does not occur in training
        target = (kinds[:, 0] + np.isnan(values[:, 0])) % 3 if classes else values[:, 1] + kinds[:, 0]
        train = Columns(values, kinds, (4,))
        test = Columns(np.array([[np.nan, 5.0], [4.0, np.nan]]), np.array([[2], [3]]), (4,))

        def matrix(columns):
            standard = (columns.numbers - np.nanmean(values, 0)) / np.nanstd(values, 0)
            hot = (columns.categories == np.array([[0, 1, 3]])).astype(float)
            gaps = np.isnan(columns.numbers)[:, :1]
            return np.concatenate([np.nan_to_num(standard), gaps, hot], axis=1)

        found = linear(train, target, test, classes).prediction
        if classes:
            expected = (
                LogisticRegression(max_iter=1000).fit(matrix(train), target).predict_proba(matrix(test))
            )
        else:
            expected = Ridge().fit(matrix(train), target).predict(matrix(test))
        assert found == pytest.approx(expected, abs=2e-3)

    def test_rare_categories_are_left_out_and_it_says_so(self):
        generator = np.random.default_rng(0)
        train = codes(generator.integers(0, 500, (2000, 1)), 500)
        found = linear(train, generator.integers(0, 2, 2000), train, 2)
        assert found.description.endswith("the 100 most frequent categories of 1 column")
        encoding = linear_baseline.Encoding.fit(train)
        kept = np.flatnonzero(encoding.places[0] >= 0)
        counts = np.bincount(train.categories[:, 0], minlength=500)
        assert encoding.onehot == len(kept) == 100
        assert counts[kept].min() >= np.delete(counts, kept).max()

    def test_not_converging_is_said_and_warns_no_one(self, monkeypatch):
        monkeypatch.setattr(linear_baseline, "ITERATIONS", (2, 1))
        train, target, test, _ = sample("iris")
        assert linear(train, target, test, 3).description == (
            "logistic regression, not fully converged after 2 iterations, on 113 training rows"
        )

    def test_other_warnings_pass(self):
        def fit(matrix, target, sample_weight):
            warnings.warn("slowly", ConvergenceWarning, stacklevel=1)
            warnings.warn("a change to come", FutureWarning, stacklevel=1)

        with pytest.warns(FutureWarning, match="a change to come") as caught:
            assert not linear_baseline._fit(SimpleNamespace(fit=fit), None, None, None)
        assert len(caught) == 1

    def test_numbers_of_any_size(self):
        values = np.array(
            [[1.7e308, 1e-300, 5.0, 1e15], [-1.7e308, 2e-300, 5.0, 1e15 + 2], [1.7e308, 1e-300, 5.0, 1e15]]
            * 5
        )
        test = numbers([[-1.7e308, 1.7e308, 5.0, np.nan]])
        for classes, target in ((2, np.array([0, 1, 0] * 5)), (None, np.array([0.0, 1.0, 0.0] * 5))):
            found = linear(numbers(values), target, test, classes).prediction
            assert np.isfinite(found).all()
            within = linear(numbers(values), target, numbers(values), classes).prediction
            assert m.accuracy(target, within)[0] == 1.0 if classes else m.r2(target, within)[0] > 0.9

    def test_fewer_iterations_come_before_fewer_rows(self):
        wide = numbers(np.zeros((1, 784)))
        plans = [linear_baseline.affordable(wide, 60_000, 10, budget) for budget in (1e4, 100.0, 10.0, 1e-9)]
        assert plans[0] == (60_000, 200)
        assert plans[1][0] == 60_000 and 50 < plans[1][1] < 200
        assert 1_000 < plans[2][0] < 60_000 and plans[2][1] == 50
        assert plans[3] == (100, 50)
        assert linear_baseline.affordable(wide, 60_000, None, 1.0)[0] < 60_000
        assert linear_baseline.affordable(codes([[0] * 8], *[100] * 8), 10**6, None, 1.0)[0] < 10**6


class TestTrees:
    @pytest.mark.parametrize(("name", "classes"), [("iris", 3), ("diabetes", None)])
    def test_it_is_scikit_learns_boosting(self, name, classes):
        train, target, test, _ = sample(name)
        oracle = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
        with threadpool_limits(limits=1, user_api="openmp"):
            model = oracle(early_stopping=False).fit(train.numbers, target)
            expected = model.predict_proba(test.numbers) if classes else model.predict(test.numbers)
        assert trees(train, target, test, classes).prediction == pytest.approx(expected)

    def test_categories_have_no_order(self):
        """Even and odd codes: one split of categories, many of numbers."""
        generator = np.random.default_rng(0)
        values = generator.integers(1, 41, (400, 1))
        found = trees(codes(values, 41), values[:, 0] % 2, codes([[2], [3], [40]], 41), 2)
        assert found.prediction.argmax(1).tolist() == [0, 1, 0]

    def test_too_many_categories_are_numbers_and_it_says_so(self):
        values = np.random.default_rng(0).integers(0, 300, (400, 2))
        target = (values[:, 0] > 150).astype(int)
        found = trees(codes(values, 300, 300), target, codes(values, 300, 300), 2)
        assert found.description.endswith("the categories of 2 columns read as numbers")
        assert m.accuracy(target, found.prediction)[0] > 0.95
        assert (
            "read as numbers"
            not in trees(codes(values % 255, 255, 255), target, codes(values % 255, 255, 255), 2).description
        )

    def test_an_unseen_category_goes_with_most_rows(self):
        values = np.random.default_rng(0).integers(1, 300, (600, 1))
        target = (values[:, 0] < 60).astype(int)
        found = trees(codes(values, 300), target, codes([[0], [1]], 300), 2)
        assert found.prediction.argmax(1).tolist() == [0, 1]

    @pytest.mark.parametrize("classes", [2, None])
    def test_noise_stops_early_as_the_seed_says(self, classes):
        generator = np.random.default_rng(0)
        train, target = numbers(generator.normal(size=(1200, 3))), generator.integers(0, 2, 1200)
        first, same, other = (trees(train, target, train, classes, seed) for seed in (1, 1, 2))
        assert int(first.description.split()[2]) < 60
        assert first.prediction.tobytes() == same.prediction.tobytes()
        assert first.prediction.tobytes() != other.prediction.tobytes()

    def test_a_column_that_is_known_once_among_many(self):
        """Early stopping may hold out the one row that has a value."""
        generator = np.random.default_rng(0)
        values = generator.normal(size=(1100, 2))
        values[:, 1] = np.nan
        for row in range(40):
            once = values.copy()
            once[row, 1] = 1.0
            found = trees(numbers(once), (values[:, 0] > 0).astype(int), numbers(values[:2]), 2, row)
            assert np.isfinite(found.prediction).all()

    def test_a_class_of_one_row_among_many(self):
        """A tenth of the rows cannot be held out by class then."""
        generator = np.random.default_rng(0)
        train = numbers(generator.normal(size=(1100, 2)))
        target = generator.integers(0, 2, 1100)
        target[7] = 2
        assert trees(train, target, train, 3, budget=0.5).prediction.shape == (1100, 3)

    def test_the_plan_gives_way_in_order(self):
        plans = [tree_baseline.affordable(60_000, 784, 10, budget) for budget in (1e5, 5e2, 1e2, 1e1, 1e-9)]
        assert plans[0] == (60_000, 100)
        assert plans[1][0] == 60_000 and 30 <= plans[1][1] < 100
        assert 5_000 <= plans[2][0] < 60_000 and plans[2][1] == 30
        assert 500 <= plans[3][0] <= 5_000 and 5 <= plans[3][1] < 30
        assert plans[4] == (500, 5)
        assert tree_baseline.affordable(200, 3, 1, 10.0) == (200, 100)

    def test_a_tight_budget_is_said(self):
        train, target, test, _ = sample("breast_cancer")
        described = trees(train, target, test, 2, budget=0.1).description
        assert "as many as the time allows" in described


@pytest.mark.parametrize("baseline", [linear, trees])
@pytest.mark.parametrize("classes", [2, None])
def test_weights_count(baseline, classes):
    """The same rows with opposite answers: the heavier half wins, and weight 0 is absence."""
    values = np.tile(np.linspace(0, 1, 60)[:, None], (2, 1))
    target = np.concatenate([values[:60, 0] > 0.5, values[60:, 0] <= 0.5]).astype(int if classes else float)
    weight = np.repeat([1.0, 0.0], 60)
    train, test = numbers(values), numbers([[0.1], [0.9]])
    found = baseline(train, target, test, classes, weight=weight)
    alone = baseline(train.take(np.arange(60)), target[:60], test, classes)
    assert np.array_equal(found.prediction, alone.prediction)
    assert found.rows_used == 60
    turned = baseline(train, target, test, classes, weight=1.0 + 9.0 * weight[::-1])
    second = found.prediction[:, 1] if classes else found.prediction
    opposite = turned.prediction[:, 1] if classes else turned.prediction
    assert second[0] < second[1]
    assert opposite[0] > opposite[1]


class TestRows:
    def fitting(self, target, classes):
        train = numbers(np.arange(len(target), dtype=float)[:, None])
        return checked_fitting(train, target, train, classes, np.arange(1.0, len(target) + 1))

    def test_each_class_keeps_a_row(self):
        target = np.array([0] * 500 + [1] + [2] * 2)
        chosen = choose(self.fitting(target, 3), 20, 3, 0)
        assert len(chosen.target) == 20
        assert set(chosen.target) == {0, 1, 2}
        rows = chosen.columns.numbers[:, 0]
        assert (np.diff(rows) > 0).all()  # in order, none twice
        assert np.array_equal(chosen.weight, rows + 1)
        assert np.array_equal(chosen.target, target[rows.astype(int)])

    def test_values_are_drawn_by_the_seed(self):
        fitting = self.fitting(np.arange(50.0), None)
        first, same, other = (choose(fitting, 10, None, seed).target[:, 0] for seed in (1, 1, 2))
        assert np.array_equal(first, same)
        assert not np.array_equal(first, other)
        assert choose(fitting, 50, None, 0) is fitting


GOOD = numbers([[1.0], [2.0]])


@pytest.mark.parametrize(
    ("train", "target", "test", "classes", "sentence"),
    [
        (
            Columns(np.zeros(2), np.zeros((2, 0), dtype=int)),
            [0, 1],
            GOOD,
            2,
            r"The training columns have shapes \(2,\) and",
        ),
        (
            Columns(np.zeros((2, 1)), np.zeros((3, 0), dtype=int)),
            [0, 1],
            GOOD,
            2,
            "The training columns have shapes",
        ),
        (
            numbers([[np.inf], [1.0]]),
            [0, 1],
            GOOD,
            2,
            "The training numbers are not all finite. Expected .* and NaN",
        ),
        (GOOD, [0, 1], numbers([[-np.inf]]), 2, "The test numbers are not all finite"),
        (
            codes([[0], [1]]),
            [0, 1],
            codes([[0]]),
            2,
            "There are 1 training category columns and 0 cardinalities",
        ),
        (codes([[0], [3]], 3), [0, 1], codes([[0]], 3), 2, "A training category code is out of range"),
        (codes([[0], [1]], 3), [0, 1], codes([[-1]], 3), 2, "A test category code is out of range"),
        (codes([[0.0], [1.0]], 3), [0, 1], codes([[1]], 3), 2, "A training category code is out of range"),
        (GOOD, [0, 1], numbers([[1.0, 2.0]]), 2, "The training and test columns differ"),
        (codes([[0], [1]], 3), [0, 1], codes([[1]], 4), 2, "The training and test columns differ"),
        (GOOD, [0], GOOD, 2, r"There are 2 training rows and a target of shape \(1,\)"),
        (numbers(np.zeros((0, 1))), [], GOOD, None, "There are 0 training rows"),
        (
            GOOD,
            [0, 2],
            GOOD,
            2,
            "The training target is not all class indices. Expected .rows,. .* from 0 to 1",
        ),
        (GOOD, [0.0, 1.0], GOOD, 2, "The training target is not all class indices"),
        (GOOD, [0.0, np.nan], GOOD, None, "The training target is not all finite numbers"),
        (GOOD, ["a", "b"], GOOD, None, "The training target is not all finite numbers"),
    ],
)
def test_what_is_refused(train, target, test, classes, sentence):
    with pytest.raises(DataError, match=sentence):
        trivial(train, np.array(target), test, classes)


def test_weights_that_are_refused():
    with pytest.raises(DataError, match="A row weight is negative"):
        linear(GOOD, np.array([0, 1]), GOOD, 2, weight=[-1.0, 1.0])
