"""Why a column is not fit to be an input, where its values alone tell."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from .kinds import Guess
from .kinds.date import Date
from .kinds.quantity import Quantity
from .kinds.values import ENOUGH, few_distinct, is_readable, read_numbers, read_text
from .kinds.vector import Vector

COUNTS = "whole numbers that count the rows"
"""The reason for a column that only numbers the rows."""

FEWEST = 20
"""Below so many rows, whole numbers that follow each other are not taken for a count."""

NEARLY = 0.9
"""The share of different values above which words are taken for names or codes of single rows."""

_IDENTIFIER = re.compile(
    r"(^|[\W_])(id|idx|index|uuid|guid|row([ _-]?(id|name|number|nr|no)s?)?)$|编号$|序号$", re.IGNORECASE
)
_CAMEL = re.compile(r"[a-z]I[dD]$")
_CLOCK = r"^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$"

NESTED = ("labels", "image", "vector", "series", "audio", "tokens")
"""The kinds that read lists or bytes."""

SURE = ("date", "quantity", "text", *NESTED)
"""The kinds of values that are written in a way of their own: a value a row does not make them names of rows."""


def unfit(values: pl.Series, sample: pl.Series, kind: str, guess: Guess) -> str | None:
    """Say why a column should be set aside, or None where nothing speaks against it.

    What must hold for every row (the same value throughout, no value twice) is checked on all rows; the rest on the
    sample.

    Args:
        values: all raw values of the column (N).
        sample: some of them, or all.
        kind: the kind that fits the sample best.
        guess: how well it does.

    Returns:
        A clause such as ``each value occurs once``, or None.
    """
    if not is_readable(values) and not guess.confidence and len(values.drop_nulls()):
        return f"{Vector.infer(sample).reason}, which no kind reads"
    if values.dtype in (pl.Time, pl.Duration):
        return "times of day or durations, which no kind reads yet"
    present = comparable(sample)
    if present.n_unique() < 2:
        present = comparable(values)
    told = f", in {len(sample):,} sampled rows" if len(sample) < len(values) else ""
    count, distinct = len(present), present.n_unique()
    if not count:
        return "it has no values"
    if distinct == 1:
        return f"the same value in every row ({present[0]})" if count == len(values) else None
    if kind in SURE and guess.confidence:
        return None
    numeric = is_numeric(present)
    if present.dtype == pl.String and not numeric and (written := _written(present, distinct)):
        return written + told
    if distinct == count and (reason := _identifier(values, numeric)):
        return reason
    if numeric or present.dtype != pl.String:
        return None
    text = _mostly_different(present, distinct)
    return text and text + told


def comparable(values: pl.Series) -> pl.Series:
    """The values that are there, such that equal ones are equal: text read as kinds read it, numbers as they are."""
    return (read_text(values) if values.dtype == pl.String else values).drop_nulls()


def is_numeric(present: pl.Series) -> bool:
    """Tell whether enough of the values are numbers."""
    if present.dtype != pl.String:
        return present.dtype.is_numeric()
    words = few_distinct(present)
    if words is not None and read_numbers(words)[1].all():
        return False
    _, malformed = read_numbers(present)
    return len(present) > 0 and float(malformed.mean()) <= 1.0 - ENOUGH


def are_dates(values: pl.Series) -> bool:
    """Tell whether the values are dates or times."""
    if values.dtype != pl.String:
        return values.dtype.is_temporal()
    words = few_distinct(values)
    if words is not None and not words.str.contains(r"\d").any():
        return False
    return Date.infer(values).reason.startswith("dates") or _are_clocks(comparable(values))


def _are_clocks(present: pl.Series) -> bool:
    return len(present) > 0 and int(present.str.contains(_CLOCK).sum()) >= ENOUGH * len(present)


def _written(present: pl.Series, distinct: int) -> str | None:
    """Say why values that are neither numbers nor words are not read as what they are."""
    if _are_clocks(present):
        return f"times of day, which no kind reads yet ({present[0]})"
    if (reason := Date.infer(present).reason).startswith("dates"):
        return reason
    if distinct > max(FEWEST, len(present) // 2) and (reason := Quantity.infer(present).reason).startswith(
        "numbers with"
    ):
        return reason
    return None


def _identifier(values: pl.Series, numeric: bool) -> str | None:
    """Say so where each value of the whole column occurs once and stands for its row alone."""
    present = comparable(values)
    if present.n_unique() < len(present):
        return None
    if not numeric:
        return "each value occurs once"
    numbers, _ = read_numbers(present)
    finite = numbers[np.isfinite(numbers)]
    if len(finite) < len(numbers) or bool(np.any(finite != np.round(finite))):
        return None
    if _IDENTIFIER.search(values.name) or _CAMEL.search(values.name):
        return "each value occurs once, and the name is that of an identifier"
    follows = finite.max() - finite.min() == len(finite) - 1
    return COUNTS if follows and len(finite) == len(values) >= FEWEST else None


def _mostly_different(present: pl.Series, distinct: int) -> str | None:
    share = distinct / len(present)
    length = float(np.mean(present.str.len_chars().to_numpy()))
    if share > 0.5 and length >= 30:
        return f"most values are different, and long ({length:.0f} characters on average)"
    if share > NEARLY and len(present) >= FEWEST:
        return f"nearly every value is different ({distinct:,} in {len(present):,} rows)"
    return None
