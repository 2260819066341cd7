"""Quantities: numbers as people write them."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from ranvier.data.kinds.number import Number
from ranvier.data.kinds.quantity import Quantity
from ranvier.data.ledger import Ledger
from ranvier.errors import DataError

WRITTEN = {
    "thousands": (["1,234.5", "1,000,000", ".5", "-12", "7."], [1234.5, 1e6, 0.5, -12, 7], "point", ""),
    "decimal comma": (["1.234,5", "0,25", "1.000.000", "12"], [1234.5, 0.25, 1e6, 12], "comma", ""),
    "spaces": (["1 234", "12 345 678,9", "5"], [1234, 12345678.9, 5], "comma", ""),
    "hard spaces": (["1\u00a0234.5", "1\u202f000\u202f000"], [1234.5, 1e6], "point", ""),
    "Swiss": (["1'234.50", "2’000"], [1234.5, 2000], "point", ""),
    "per cent": (["12%", "7.5 %", "-3%", "−4%"], [12, 7.5, -3, -4], "point", "%"),
    "dollars": (["$12", "$1,200.50", "-$3", "$-3"], [12, 1200.5, -3, -3], "point", "$"),
    "euros": (["12,50 €", "1.200,00€"], [12.5, 1200], "comma", "€"),
    "codes of money": (["USD 12", "USD 1,000"], [12, 1000], "point", "USD"),
    "units": (["12 kg", "3.5kg", "1e3 kg"], [12, 3.5, 1000], "point", "kg"),
    "unit of signs": (["3.5m/s²", "2 m/s²"], [3.5, 2], "point", "m/s²"),
    "degrees": (["-3 °C", "21.5°C"], [-3, 21.5], "point", "°C"),
    "plural": (["1 day", "3 days"], [1, 3], "point", "day"),
    "always plural": (["2 hours", "3 hours"], [2, 3], "point", "hours"),
    "as is": (["1.234", "12.5"], [1.234, 12.5], "point", ""),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_what_is_read(case: str) -> None:
    text, numbers, mark, unit = WRITTEN[case]
    kind, ledger = Quantity.fit(pl.DataFrame({"a": text})), Ledger()
    assert (kind.marks, kind.units) == ((mark,), (unit,))
    prepared = kind.transform(pl.DataFrame({"a": text}), ledger)
    assert ledger.entries == []
    plain = Number.fit(pl.DataFrame({"a": [float(number) for number in numbers]}))
    assert kind.number == plain
    assert prepared.tolist() == plain.transform(pl.DataFrame({"a": [float(n) for n in numbers]})).tolist()
    if case != "as is":
        assert Quantity.infer(pl.Series(text * 5)).confidence == 0.98


@pytest.mark.parametrize(
    "bad", ["12", "12 lb", "kg", "12 kg 3", "--3 kg", "-$-3", "1,2,3 kg", "1,0000 kg", "$3 kg"]
)
def test_what_is_malformed_in_a_column_of_kilograms(bad: str) -> None:
    kind, ledger = Quantity.fit(pl.DataFrame({"a": ["1 kg", "3 kg"]})), Ledger()
    prepared = kind.transform(pl.DataFrame({"a": [bad, "3 kg"]}), ledger, np.arange(2))
    assert prepared.tolist() == [[0.0], [1.0]]
    assert [str(entry) for entry in ledger.entries] == [
        "1 cell repaired: not a number: the mean of the training rows stands in (a; row 1)"
    ]


def test_native_numbers_are_in_the_columns_unit() -> None:
    kind = Quantity.fit(pl.DataFrame({"a": ["1 kg", "3 kg"]}))
    assert kind.transform(pl.DataFrame({"a": [3, 1]})).tolist() == [[1.0], [-1.0]]
    assert kind.transform(kind.draw(9, np.random.default_rng(0))).isfinite().all()


def test_one_value_in_twenty_may_be_something_else() -> None:
    values = ["1 kg"] * 10 + ["2 kg"] * 9 + ["3 lb"]
    assert math.isclose(Quantity.infer(pl.Series(values)).confidence, 0.98 * 0.95)
    assert Quantity.infer(pl.Series([*values, "4 lb"])).confidence == 0.0
    assert Quantity.infer(pl.Series([*values, "4 lb"])).reason == "numbers with several units (kg, lb)"


def test_more_values_decide_on_the_decimal_mark() -> None:
    assert Quantity.fit(pl.DataFrame({"a": ["1,234", "5,678"]})).marks == ("point",)
    assert Quantity.fit(pl.DataFrame({"a": ["1,234", "5,678", "0,5"]})).marks == ("comma",)


def test_words_are_no_quantities() -> None:
    with pytest.raises(
        DataError, match="is read as quantities, but none of its 2 values in the training rows is one"
    ):
        Quantity.fit(pl.DataFrame({"a": ["red", "blue"]}))
    assert Quantity.infer(pl.Series([1.0, 2.0])).confidence == 0.0


@pytest.mark.parametrize("text", ["-$-3", "$3 kg", "12 kg 3", "1 2", "kg", "3-4 kg"])
def test_two_signs_or_two_units_are_no_quantity(text: str) -> None:
    assert Quantity.infer(pl.Series([text] * 5)).confidence == 0.0
