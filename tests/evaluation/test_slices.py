"""Slices: groups by hand, differences against published ones, and how often a search cries wolf."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.errors import DataError
from ranvier.evaluation import metrics as m
from ranvier.evaluation.fairness import fairness
from ranvier.evaluation.intervals import measure
from ranvier.evaluation.slices import SMALLEST, Grouping, beside_rest, by_label, by_number, less, search


def answers(target, right, generator):
    """Probabilities (N, 2) that are right where ``right`` says so."""
    sure = generator.uniform(0.6, 0.9, len(target))
    positive = np.where((target == 1) == right, sure, 1 - sure)
    return np.stack([1 - positive, positive], 1)


def groups_of(rows, generator, columns=10):
    return [Grouping(f"c{i}", ("a", "b", "c"), generator.integers(0, 3, rows)) for i in range(columns)]


def test_numbers_go_into_five_bins():
    values = np.append(np.arange(100.0), np.nan)
    found = by_number("age", values)
    assert found.names == ("below 20", "20 to 40", "40 to 60", "60 to 80", "80 or more", "missing")
    assert np.bincount(found.codes).tolist() == [20, 20, 20, 20, 20, 1]
    assert found.codes[[0, 19, 20, 99, 100]].tolist() == [0, 0, 1, 4, 5]


def test_few_numbers_are_a_group_each():
    found = by_number("rooms", np.array([3.0, 1.0, 3.0, 2.5]))
    assert (found.names, found.codes.tolist()) == (("1", "2.5", "3"), [2, 0, 2, 1])


def test_numbers_that_are_mostly_equal():
    found = by_number("gain", np.append(np.zeros(90), np.arange(1.0, 21.0)))
    assert found.names == ("below 1", "1 or more")
    assert np.bincount(found.codes).tolist() == [90, 20]


def test_labels_that_are_rare_go_together():
    labels = ["x"] * SMALLEST + ["y"] * (SMALLEST - 1) + ["z", None]
    found = by_label("town", labels)
    assert found.names == ("x", "others (2)", "missing")
    assert np.bincount(found.codes).tolist() == [SMALLEST, SMALLEST, 1]


def test_the_difference_of_two_shares_is_newcombes():
    """Newcombe (1998), method 10, his case (a): 56/70 against 48/80 is 0.2, from 0.0524 to 0.3339."""
    x, y = (
        measure(np.zeros(rows, dtype=int), np.eye(2)[[0] * right + [1] * (rows - right)], [m.accuracy])
        for right, rows in ((56, 70), (48, 80))
    )
    assert less(x["accuracy"], y["accuracy"]) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


def test_nothing_is_less_than_nothing():
    known = measure([0, 1], [[0.8, 0.2], [0.4, 0.6]], [m.accuracy])["accuracy"]
    assert less(None, known) == (None, None, None)
    bare = {**known, "low": None, "high": None}
    assert less(known, bare) == (0.0, None, None)


def test_a_sick_group_is_found_and_named():
    generator = np.random.default_rng(0)
    groupings = groups_of(2000, generator)
    target = generator.integers(0, 2, 2000)
    sick = groupings[4].codes == 1
    p = answers(target, generator.random(2000) < np.where(sick, 0.75, 0.92), generator)
    found = search(target, p, m.accuracy, groupings)
    assert found.looked_at == 30
    (worst,) = found.worst
    assert (worst.column, worst.group, worst.rows) == ("c4", "b", sick.sum())
    right = p.argmax(1) == target
    assert worst.value == pytest.approx(right[sick].mean())
    assert worst.rest == pytest.approx(right[~sick].mean())
    assert worst.difference == pytest.approx(worst.value - worst.rest)
    assert worst.low < worst.value < worst.high
    assert worst.difference_low < worst.difference < worst.difference_high < 0
    alone = beside_rest(target, p, m.accuracy, sick, ("c4", "b"))
    assert alone.difference_high < worst.difference_high  # 30 groups ask for more than one does


@pytest.mark.parametrize("name", ["rmse", "mae"])
def test_a_sick_group_of_values_is_found(name):
    generator = np.random.default_rng(1)
    groupings = groups_of(900, generator, 4)
    sick = groupings[2].codes == 0
    target = generator.normal(size=900)
    prediction = target + generator.normal(size=900) * np.where(sick, 2.0, 1.0)
    (worst,) = search(target, prediction, getattr(m, name), groupings).worst
    assert (worst.column, worst.group) == ("c2", "a")
    assert worst.difference_low > 0


def test_where_all_groups_are_alike_one_search_in_twenty_finds_something():
    """Each of 100 searches looks at 30 groups; without the correction most would find one."""
    found = 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        target = generator.integers(0, 2, 600)
        p = answers(target, generator.random(600) < 0.9, generator)
        found += bool(search(target, p, m.accuracy, groups_of(600, generator)).worst)
    assert found <= 10


def test_small_groups_and_groups_of_nearly_all_rows_are_not_looked_at():
    target = np.zeros(100, dtype=int)
    p = np.eye(2)[np.arange(100) % 2]
    codes = np.append(np.zeros(SMALLEST - 1, dtype=int), np.ones(101 - SMALLEST, dtype=int))
    assert search(target, p, m.accuracy, [Grouping("c", ("few", "most"), codes)]).looked_at == 0
    assert search(target, p, m.roc_auc, [Grouping("c", ("x", "y"), np.arange(100) // 50)]).looked_at == 0


def test_a_weight_is_a_repeated_row():
    generator = np.random.default_rng(3)
    target = generator.integers(0, 2, 300)
    p = answers(target, generator.random(300) < 0.8, generator)
    weight = generator.integers(0, 3, 300).astype(float)
    inside = generator.random(300) < 0.4
    found = beside_rest(target, p, m.accuracy, inside, ("c", "g"), weight=weight)
    right = p.argmax(1) == target
    assert found.value == pytest.approx(np.average(right[inside], weights=weight[inside]))
    assert found.rest == pytest.approx(np.average(right[~inside], weights=weight[~inside]))
    nothing = beside_rest(target, p, m.accuracy, np.zeros(300, dtype=bool), ("c", "g"))
    assert (nothing.value, nothing.difference, nothing.rows) == (None, None, 0)


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match="The target has 3 rows and the prediction 2"):
        search(np.zeros(3), np.zeros(2), m.mse, [Grouping("c", ("a",), np.zeros(3, dtype=int))])


class TestFairness:
    target = np.array([1, 1, 1, 0, 0, 1, 1, 0, 0, 0])
    called = np.array([1, 1, 0, 1, 0, 1, 0, 0, 0, 0])
    grouping = Grouping("sex", ("f", "m", "none"), np.array([0] * 5 + [1] * 5))

    def test_the_rates_by_hand(self):
        found = fairness(self.target, np.eye(2)[self.called], self.grouping)
        f, m_ = found["groups"]["f"], found["groups"]["m"]
        assert [f[rate]["value"] for rate in f] == pytest.approx([3 / 5, 2 / 3, 1 / 2])
        assert [m_[rate]["value"] for rate in m_] == pytest.approx([1 / 5, 1 / 2, 0.0])
        assert [f[rate]["rows"] for rate in f] == [5, 3, 2]
        assert f["selection"]["low"] < 0.6 < f["selection"]["high"]
        widest = found["widest"]["selection"]
        assert (widest["above"], widest["below"], widest["difference"]) == ("f", "m", pytest.approx(0.4))
        assert widest["low"] < 0.4 < widest["high"]

    def test_a_group_without_rows_has_no_rate(self):
        found = fairness(self.target, np.eye(2)[self.called], self.grouping)
        assert found["groups"]["none"]["selection"] == {"rows": 0, "value": None, "low": None, "high": None}
        alone = Grouping("sex", ("f",), np.zeros(10, dtype=int))
        assert fairness(self.target, np.eye(2)[self.called], alone)["widest"]["selection"] is None

    def test_weights_count(self):
        weight = np.array([3.0, 1, 1, 1, 1, 1, 1, 1, 1, 1])
        found = fairness(self.target, np.eye(2)[self.called], self.grouping, weight=weight)
        assert found["groups"]["f"]["selection"]["value"] == pytest.approx(5 / 7)
        assert found["groups"]["f"]["true_positive"]["value"] == pytest.approx(4 / 5)
