"""Text to numbers and back: bytes, characters, words, or pieces of words that are learnt from the training rows.

| level | a token is | to text and back |
|---|---|---|
| ``bytes`` | a byte of UTF-8 | exact |
| ``characters`` | a Unicode character | exact, but for characters not seen in training |
| ``words`` | a word; a character of a script without spaces (Chinese, Thai, ...); any other sign | the words |
| ``bpe`` | a piece that byte pair encoding made (Sennrich et al. 2016; on bytes, as GPT-2) | exact |
| ``unigram`` | a piece of the likeliest segmentation (Kudo 2018; on bytes) | exact |

Id 0 pads and id 1 is what was not seen in training. Text is brought to the Unicode form NFC before. The last two need
the package tokenizers (``pip install 'ranvier[text]'``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from typing_extensions import Self

from ..errors import Mistake, ModelFileError, SpecError, did_you_mean
from .subwords import Subwords

PAD = 0
"""The id that fills up a row to the longest of its batch."""

UNKNOWN = 1
"""The id of what was not seen in training."""

FIRST = 2
"""The first id that stands for a token."""

SIZES = {"bytes": 256, "characters": 10_000, "words": 30_000, "bpe": 4_000, "unigram": 4_000}
"""Each level, with how many different tokens it has at most where nobody says."""

_REPLACED = "\ufffd"
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]"
_WORD = rf"[{_UNSPACED}]\p{{M}}*|{_LETTER}+(?:['’]{_LETTER}+)*|\S"
_NO_SPACE_BEFORE = frozenset(".,;:!?)]}%…，。；：！？）】》」』、”’")
_NO_SPACE_AFTER = frozenset("([{（【《「『“‘")


@dataclass(frozen=True)
class Tokens:
    """How text becomes numbers (ids), fitted to the training rows.

    Args:
        level: one of ``SIZES``.
        vocabulary: of characters or words, in the order of their ids from 2; empty for the other levels.
        subwords: the pieces of ``bpe`` and ``unigram``.
        lower: whether text is written in small letters before.
    """

    level: str
    vocabulary: tuple[str, ...] = ()
    subwords: Subwords | None = None
    lower: bool = False

    @classmethod
    def fit(
        cls,
        texts: pl.Series | Iterable[str],
        level: str = "words",
        *,
        size: int | None = None,
        fewest: int = 1,
        lower: bool = False,
    ) -> Self:
        """Learn the tokens of the training rows.

        Args:
            texts: of the training rows; null is no text.
            level: one of ``SIZES``.
            size: so many different tokens at most, those that occur most often; None takes that of ``SIZES``. Of
                ``bpe`` and ``unigram`` 256 are the bytes.
            fewest: how often a character or a word must occur to be a token.
            lower: write text in small letters before.

        Raises:
            SpecError: there is no such level, or the package tokenizers is needed and not installed.

        >>> tokens = Tokens.fit(["The cat sat.", "The 猫 sat."])
        >>> tokens.vocabulary
        ('.', 'The', 'sat', 'cat', '猫')
        >>> tokens.encode("The dog sat 猫.").tolist()
        [3, 1, 4, 6, 2]
        """
        if level not in SIZES:
            raise SpecError(
                Mistake(f"there is no level of tokens {level!r}", remedy=did_you_mean(level, SIZES))
            )
        clean = _prepared(texts, lower)
        size = SIZES[level] if size is None else size
        if level in ("bpe", "unigram"):
            return cls(level, subwords=Subwords.fit(level, clean.to_list(), size), lower=lower)
        if level == "bytes":
            return cls(level, lower=lower)
        counted = _counted(clean, level)
        kept = counted.filter(pl.col("count") >= fewest).sort(["count", "token"], descending=[True, False])
        return cls(level, tuple(kept["token"].head(size)), lower=lower)

    @property
    def size(self) -> int:
        """How many ids there are, with those of padding and of the unknown: they are below it."""
        if self.subwords is not None:
            return FIRST + len(self.subwords.pieces)
        return FIRST + (256 if self.level == "bytes" else len(self.vocabulary))

    def encode(self, text: str) -> NDArray[np.int64]:
        """The ids of one text (L,). What UTF-8 cannot hold is replaced first (see ``clean``)."""
        return self.encode_all(pl.Series([clean(text)[0]]))[0]

    def encode_all(self, texts: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The ids of N texts, one after another (L,), and where each begins and the last ends (N + 1,).

        Null is a text without tokens.

        >>> ids, starts = Tokens("bytes").encode_all(pl.Series(["ab", None, "é"]))
        >>> ids.tolist(), starts.tolist()
        ([99, 100, 197, 171], [0, 2, 2, 4])
        """
        prepared = _prepared(texts, self.lower)
        if self.subwords is not None:
            ids, lengths = self.subwords.encode(prepared.to_list())
            ids = ids + FIRST
        elif self.level == "bytes":
            ids = np.frombuffer("".join(prepared).encode(), dtype=np.uint8).astype(np.int64) + FIRST
            lengths = prepared.str.len_bytes().to_numpy()
        elif self.level == "characters":
            points = _code_points(prepared)
            known, order = self._points
            place = np.minimum(np.searchsorted(known, points), max(len(known) - 1, 0))
            ids = np.full(len(points), UNKNOWN, dtype=np.int64)
            if len(known):
                ids = np.where(known[place] == points, order[place] + FIRST, UNKNOWN)
            lengths = prepared.str.len_chars().to_numpy()
        else:
            split = words_of(prepared)
            lengths = split.list.len().to_numpy()
            order_of = pl.Series(range(FIRST, self.size), dtype=pl.Int64)
            words = split.explode().drop_nulls()
            known_words = pl.Series(self.vocabulary, dtype=pl.String)
            ids = words.replace_strict(
                known_words, order_of, default=UNKNOWN, return_dtype=pl.Int64
            ).to_numpy()
        return ids, np.concatenate(([0], np.cumsum(lengths.astype(np.int64))))

    def words(self, texts: pl.Series) -> pl.Series:
        """The words of N texts, one after another (L,), as they are looked up where a token is a word.

        >>> Tokens("words", lower=True).words(pl.Series(["A cat.", None])).to_list()
        ['a', 'cat', '.']
        """
        return words_of(_prepared(texts, self.lower)).explode().drop_nulls()

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids: nothing for padding, U+FFFD for the unknown and for bytes that are no UTF-8.

        Words stand apart by a space, but for those of scripts without spaces and around brackets and stops.

        >>> Tokens("bytes").decode([99, 0, 197, 171])
        'aé'
        """
        kept = [int(one) for one in ids if one != PAD]
        if self.subwords is not None:
            return self.subwords.decode([one - FIRST if one != UNKNOWN else None for one in kept])
        if self.level == "bytes":
            return b"".join(
                _REPLACED.encode() if one == UNKNOWN else bytes([one - FIRST]) for one in kept
            ).decode(errors="replace")
        pieces = [_REPLACED if one == UNKNOWN else self.vocabulary[one - FIRST] for one in kept]
        return "".join(pieces) if self.level == "characters" else spaced(pieces)

    def name(self, one: int) -> str:
        """What one id stands for, to be read: its text, or what it is for."""
        return {PAD: "(padding)", UNKNOWN: "(unknown)"}.get(one) or self.decode([one])

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values."""
        subwords = None if self.subwords is None else self.subwords.state()
        return {
            "level": self.level,
            "vocabulary": list(self.vocabulary),
            "subwords": subwords,
            "lower": self.lower,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The tokens that ``state`` described.

        Raises:
            ModelFileError: there is no such level, or it lacks its pieces.
            SpecError: the package tokenizers is needed and not installed.
        """
        level, subwords = state["level"], state["subwords"]
        if level not in SIZES or (level in ("bpe", "unigram")) != (subwords is not None):
            raise ModelFileError(
                f"the state of tokens says level {level!r}, which does not fit the rest of it"
            )
        fitted = None if subwords is None else Subwords.from_state(subwords)
        return cls(level, tuple(state["vocabulary"]), fitted, bool(state["lower"]))

    @cached_property
    def _points(self) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The code points of the characters, sorted, and the place of each in the vocabulary."""
        points = np.array([ord(character) for character in self.vocabulary], dtype=np.uint32)
        order = np.argsort(points)
        return points[order], order


def clean(text: str) -> tuple[str, int]:
    r"""A text in Unicode's form NFC, and how many lone surrogates were replaced in it by U+FFFD.

    The two halves of a character become that character.

    >>> clean("e\u0301 \ud800 \ud83d\ude00")
    ('é � 😀', 1)
    """
    if any("\ud800" <= character <= "\udfff" for character in text):
        whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return unicodedata.normalize("NFC", whole), whole.count(_REPLACED) - text.count(_REPLACED)
    return unicodedata.normalize("NFC", text), 0


def _prepared(texts: pl.Series | Iterable[str], lower: bool) -> pl.Series:
    if not isinstance(texts, pl.Series):
        texts = pl.Series([clean(text)[0] for text in texts], dtype=pl.String)
    normal = texts.cast(pl.String).fill_null("").str.normalize("NFC")
    return normal.str.to_lowercase() if lower else normal


def _counted(texts: pl.Series, level: str) -> pl.DataFrame:
    """How often each character or word occurs: ``token`` and ``count``."""
    if level == "words":
        return words_of(texts).explode().drop_nulls().alias("token").value_counts(name="count")
    found, counts = np.unique(
        _code_points(texts), return_counts=True
    )  # a column of characters would fill the memory
    return pl.DataFrame(
        {"token": [chr(point) for point in found], "count": counts}, schema_overrides={"token": pl.String}
    )


def words_of(texts: pl.Series) -> pl.Series:
    """The words of each text: a list each, as the level ``words`` splits them."""
    return texts.str.extract_all(_WORD)


def _code_points(texts: pl.Series) -> NDArray[np.uint32]:
    """The characters of all texts, one after another."""
    return np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)


def spaced(words: Sequence[str]) -> str:
    """Words as a text: with a space between, where it is usual."""
    text = ""
    for word in words:
        close = not text or _is_unspaced(word) or _is_unspaced(text[-1])
        text += word if close or word in _NO_SPACE_BEFORE or text[-1] in _NO_SPACE_AFTER else f" {word}"
    return text


def _is_unspaced(text: str) -> bool:
    """Whether the first character is of Chinese, Japanese, Thai, Lao, Burmese or Khmer."""
    point = ord(text[0])
    return (
        0x2E80 <= point <= 0x9FFF
        or 0xF900 <= point <= 0xFAFF
        or 0xFF00 <= point <= 0xFF9F
        or 0x20000 <= point <= 0x3FFFF
        or 0x0E00 <= point <= 0x0EFF
        or 0x1000 <= point <= 0x109F
        or 0x1780 <= point <= 0x17FF
    )
