"""The tokens of a corpus: of each part one after another, in memory or, where they are many, in a temporary file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .corpus import Corpus, Stretch, texts
from .ledger import Ledger
from .partition import PARTS
from .tokens import FIRST, UNKNOWN, Tokens

HELD = 1 << 26
"""Tokens stay in memory up to so many bytes; more are written into a temporary file."""


class OnDisk:
    """Tokens in a temporary file, read where they are taken; the file goes with it.

    A map of the file would hold every page that a window has touched.

    Args:
        kind: of the numbers.
    """

    def __init__(self, kind: Any) -> None:
        self.dtype = np.dtype(kind)
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 (closed when nobody has this any more)
        self.count = 0

    def append(self, ids: NDArray[Any]) -> None:
        """Write further tokens behind the last."""
        self.file.seek(0, 2)
        self.file.write(ids.astype(self.dtype).tobytes())
        self.count += len(ids)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, where: slice) -> NDArray[Any]:
        """The tokens of a slice without gaps."""
        first, end, _ = where.indices(self.count)
        self.file.seek(first * self.dtype.itemsize)
        return np.frombuffer(self.file.read(max(end - first, 0) * self.dtype.itemsize), dtype=self.dtype)

    def __del__(self) -> None:
        self.file.close()


@dataclass(frozen=True)
class Part:
    """The tokens of a part.

    Args:
        ids: (L,) one after another, in memory or on disk; taken by slices.
        lines, characters, bytes: how many the text has that they stand for.
        unknown: how many of the tokens were not seen in training.
    """

    ids: Any
    lines: int
    characters: int
    bytes: int
    unknown: int


def encode(
    corpus: Corpus, stretches: Sequence[Stretch], tokens: Tokens, ledger: Ledger | None = None
) -> dict[str, Part]:
    """The tokens of each part; of a large corpus they lie in a temporary file, which goes when nobody reads it.

    Args:
        corpus: read.
        stretches: all parts.
        tokens: fitted.
        ledger: is told how many lines hold what the training text did not, and end in CR LF.
    """
    found = {}
    kind = np.uint16 if tokens.size <= 1 << 16 else np.uint32
    for part in PARTS:
        own = [stretch for stretch in stretches if stretch.part == part]
        large = sum(stretch.end - stretch.first for stretch in own) * np.dtype(kind).itemsize > HELD
        found[part] = _encoded(corpus, own, tokens, kind, large, ledger, part)
    return found


def _encoded(
    corpus: Corpus,
    stretches: Sequence[Stretch],
    tokens: Tokens,
    kind: Any,
    large: bool,
    ledger: Ledger | None,
    part: str,
) -> Part:
    held: list[NDArray[Any]] = []
    lines = characters = size = unknown = strange = 0
    disk = OnDisk(kind) if large else None
    for text in texts(corpus, stretches):
        each = lines_of(text)
        ids, starts = tokens.encode_all(pl.Series(each))
        without = ids == UNKNOWN
        if without.any():
            unknown += int(without.sum())
            strange += len(np.unique(np.searchsorted(starts, np.flatnonzero(without), "right")))
        characters, size = characters + len(text), size + len(text.encode())
        lines += text.count("\n")
        if disk is not None:
            disk.append(ids)
        else:
            held.append(ids.astype(kind))
    all_ids: Any = np.concatenate([np.empty(0, dtype=kind), *held]) if disk is None else disk
    lines += sum(_ends_open(corpus, stretch) for stretch in stretches)
    if ledger is not None:
        ledger.note(
            "repaired", f"holds what the training text does not: taken as unknown ({part})", strange, "text"
        )
    return Part(all_ids, lines, characters, size, unknown)


def _ends_open(corpus: Corpus, stretch: Stretch) -> bool:
    """Whether a stretch ends with the last line of its file, and that line has no end."""
    size = corpus.sizes[stretch.file]
    if stretch.end < size:
        return False  # a line that two parts share is in that which holds its end
    with corpus.files[stretch.file].open("rb") as file:
        file.seek(size - 1)
        return file.read(1) != b"\n"


def lines_of(text: str) -> list[str]:
    r"""The lines of a text, each with its end.

    >>> lines_of("a\n\nb")
    ['a\n', '\n', 'b']
    """
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])


def encode_text(tokens: Tokens, text: str) -> NDArray[np.int64]:
    """The tokens of a text, as those of a corpus are made: line by line."""
    return tokens.encode_all(pl.Series(lines_of(text), dtype=pl.String))[0]


def strangers(tokens: Tokens, text: str) -> list[str]:
    """What of a text the training text did not hold: characters or words.

    >>> strangers(Tokens.fit(["abc"], "characters"), "acdca!")
    ['d', '!']
    """
    if tokens.level not in ("characters", "words"):
        return []
    known = set(tokens.vocabulary)
    own = Tokens.fit([text], tokens.level, lower=tokens.lower)
    order = [own.vocabulary[one - FIRST] for one in own.encode(text)]
    return [one for one in dict.fromkeys(order) if one not in known]
