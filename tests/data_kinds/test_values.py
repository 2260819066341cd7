from __future__ import annotations

import datetime
import math
import random
import struct
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from ranvier.data.kinds.values import MISSING, read_numbers, read_text


def test_the_words_for_missing_are_missing_with_and_without_spaces() -> None:
    words = pl.Series([*MISSING, *(f" {word}\t" for word in MISSING)])
    assert read_text(words).null_count() == len(words)
    numbers, malformed = read_numbers(words)
    assert np.isnan(numbers).all()
    assert not malformed.any()


def test_words_that_look_like_missing_ones_are_values() -> None:
    words = ["none", "na", "unknown", "--", "0"]
    assert read_text(pl.Series(words)).to_list() == words


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (pl.Series(["1", "1.0", " 1.00 ", "1."]), "1"),
        (pl.Series([1], dtype=pl.Int8), "1"),
        (pl.Series([1.0], dtype=pl.Float32), "1"),
        (pl.Series([Decimal("1.00")]), "1"),
        (pl.Series(["-0", "-0.0", "0"]), "0"),
        (pl.Series([-0.0]), "0"),
        (pl.Series([0.1], dtype=pl.Float32), "0.1"),
        (pl.Series(["01"]), "01"),
        (pl.Series(["01.0"]), "01.0"),
        (pl.Series(["1.50"]), "1.50"),
        (pl.Series(["v1.0"]), "v1.0"),
        (pl.Series([True]), "true"),
        (pl.Series(["True", "TRUE", "true"]), "true"),
        (pl.Series(["Trueish"]), "Trueish"),
        (pl.Series(["red"], dtype=pl.Categorical), "red"),
        (pl.Series(["red"], dtype=pl.Enum(["red"])), "red"),
        (pl.Series([datetime.date(2020, 1, 31)]), "2020-01-31"),
        (pl.Series([datetime.timedelta(days=1)]), "P1D"),
    ],
)
def test_equal_values_have_equal_text(values: pl.Series, text: str) -> None:
    assert set(read_text(values).to_list()) == {text}


def test_native_nothings_are_missing() -> None:
    assert read_text(pl.Series([float("nan"), None])).to_list() == [None, None]
    assert read_text(pl.Series([None, None])).to_list() == [None, None]
    assert np.isnan(read_numbers(pl.Series([None, None]))[0]).all()


def test_text_is_read_as_python_reads_it() -> None:
    draw = random.Random(0)
    numbers = [struct.unpack("d", struct.pack("Q", draw.getrandbits(64)))[0] for _ in range(2000)]
    numbers = [number for number in numbers if not math.isnan(number)]
    spelt = [repr(number) for number in numbers] + ["+5", ".5", "5.", "1E5", "1e400", "-inf", "Infinity"]
    read, malformed = read_numbers(pl.Series(spelt))
    assert read.tolist() == [float(word) for word in spelt]
    assert not malformed.any()


@pytest.mark.parametrize(
    "word", ["abc", "1,234", "3,14", "5%", "1_000", "0x10", "1 2", "2020-01-31", "12:30", "--1"]
)
def test_what_is_no_number_is_malformed(word: str) -> None:
    numbers, malformed = read_numbers(pl.Series([word, "1"]))
    assert math.isnan(numbers[0])
    assert malformed.tolist() == [True, False]


def test_dates_are_no_numbers() -> None:
    numbers, malformed = read_numbers(pl.Series([datetime.date(2020, 1, 31), None]))
    assert np.isnan(numbers).all()
    assert malformed.tolist() == [True, False]
