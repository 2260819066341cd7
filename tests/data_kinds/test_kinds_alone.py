"""What is particular to one kind; what all kinds keep is in contracts/test_kinds.py."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.preprocessing import StandardScaler

from ranvier.data.kinds.boolean import PAIRS, Boolean
from ranvier.data.kinds.category import Category
from ranvier.data.kinds.number import CHUNK, Number
from ranvier.data.ledger import Ledger
from ranvier.errors import DataError, InternalError
from ranvier.tasks.classify import Classify


def guesses(values: list[object]) -> dict[str, float]:
    series = pl.Series(values)
    return {kind.name: kind.infer(series).confidence for kind in (Number, Category, Boolean)}


@pytest.mark.parametrize(
    ("values", "best"),
    [
        (["0", "1", "1"], "boolean"),
        ([0, 1, 1], "boolean"),
        ([0.0, 1.0], "boolean"),
        ([True, False], "boolean"),
        ([True, True], "boolean"),
        (["Y", "n"], "boolean"),
        (["TRUE", "false"], "boolean"),
        (["0", "1", "2"], "number"),
        (["1", "1"], "number"),
        ([1.5, 2.5, None], "number"),
        (["1"] * 96 + ["?"] * 50 + ["abc"] * 4, "number"),
        (["1"] * 90 + ["abc"] * 10, "category"),
        (["red", "green", "red"], "category"),
        (["yes", "yes"], "category"),
        (["yes", "no", "maybe"], "category"),
        (["yes", "f", "on"], "category"),
    ],
)
def test_the_likeliest_kind_wins(values: list[object], best: str) -> None:
    found = guesses(values)
    assert max(found, key=lambda kind: found[kind]) == best
    assert found[best] >= 0.9


def test_zeros_and_ones_are_booleans_before_numbers_before_categories() -> None:
    found = guesses(["0", "1"])
    assert found["boolean"] > found["number"] > found["category"]


@pytest.mark.parametrize(
    "pattern", ["2020-01-{:02d}", "{:02d}/01/2020 12:00", "2020-01-{:02d}T08:00:00Z", "{:02d}.01.2020"]
)
def test_dates_are_of_no_kind(pattern: str) -> None:
    assert max(guesses([pattern.format(day) for day in range(1, 31)]).values()) < 0.3


def test_mostly_distinct_text_is_hardly_a_category() -> None:
    assert guesses([f"Mr {i}" for i in range(500)])["category"] < 0.05


@pytest.mark.parametrize(
    ("kind", "values", "reason"),
    [
        (Number, ["0.42", "80", "7"], "numbers from 0.42 to 80"),
        (Number, [1, 2, 2], "whole numbers, 2 distinct"),
        (Number, list(range(-1, 50)), "whole numbers from -1 to 49"),
        (Number, ["a", "1", ""], "1 of 2 values are not numbers"),
        (Number, ["inf"], "no finite numbers"),
        (Category, ["a", "b", "a"], "2 distinct words"),
        (Category, ["a", "a"], "1 distinct word"),
        (Category, ["a long text of words", "another text of some words"], "2 distinct texts"),
        (Category, ["1", "2"], "2 distinct numbers"),
        (Category, [f"w{i}" for i in range(30)] * 1, "30 distinct words in 30 rows"),
        (Category, ["2020-01-31", "2020-02-01"], "2 distinct dates"),
        (Boolean, ["T", "f"], "t and f"),
        (Boolean, [True, None], "only true"),
        (Boolean, ["no", "NO"], "only no"),
        (Boolean, ["no", "t"], "several words for yes and no"),
        (Boolean, ["no", "x"], "values other than yes and no"),
        (Boolean, [None, "?"], "no values"),
    ],
)
def test_the_reason_is_a_clause_for_people(kind: type, values: list[object], reason: str) -> None:
    assert kind.infer(pl.Series(values)).reason == reason


def test_numbers_are_standardised_as_scikit_learn_does() -> None:
    numbers = np.random.default_rng(0).uniform(2.0, 3.0, (500, CHUNK + 3)) ** 2
    frame = pl.from_numpy(numbers)
    expected = StandardScaler().fit(numbers)
    kind = Number.fit(frame)
    np.testing.assert_allclose(kind.mean, expected.mean_, rtol=1e-12)
    np.testing.assert_allclose(kind.scale, expected.scale_, rtol=1e-12)
    np.testing.assert_allclose(kind.transform(frame), expected.transform(numbers), rtol=1e-6)
    np.testing.assert_allclose(
        kind.invert(torch.tensor(expected.transform(numbers))), numbers, rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("value", [0.1, 0.0, 1e8 + 0.1, 1e300, 1e-300])
def test_a_constant_has_std_one(value: float) -> None:
    kind = Number.fit(pl.DataFrame({"a": [value] * 1001}))
    assert kind.scale == (1.0,)
    np.testing.assert_allclose(kind.transform(pl.DataFrame({"a": [value]})), 0.0, atol=1e-6)


@pytest.mark.parametrize("scale", [1e308, 1e-300, 1e-5])
def test_the_spread_of_very_large_and_small_numbers_is_finite(scale: float) -> None:
    kind = Number.fit(pl.DataFrame({"a": [-scale, scale]}))
    assert kind.mean == (0.0,)
    np.testing.assert_allclose(kind.scale, scale, rtol=1e-12)


def test_a_rare_mark_does_not_lie_tens_of_deviations_out() -> None:
    marks = np.zeros(10_000)
    marks[:4] = 1.0
    kind = Number.fit(pl.DataFrame({"mark": marks}))
    assert kind.scale == pytest.approx(((1 - marks.mean()) / 4,))
    assert kind.transform(pl.DataFrame({"mark": [1.0]})).item() == pytest.approx(4.0)


def test_extreme_values_are_not_clipped() -> None:
    kind = Number.fit(pl.DataFrame({"a": [-1.0, 1.0]}))
    assert kind.transform(pl.DataFrame({"a": [1e30]})).item() == np.float32(1e30)


def test_the_statistics_are_exact_beyond_float32() -> None:
    base = 2.0**24
    kind = Number.fit(pl.DataFrame({"a": [base, base + 1, base + 2]}))
    assert kind.mean == (base + 1,)


def test_drawn_numbers_are_like_those_seen() -> None:
    kind = Number.fit(pl.DataFrame({"a": [90.0, 110.0], "b": [1e-200, 3e-200], "c": [7.0, 7.0]}))
    drawn = kind.draw(2000, np.random.default_rng(0))
    assert abs(float(drawn["a"].mean()) - 100) < 1
    assert abs(float(drawn["a"].std()) - 10) < 1
    assert (drawn["a"] == drawn["a"].round(1)).all()
    assert drawn["a"].n_unique() > 200
    assert drawn["b"].is_finite().all()


@pytest.mark.parametrize(("kind", "what"), [(Number, "numbers"), (Boolean, "yes and no")])
def test_a_column_of_another_kind_is_refused(kind: type, what: str) -> None:
    frame = pl.DataFrame({"colour": ["red", "blue", None]})
    with pytest.raises(DataError, match=f"Column 'colour' is read as {what}, but none of its 2 values"):
        kind.fit(frame)


def test_categories_are_in_order_of_number_or_letter() -> None:
    kind = Category.fit(pl.DataFrame({"digit": ["10", "9", "-1", "9"], "word": ["b", "a", "10", "9"]}))
    assert kind.categories == (("-1", "9", "10"), ("10", "9", "a", "b"))


def test_the_order_of_rows_does_not_change_the_categories() -> None:
    words = [f"w{i % 100}" for i in range(1000)]
    assert Category.fit(pl.DataFrame({"a": words})) == Category.fit(pl.DataFrame({"a": words[::-1]}))


def test_more_than_ten_thousand_categories_are_allowed() -> None:
    frame = pl.DataFrame({"a": [f"w{i:05d}" for i in range(12_000)]})
    kind = Category.fit(frame, fewest=1)
    assert kind.features() == {"cardinalities": [12_001]}
    assert kind.transform(frame)[:, 0].tolist() == list(range(1, 12_001))


def test_of_many_categories_the_rare_ones_are_unknown_and_counted() -> None:
    words = [f"w{i:04d}" for i in range(1_001)]
    frame = pl.DataFrame({"a": words * 4 + words[:3], "b": (words[:1_000] * 5)[: 4 * 1_001 + 3]})
    kind, ledger = Category.fit(frame), Ledger()
    assert kind.categories[0] == tuple(words[:3])
    assert len(kind.categories[1]) == 1_000  # not too many: the rare ones are kept
    assert kind.rare == (998, 0)
    prepared = kind.transform(pl.DataFrame({"a": ["w0002", "w0003", "w9999"], "b": ["w0003"] * 3}), ledger)
    assert prepared[:, 0].tolist() == [3, 0, 0]
    assert [str(entry) for entry in ledger.entries] == [
        "2 cells repaired: rare or not seen in training: taken as unknown (a)"
    ]


def test_all_classes_of_a_target_are_kept() -> None:
    many = pl.Series("y", [f"class {i}" for i in range(1_200)])
    assert len(Classify.fit(many, np.arange(1_200)).classes) == 1_200


def test_the_classes_of_a_target_are_its_categories() -> None:
    assert Category.fit(pl.DataFrame({"y": [True, False]})).classes == ("false", "true")
    with pytest.raises(InternalError, match="A target is one column, and this block of categories has 2"):
        _ = Category.fit(pl.DataFrame({"y": ["a"], "z": ["b"]})).classes


@pytest.mark.parametrize(("yes", "no"), PAIRS)
def test_each_pair_means_yes_and_no(yes: str, no: str) -> None:
    frame = pl.DataFrame({"a": [yes, no.upper(), f" {yes.title()} "]})
    assert Boolean.fit(frame).transform(frame).tolist() == [[1.0], [-1.0], [1.0]]


def test_zeros_and_ones_of_any_type_are_booleans() -> None:
    kind = Boolean.fit(pl.DataFrame({"a": ["0", "1"]}))
    for values in ([0, 1], [0.0, 1.0], [False, True], ["0.0", "1.0"]):
        assert kind.transform(pl.DataFrame({"a": values})).tolist() == [[-1.0], [1.0]]
