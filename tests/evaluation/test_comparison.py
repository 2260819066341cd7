"""compare and verdict: which of two predictions is better, and how that is said."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.errors import DataError, SpecError
from ranvier.evaluation import Comparison, compare, verdict
from ranvier.evaluation import metrics as m
from ranvier.evaluation.resampling import percentile_bounds


def answers(right, wrong):
    """Predictions of class 0 where the target is 0: so many right, then so many wrong."""
    return np.eye(2)[[0] * right + [1] * wrong]


class TestCompare:
    def test_accuracy_by_hand(self):
        """10 rows, 4 of them right for a alone: p = 5/12, q = 1/12; 1/3 -+ 1.96 sqrt((1/2 - 1/9) / 12)."""
        found = compare([0] * 10, answers(10, 0), answers(6, 4), m.accuracy)
        half = 1.959964 * ((1 / 2 - 1 / 9) / 12) ** 0.5
        assert found.difference == pytest.approx(0.4)
        assert (found.low, found.high) == pytest.approx((1 / 3 - half, 1 / 3 + half), abs=1e-6)
        assert found.better == "neither"  # McNemar's exact test of 4 to 0 has p = 0.125

    def test_the_interval_of_shares_is_about_the_paired_variance(self):
        generator = np.random.default_rng(0)
        right_a, right_b = generator.random(3000) < 0.8, generator.random(3000) < 0.75
        a, b = np.eye(2)[(~right_a).astype(int)], np.eye(2)[(~right_b).astype(int)]
        found = compare(np.zeros(3000, dtype=int), a, b, m.accuracy)
        each = right_a.astype(float) - right_b
        half = 1.959964 * each.std() / 3000**0.5
        assert found.low == pytest.approx(each.mean() - half, abs=1e-3)
        assert found.high == pytest.approx(each.mean() + half, abs=1e-3)
        assert found.better == "a"

    @pytest.mark.parametrize("metric", [m.mse, m.mae, m.rmse, m.r2], ids=lambda metric: metric.name)
    def test_the_direction_of_the_metric_counts(self, metric):
        generator = np.random.default_rng(1)
        target = generator.normal(size=200)
        good, bad = target + 0.1 * generator.normal(size=200), target + generator.normal(size=200)
        found = compare(target, good, bad, metric, 300)
        assert found.better == "a"
        assert (found.difference > 0) == metric.greater_is_better
        assert found.low < found.difference < found.high
        turned = compare(target, bad, good, metric, 300)
        assert turned.better == "b"
        assert turned.difference == -found.difference
        assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))

    def test_pairing_is_what_makes_it_sharp(self):
        """Both are off by the same large errors, a by a little less: unpaired, nothing could be seen."""
        generator = np.random.default_rng(2)
        target, error = np.zeros(100), generator.normal(size=100)
        found = compare(target, error, 1.05 * error, m.mse)
        unpaired = np.var(error**2) ** 0.5 / 10
        assert found.better == "a"
        assert found.high - found.low < unpaired

    def test_the_same_distribution_as_a_plain_loop(self):
        generator = np.random.default_rng(3)
        target = generator.integers(0, 3, 150)
        a, b = (np.eye(3)[np.where(generator.random(150) < q, target, 0)] for q in (0.8, 0.5))
        drawn = np.random.default_rng(9).integers(0, 150, (2000, 150))
        plain = np.array([(m.f1_macro(target[r], a[r]) - m.f1_macro(target[r], b[r]))[0] for r in drawn])
        found = compare(target, a, b, m.f1_macro, 2000)
        assert (found.low, found.high) == pytest.approx(percentile_bounds(plain, 150), abs=0.012)

    @pytest.mark.parametrize("metric", [m.accuracy, m.f1_macro, m.log_loss], ids=lambda metric: metric.name)
    def test_a_prediction_is_no_better_than_itself(self, metric):
        generator = np.random.default_rng(4)
        p = generator.dirichlet([1, 1], 60)
        found = compare(generator.integers(0, 2, 60), p, p, metric, 100)
        assert found.difference == 0
        assert found.low <= 0 <= found.high
        assert found.better == "neither"

    def test_equals_are_told_apart_about_once_in_twenty(self):
        told = 0
        for seed in range(300):
            a, b = np.random.default_rng(seed).normal(size=(2, 50))
            told += compare(np.zeros(50), a, b, m.mae, 200, seed).better != "neither"
        assert 4 <= told <= 28  # 15 expected, 3.8 standard error

    def test_weights_decide(self):
        target, a, b = [0] * 40, answers(40, 0), answers(20, 20)
        assert compare(target, a, b, m.accuracy).better == "a"
        found = compare(target, a, b, m.accuracy, weight=[1.0] * 20 + [0.0] * 20)
        assert (found.difference, found.better) == (0.0, "neither")

    def test_what_is_not_defined_decides_nothing(self):
        assert compare([1, 1], [[0.5, 0.5]] * 2, [[0.1, 0.9]] * 2, m.roc_auc) == Comparison(
            None, None, None, "neither"
        )
        assert compare([1.0], [1.0], [2.0], m.mae) == Comparison(-1.0, None, None, "neither")

    def test_what_is_refused(self):
        with pytest.raises(DataError, match="The target has 1 rows and the prediction 2"):
            compare([0], [[1.0, 0.0]], [[1.0, 0.0]] * 2, m.accuracy)
        with pytest.raises(DataError, match="1 of 1 predictions are not probabilities"):
            compare([0], [[1.0, 0.0]], [[3.0, 0.0]], m.log_loss)
        with pytest.raises(SpecError, match="5 resamples are asked for"):
            compare([0.0, 1.0], [0.0, 1.0], [0.0, 1.0], m.mae, 5)


BETTER = Comparison(0.031, 0.012, 0.050, "a")
LEVEL = Comparison(-0.004, -0.016, 0.008, "neither")
WORSE = Comparison(-0.020, -0.031, -0.009, "b")


class TestVerdict:
    @pytest.mark.parametrize(
        ("comparisons", "sentence"),
        [
            (
                {"trivial": BETTER, "linear": BETTER, "trees": LEVEL},
                "Better than the linear model (accuracy +0.031, 95% interval +0.012 to +0.050) and no better than "
                "the trees (-0.004, -0.016 to +0.008).",
            ),
            (
                {"linear": WORSE, "trees": BETTER},
                "Better than the trees (accuracy +0.031, 95% interval +0.012 to +0.050) and worse than the linear "
                "model (-0.020, -0.031 to -0.009).",
            ),
            (
                {"linear": BETTER, "trees": BETTER},
                "Better than the linear model (accuracy +0.031, 95% interval +0.012 to +0.050) and the trees "
                "(+0.031, +0.012 to +0.050).",
            ),
            (
                {"trivial": BETTER},
                "Better than always answering 'no' (accuracy +0.031, 95% interval +0.012 to +0.050).",
            ),
            (
                {"trivial": LEVEL, "linear": BETTER},
                "No better than always answering 'no' (accuracy -0.004, 95% interval -0.016 to +0.008): this network "
                "has learnt nothing that the test rows can show.",
            ),
            (
                {"trivial": WORSE, "trees": WORSE},
                "Worse than always answering 'no' (accuracy -0.020, 95% interval -0.031 to -0.009): this network has "
                "learnt nothing that the test rows can show.",
            ),
            (
                {"linear": BETTER, "own": LEVEL},
                "Better than the linear model (accuracy +0.031, 95% interval +0.012 to +0.050) and no better than "
                "the baseline 'own' (-0.004, -0.016 to +0.008).",
            ),
            (
                {"trivial": BETTER, "linear": BETTER, "trees": Comparison(None, None, None, "neither")},
                "Better than the linear model (accuracy +0.031, 95% interval +0.012 to +0.050). The accuracy cannot "
                "be compared with that of the trees.",
            ),
            (
                {"trivial": Comparison(None, None, None, "neither"), "linear": BETTER},
                "Better than the linear model (accuracy +0.031, 95% interval +0.012 to +0.050). The accuracy cannot "
                "be compared with that of always answering 'no'.",
            ),
            (
                {"linear": Comparison(1.0, None, None, "neither")},
                "No better than the linear model (accuracy +1.000, no interval).",
            ),
            ({}, "There is no baseline to compare with."),
        ],
    )
    def test_accuracy(self, comparisons, sentence):
        assert verdict(m.accuracy, 0.85, comparisons, "always answering 'no'") == sentence

    def test_where_lower_is_better(self):
        comparisons = {
            "trivial": Comparison(-9.0, -10.0, -8.0, "a"),
            "linear": Comparison(-3.14, -4.0, -2.2, "a"),
            "trees": Comparison(1.5, 0.5, 2.5, "b"),
        }
        assert verdict(m.rmse, 20.0, comparisons) == (
            "Better than the linear model (rmse -3.1, 95% interval -4.0 to -2.2; lower is better) and worse than the "
            "trees (+1.5, +0.5 to +2.5)."
        )

    @pytest.mark.parametrize(
        ("largest", "shown"),
        [(123456.7, "+123,457"), (12.34, "+12"), (0.001234, "+0.0012"), (0.0, "+0.000")],
    )
    def test_two_digits_that_count(self, largest, shown):
        found = Comparison(largest, largest / 2, largest, "b")
        assert f"(mse {shown}," in verdict(m.mse, 1.0, {"linear": found})

    def test_a_title_has_no_underscores(self):
        assert "(balanced accuracy +0.031," in verdict(m.balanced_accuracy, 0.8, {"linear": BETTER})

    def test_three_names_are_listed(self):
        level = dict.fromkeys(("linear", "trees", "x"), LEVEL)
        assert ", the trees (-0.004" in verdict(m.accuracy, 0.8, level)

    @pytest.mark.parametrize("value", [None, float("nan")])
    def test_a_network_without_a_value(self, value):
        assert verdict(m.roc_auc, value, {"linear": BETTER}) == (
            "The roc auc of the network could not be measured on the test rows, as all rows have the same class."
        )
