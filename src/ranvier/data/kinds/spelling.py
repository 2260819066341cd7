"""What is told of a word beside itself: how it is written, how it begins and how it ends.

A word that training never showed is met through these. Each is a text that is hashed to one of ``BUCKETS`` numbers, so
that there is no list of them to be kept, and any word has them.
"""

from __future__ import annotations

import zlib

import numpy as np
import polars as pl
from numpy.typing import NDArray

BUCKETS = 2**14
"""Numbers from 1 up to, not including, this one; 0 says that there is no such thing."""

BEGINNINGS = (1, 2, 3)
ENDINGS = (1, 2, 3, 4)
"""So many letters of a word's beginning and end are told, each in small letters and where the word is longer."""

PARTS = 1 + len(BEGINNINGS) + len(ENDINGS)
"""How many numbers tell how a word is written."""


def shape(word: str) -> str:
    """How a word is written, in signs: X a capital, x a small letter or one of a script without capitals, d a digit.

    Signs that follow each other and are equal are one; other characters stand for themselves.

    >>> shape("McDonald's"), shape("1,000"), shape("U.S."), shape("东京")
    ("XxXx'x", 'd,d', 'X.X.', 'x')
    """
    found: list[str] = []
    for character in word:
        if character.isdigit():
            sign = "d"
        elif character.isalpha():
            sign = "X" if character.isupper() or character.istitle() else "x"
        else:
            sign = character
        if not found or found[-1] != sign:
            found.append(sign)
    return "".join(found)


def spelling(word: str) -> list[int]:
    """The ``PARTS`` numbers of a word: of its shape, its beginnings and its ends.

    >>> spelling("a")[1:], len(spelling("walking"))
    ([0, 0, 0, 0, 0, 0, 0], 8)
    >>> [a == b for a, b in zip(spelling("walking"), spelling("Talking"))]
    [False, False, False, False, True, True, True, True]
    """
    small = word.lower()
    parts = [f"={shape(word)}"]
    parts += [f"{small[:count]}-" if len(small) > count else "" for count in BEGINNINGS]
    parts += [f"-{small[-count:]}" if len(small) > count else "" for count in ENDINGS]
    return [1 + zlib.crc32(part.encode()) % (BUCKETS - 1) if part else 0 for part in parts]


def spellings(words: pl.Series) -> NDArray[np.int32]:
    """The numbers of each of L words, (L, ``PARTS``); each different word is looked at once."""
    distinct = words.unique()
    made = np.array([spelling(word) for word in distinct.to_list()], dtype=np.int32).reshape(-1, PARTS)
    order = pl.Series(range(len(distinct)), dtype=pl.Int64)
    if not len(distinct):
        return made
    places = words.replace_strict(distinct, order, return_dtype=pl.Int64).to_numpy()
    found: NDArray[np.int32] = made[places]
    return found
