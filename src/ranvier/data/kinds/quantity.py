"""Quantities: numbers written as text, with marks between thousands, a decimal comma, per cent, money or a unit.

| raw value | becomes |
|---|---|
| a number with the column's unit (``1,234.5 km``, ``$12``, ``12%``), or a native number | as kind ``number`` has it |
| missing | as a missing number |
| malformed: no number, another unit, or no unit where the column has one | as a malformed number |

Each cell of the last two lines is counted in the ledger.

A column has one unit, which stands before or behind the number; it is what at least 95% of the values say, or the
column is no quantity. ``day`` and ``days`` are one unit. 12% is 12.

A column has one decimal mark, the one by which more values can be read. Where both do equally well, it is the point:
``1,234`` is 1234, and ``1.234`` is no quantity but a number. Between thousands may stand the other mark, a space or an
apostrophe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ..ledger import Ledger
from . import Guess
from .number import Number
from .values import ENOUGH, check_some, check_state, is_readable, read_numbers, read_text

_MONEY = r"[$€£¥₹₩₽]|[A-Z]{1,3}[$]|[A-Z]{3}\s"
_UNIT = r"[^\d\s.,+\-/:;|()][^\d\s,;|:]*[²³23]?"
_GROUPS = {
    "point": (r"(?:\d+|\d{{1,3}}(?:[,{s}]\d{{3}})+)?(?:\.\d*)?", r"[,\s\x{00A0}\x{202F}'’]", "."),
    "comma": (r"(?:\d+|\d{{1,3}}(?:[.{s}]\d{{3}})+)?(?:,\d*)?", r"[.\s\x{00A0}\x{202F}'’]", ","),
}
_SPACES = r" \x{00A0}\x{202F}'’"


@dataclass(frozen=True)
class Quantity:
    """Columns of quantities (D of them), fitted to the training rows.

    Args:
        columns: their names.
        marks: for each column its decimal mark, ``point`` or ``comma``.
        units: for each column its unit, empty where there is none.
        number: the same columns as numbers.
    """

    name: ClassVar[str] = "quantity"
    columns: tuple[str, ...]
    marks: tuple[str, ...]
    units: tuple[str, ...]
    number: Number

    @classmethod
    def infer(cls, values: pl.Series) -> Guess:
        """Say how well raw values are quantities: well where nearly all are numbers with one unit or other marks.

        >>> Quantity.infer(pl.Series(["1,200 km", "80 km", "7.5 km"]))
        Guess(confidence=0.98, reason='quantities from 7.5 to 1200, in km, with commas between thousands')
        >>> Quantity.infer(pl.Series(["12 kg", "3 lb"])).reason
        'numbers with several units (kg, lb)'
        """
        if not is_readable(values) or values.dtype.is_temporal():
            return Guess(0.0, f"values of type {values.dtype}")
        if values.dtype != pl.String:
            return Guess(0.0, "plain numbers or booleans")
        text = read_text(values).drop_nulls()
        _, plain = read_numbers(text)
        if not len(text) or not plain.any():
            return Guess(0.0, "plain numbers" if len(text) else "no values")
        if not text.str.contains(r"\d").any():
            return Guess(0.0, "not written as quantities")
        mark, unit, units = _habits(text)
        numbers = _numbers(text, mark, unit)
        known = numbers.is_not_null().to_numpy()
        share = float(known.mean())
        if share < ENOUGH:
            several = f"numbers with several units ({', '.join(units[:3])})"
            return Guess(0.0, several if len(units) > 1 else "not written as quantities")
        found = numbers.drop_nulls().cast(pl.Float64).to_numpy()
        how = f", in {unit}" if unit else ""
        if mark == "comma":
            how += ", with a decimal comma"
        elif text.str.contains(r"\d,\d").any():
            how += ", with commas between thousands"
        return Guess(0.98 * share, f"quantities from {found.min():g} to {found.max():g}{how}")

    @classmethod
    def fit(cls, frame: pl.DataFrame) -> Self:
        """Fit to the training rows.

        Raises:
            DataError: a column has values, none of which is a quantity; or it holds lists or objects.
        """
        marks, units, numbers = [], [], []
        for column in frame.columns:
            text = read_text(frame[column])
            mark, unit, _ = (
                _habits(text.drop_nulls()) if frame[column].dtype == pl.String else ("point", "", ())
            )
            read = _as_numbers(frame[column], mark, unit)
            known = np.isfinite(read_numbers(read)[0])
            check_some(column, "quantities", text.is_not_null().to_numpy() & ~known, known)
            marks.append(mark)
            units.append(unit)
            numbers.append(read)
        return cls(tuple(frame.columns), tuple(marks), tuple(units), Number.fit(pl.DataFrame(numbers)))

    def transform(
        self, frame: pl.DataFrame, ledger: Ledger | None = None, rows: NDArray[np.int64] | None = None
    ) -> Tensor:
        """Standardise raw values, as kind ``number`` does.

        Args:
            frame: raw values (N rows), with at least the columns of this block.
            ledger: where repaired cells are counted.
            rows: (N,) the row numbers in the source, from 0, for the ledger's examples.

        Returns:
            (N, D + M) float32: the D columns, then the M indicators in the order of their columns.
        """
        habits = zip(self.columns, self.marks, self.units)
        read = [_as_numbers(frame[column], mark, unit) for column, mark, unit in habits]
        return self.number.transform(pl.DataFrame(read), ledger, rows)

    def invert(self, tensor: Tensor) -> pl.DataFrame:
        """Turn a tensor (N, D), or (N, D + M) whose indicators are left out, into numbers in the columns' units."""
        return self.number.invert(tensor)

    def features(self) -> dict[str, Any]:
        """``width``, and what else the encoder of numbers is built from."""
        return self.number.features()

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """Numbers in the columns' units, as kind ``number`` draws them."""
        return self.number.draw(count, generator)

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values."""
        return {**self.number.state(), "marks": list(self.marks), "units": list(self.units)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The kind that ``state`` described.

        Raises:
            ModelFileError: the lists have different lengths.
        """
        columns, marks, units = (tuple(state[name]) for name in ("columns", "marks", "units"))
        check_state(cls.name, columns, {"missing": state["missing"], "marks": marks, "units": units})
        return cls(columns, marks, units, Number.from_state(state))


def _pattern(mark: str) -> str:
    number = _GROUPS[mark][0].format(s=_SPACES)
    return (
        rf"^(?P<sign>[+\-−]?)\s?(?P<before>{_MONEY})?\s?(?P<inner>[+\-−]?)(?P<number>{number}(?:[eE][+-]?\d+)?)"
        rf"\s?(?P<behind>{_UNIT})?$"
    )


def _split(text: pl.Series, mark: str) -> tuple[pl.Series, pl.Series]:
    """(N,) each number as plain digits and (N,) its unit; null where a text is not so written."""
    found = text.str.extract_groups(_pattern(mark)).struct.unnest()
    _, between, decimal = _GROUPS[mark]
    digits = found["number"].str.replace_all(between, "").str.replace(decimal, ".", literal=True)
    signed = (found["sign"] + found["inner"]).str.replace("−", "-", literal=True)
    unit = found["before"].fill_null("").str.strip_chars() + found["behind"].fill_null("")
    plain = (signed + digits).set(~digits.str.contains(r"\d").fill_null(False), None)
    # two signs, or a unit before and behind: no number that could be read
    wrong = (signed.str.len_chars() > 1) | (found["before"].is_not_null() & found["behind"].is_not_null())
    plain = plain.set(wrong.fill_null(False), None)
    return plain, unit.set(plain.is_null(), None)


def _habits(text: pl.Series) -> tuple[str, str, list[str]]:
    """The decimal mark by which most texts can be read, the unit that most have, and all units by frequency."""
    split = {mark: _split(text, mark) for mark in _GROUPS}
    mark = max(split, key=lambda mark: len(split[mark][0].drop_nulls()))
    counted = _singular(split[mark][1].drop_nulls()).alias("unit").value_counts(name="count")
    units = counted.sort(["count", "unit"], descending=[True, False])["unit"].to_list()
    return mark, units[0] if units else "", units


def _singular(units: pl.Series) -> pl.Series:
    """Without the plural's ``s``, where the same word also stands without it: (N,) units."""
    known = set(units.unique().to_list())
    plural = [unit for unit in known if unit and len(unit) > 2 and unit.endswith("s") and unit[:-1] in known]
    return units.replace(plural, [unit[:-1] for unit in plural])


def _numbers(text: pl.Series, mark: str, unit: str) -> pl.Series:
    """(N,) each number with this unit as plain digits, else null."""
    plain, units = _split(text, mark)
    other = f"{unit}s" if len(unit) > 1 else unit
    return plain.set(~units.is_in([unit, other]).fill_null(False), None)


def _as_numbers(values: pl.Series, mark: str, unit: str) -> pl.Series:
    """(N,) what kind ``number`` reads: native numbers as they are; text that is no quantity stays unreadable."""
    if values.dtype != pl.String:
        return values
    text = read_text(values)
    numbers = _numbers(text, mark, unit)
    return numbers.zip_with(numbers.is_not_null() | text.is_null(), "no quantity: " + text).alias(values.name)
