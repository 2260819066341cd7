"""Answers that stand in a passage: which column the passage is, where its tokens stand, and which of them an answer is.

Places in a text are counted in characters of its form NFC, from 0; an end is the place behind the last character.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import Tensor, from_numpy

from ..errors import Mistake
from .kinds.text import LONGEST
from .kinds.values import is_readable, read_text
from .ledger import Ledger
from .tokens import Tokens, words_of

MOSTLY = 0.5
"""A column is the passage where so many of the answers stand in it."""

NOWHERE = -1
"""In place of the first and the last token of an answer that no tokens hold."""


class Spans:
    """The answers of rows (N,): their texts, and which tokens of the passage they are.

    ``spans[index]`` is a plain tensor (B, 2) of the first and the last token, -1 where no token that is read holds the
    answer.

    Args:
        texts: (N,).
        places: (N, 2) int64.
    """

    def __init__(self, texts: NDArray[Any], places: Tensor) -> None:
        self.texts, self.places = texts, places

    @classmethod
    def unplaced(cls, texts: NDArray[Any]) -> Spans:
        """Answers of which no passage is known."""
        return cls(texts, from_numpy(np.full((len(texts), 2), NOWHERE, dtype=np.int64)))

    @property
    def shape(self) -> Any:
        """(N, 2)."""
        return self.places.shape

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, index: Tensor | slice) -> Tensor:
        return self.places[index]

    def only(self, index: Tensor) -> Spans:
        """The rows at ``index``."""
        return Spans(self.texts[index.cpu().numpy()], self.places[index])

    def to(self, device: Any) -> Spans:
        """The same rows with their places on another device."""
        return Spans(self.texts, self.places.to(device))


def normal(values: pl.Series) -> pl.Series:
    """Texts in the form NFC, null where missing."""
    return read_text(values).str.normalize("NFC")


def answers_of(frame: pl.DataFrame, target: str) -> pl.Series:
    """The answers without white space around them, null where missing."""
    return normal(frame[target]).str.strip_chars()


def told_apart(frame: pl.DataFrame, target: str, others: Iterable[str]) -> dict[str, float]:
    """The share of the answers of ``target`` that stands in each column of texts, in the order of the columns."""
    count = int((answers_of(frame, target).str.len_chars() > 0).sum())
    texts = [name for name in others if frame[name].dtype == pl.String]
    return {name: int((~unheld(frame, target, name)).sum()) / count for name in texts if count}


def passage_of(frame: pl.DataFrame, target: str, others: Sequence[str]) -> str | None:
    """The column that most of the answers stand in, of equals the one with the longest texts; None where there is none.

    >>> frame = pl.DataFrame({"text": ["Bern lies here.", "A cat."], "asked": ["Where?", "Who?"]})
    >>> passage_of(frame.with_columns(said=pl.Series(["Bern", "cat"])), "said", ["asked", "text"])
    'text'
    """
    shares = told_apart(frame, target, others)
    best = max(shares, key=lambda name: (shares[name], _length(frame[name])), default=None)
    return best if best is not None and shares[best] >= MOSTLY else None


def lacking(frame: pl.DataFrame, target: str, others: Sequence[str]) -> Mistake:
    """That no column is a passage which the answers stand in, and which comes nearest."""
    shares = told_apart(frame, target, others)
    best = max(shares, key=lambda name: shares[name], default=None)
    near = f"; the nearest is {best!r}, with {shares[best]:.0%} of them" if best and shares[best] else ""
    return Mistake(
        f"no column holds most of the answers of the target {target!r} as they are written{near}",
        "a column of passages, in each of which its answer stands",
        "to choose among stored answers, add --task answer; to write new ones, --task translate",
    )


def unheld(frame: pl.DataFrame, target: str, passage: str) -> NDArray[np.bool_]:
    """(N,) in which rows the answer is empty, or does not stand in the passage."""
    both = pl.DataFrame({"answer": answers_of(frame, target), "text": normal(frame[passage])})
    stands = pl.col("text").str.contains(pl.col("answer"), literal=True) & (pl.col("answer") != "")
    return ~both.select(stands.fill_null(False)).to_series().to_numpy()


def token_places(tokens: Tokens, text: str) -> NDArray[np.int64]:
    """Where each token of a text (in the form NFC) begins and ends in it (T, 2).

    >>> token_places(Tokens.fit(["a big cat"]), "A big, cat").tolist()
    [[0, 1], [2, 5], [5, 6], [7, 10]]
    """
    read, origin = text, np.arange(len(text))
    if tokens.lower and len(text.lower()) != len(text):  # a letter whose small form has two characters
        small = [character.lower() for character in text]
        read, origin = "".join(small), np.repeat(origin, [len(one) for one in small])
    elif tokens.lower:
        read = text.lower()
    if tokens.level == "words":
        found, at = [], 0
        for word in words_of(pl.Series([read], dtype=pl.String))[0]:
            at = read.index(word, at)
            found.append((at, at + len(word)))
            at += len(word)
    elif tokens.subwords is not None:
        found = [_without_space(read, *one) for one in tokens.subwords.places(read)]
    else:
        wide = [len(one.encode()) for one in read] if tokens.level == "bytes" else [1] * len(read)
        at_each = np.repeat(np.arange(len(read)), wide)
        found = [(int(one), int(one) + 1) for one in at_each]
    places = np.array(found, dtype=np.int64).reshape(-1, 2)
    if len(read) == len(text):
        return places
    return np.stack([origin[places[:, 0]], origin[places[:, 1] - 1] + 1], axis=1)


def placed(answer: str, text: str, places: NDArray[np.int64]) -> tuple[int, int, int, bool]:
    """Which tokens of a text an answer is.

    Args:
        answer: without white space around it.
        text: the passage.
        places: of its tokens (T, 2), as many as are read.

    Returns:
        The first and the last token, both -1 where it stands beyond them; how often it stands in the text; whether
        these tokens are the answer and no more. The first place is taken where the answer is whole tokens, or, where
        there is none, the first at all.

    >>> placed("cat", "a catfish, a cat", token_places(Tokens.fit([""]), "a catfish, a cat"))
    (4, 4, 2, True)
    """
    spans, at = [], text.find(answer)
    while at >= 0:
        first = int(np.searchsorted(places[:, 1], at, side="right"))
        last = int(np.searchsorted(places[:, 0], at + len(answer), side="left")) - 1
        if first < len(places) and at + len(answer) <= places[-1, 1]:
            spans.append((first, last, bool(places[first, 0] == at and places[last, 1] == at + len(answer))))
        else:
            spans.append((NOWHERE, NOWHERE, True))
        at = text.find(answer, at + 1)
    read = [span for span in spans if span[0] >= 0] or spans
    first, last, whole = next(
        (span for span in read if span[2]), read[0] if read else (NOWHERE, NOWHERE, True)
    )
    return first, last, len(spans), whole


def spans_of(
    frame: pl.DataFrame,
    target: str,
    kind: Any,
    ledger: Ledger | None = None,
    rows: NDArray[np.int64] | None = None,
) -> Spans:
    """The answers of rows, and which tokens of the passage they are.

    Args:
        frame: the rows (N).
        target: the column of the answers.
        kind: of the texts, with its ``passage``.
        ledger: where it is counted which answers stand several times, end within a token, or stand too far behind.
        rows: (N,) the row numbers in the source, from 0.
    """
    answers = answers_of(frame, target).fill_null("").to_list()
    texts = normal(frame[kind.passage]).fill_null("").to_list()
    found = np.array(
        [
            placed(answer, text, token_places(kind.tokens, text)[:LONGEST])
            if answer
            else (NOWHERE, NOWHERE, 0, True)
            for answer, text in zip(answers, texts)
        ],
        dtype=np.int64,
    ).reshape(-1, 4)
    if ledger is not None:
        number = np.arange(len(found)) if rows is None else rows
        notes: Mapping[str, NDArray[np.bool_]] = {
            "the answer stands several times in the passage; the first is learnt": found[:, 2] > 1,
            "the answer begins or ends within a word of the passage; the whole words are learnt": found[:, 3]
            == 0,
            f"the answer stands behind the first {LONGEST:,} words; the loss leaves it out": found[:, 0] < 0,
        }
        for reason, which in notes.items():
            ledger.note("kept", reason, int(which.sum()), target, number[which].tolist())
    return Spans(np.array(answers, dtype=np.str_), from_numpy(found[:, :2].copy()))


def _without_space(text: str, first: int, end: int) -> tuple[int, int]:
    """A piece without the white space before it, unless it is nothing else."""
    kept = text[first:end].lstrip()
    return (end - len(kept), end) if kept else (first, end)


def _length(values: pl.Series) -> float:
    return float(read_text(values).str.len_chars().mean() or 0.0) if is_readable(values) else 0.0  # type: ignore[arg-type]
