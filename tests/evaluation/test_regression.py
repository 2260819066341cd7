"""Metrics of values, against scikit-learn and hand-worked numbers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as oracle

from ranvier.evaluation import metrics as ours

SCORES = {
    "mse": oracle.mean_squared_error,
    "rmse": oracle.root_mean_squared_error,
    "mae": oracle.mean_absolute_error,
    "r2": oracle.r2_score,
}


def rows_of(shape, seed=0):
    generator = np.random.default_rng(seed)
    target = generator.normal(3.0, 2.0, shape)
    return target, target + generator.normal(size=shape)


@pytest.mark.parametrize("name", SCORES)
class TestValues:
    @pytest.mark.parametrize("shape", [(80,), (80, 1), (80, 3)])
    def test_random_rows(self, name, shape):
        target, prediction = rows_of(shape)
        found = getattr(ours, name)(target, prediction)
        assert found == pytest.approx([SCORES[name](target, prediction)], rel=1e-12)

    @pytest.mark.parametrize("shape", [(40,), (40, 2)])
    def test_weights_are_repeated_rows(self, name, shape):
        target, prediction = rows_of(shape, 1)
        weights = np.random.default_rng(2).integers(0, 4, (6, 40))
        expected = [SCORES[name](np.repeat(target, w, 0), np.repeat(prediction, w, 0)) for w in weights]
        assert getattr(ours, name)(target, prediction, weights) == pytest.approx(expected, rel=1e-12)

    def test_a_constant_prediction(self, name):
        target, _ = rows_of((50,))
        prediction = np.full(50, target.mean())
        expected = SCORES[name](target, prediction)
        assert getattr(ours, name)(target, prediction) == pytest.approx([expected], abs=1e-12)

    def test_a_target_far_from_0_keeps_its_digits(self, name):
        target, prediction = rows_of((60,))
        expected = SCORES[name](target, prediction)
        assert getattr(ours, name)(target + 1e9, prediction + 1e9) == pytest.approx([expected], rel=1e-5)

    def test_numbers_too_large_to_add_have_none(self, name):
        found = getattr(ours, name)([1e308, -1e308], [-1e308, 1e308])
        assert np.isnan(found).all()


def test_by_hand():
    target, prediction = [1.0, 2.0, 6.0], [1.0, 4.0, 5.0]  # errors 0, 2, -1; the mean is 3
    assert ours.mse(target, prediction) == pytest.approx([5 / 3])
    assert ours.rmse(target, prediction) == pytest.approx([(5 / 3) ** 0.5])
    assert ours.mae(target, prediction) == pytest.approx([1.0])
    assert ours.r2(target, prediction) == pytest.approx([1 - 5 / 14])


@pytest.mark.parametrize("target", [[4.0], [0.1, 0.1, 0.1], [1e9, 1e9]])
def test_a_constant_target_has_no_r2(target):
    assert np.isnan(ours.r2(target, np.zeros(len(target)))).all()
    assert np.isnan(ours.r2(target, target)).all()


def test_a_resample_of_one_value_has_no_r2():
    found = ours.r2([0.1, 0.1, 0.7], [0.0, 0.2, 0.6], [[3, 2, 0], [0, 0, 3], [1, 1, 1]])
    assert list(np.isnan(found)) == [True, True, False]
