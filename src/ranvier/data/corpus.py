"""Plain text as a corpus: files that are read block by block, so that memory does not grow with them.

A row of a corpus is a line, with the line end that belongs to it. The parts of the split are stretches of whole
lines: where there are ten files or more, whole files drawn at random; else the first lines of each file train, those
after them validate, and the last ones test. Line ends that are written as CR LF are read as LF; a mark of the byte
order at the beginning of a file is left out.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, Mistake, raise_if_any
from .ledger import Ledger
from .partition import PARTS
from .source.encoding import encoding_mistake
from .source.file import as_path, ends_with, opening
from .source.several import matching

BLOCK = 1 << 20
"""So many bytes are read at once."""

FILES = 10
"""From so many files on, a file is in one part as a whole."""

ENDINGS = (".txt", ".text", ".md")
"""What the files of a folder end with that are read."""


@dataclass(frozen=True)
class Corpus:
    """Files of text in UTF-8.

    Args:
        files: their paths.
        sizes: in bytes.
        lines: how many each holds.
        fingerprint: SHA-256 of their contents.
        origin: what they are called together.
    """

    files: tuple[Path, ...]
    sizes: tuple[int, ...]
    lines: tuple[int, ...]
    fingerprint: str
    origin: str


@dataclass(frozen=True)
class Stretch:
    """A stretch of whole lines.

    Args:
        file: its number.
        first, end: bytes, ``end`` not included.
        part: train, validation or test.
    """

    file: int
    first: int
    end: int
    part: str


def read_corpus(source: Any, ledger: Ledger) -> Corpus:
    """Look through the files of a corpus.

    Args:
        source: a path, a folder, a pattern, or a list of paths.
        ledger: is told of lines that end in CR LF, and of what else is in a folder.

    Raises:
        DataError: with all that is wrong: a file is missing, or is no text in UTF-8, or there is no text at all.
    """
    files, origin = _files(source, ledger)
    digest, sizes, lines = hashlib.sha256(), [], []
    mistakes: list[Mistake] = []
    returns = 0
    for path in files:
        count, size, last = 0, 0, b"\n"
        for block in _blocks(path, 0, path.stat().st_size):
            if (mistake := encoding_mistake(block, path.name, count)) is not None:
                mistakes.append(mistake)
                break
            digest.update(block)
            returns += block.count(b"\r\n")
            size, count, last = size + len(block), count + block.count(b"\n"), block[-1:]
        sizes.append(size)
        lines.append(count + (last != b"\n"))
        digest.update(f"|{size}|".encode())
    raise_if_any(DataError, mistakes)
    if not sum(sizes):
        raise DataError(
            Mistake(f"{origin} holds no text", "a text to learn from", "give a file that is not empty")
        )
    ledger.read += sum(lines)
    ledger.note("repaired", "the line ends in CR LF: read as LF", returns, "text")
    return Corpus(tuple(files), tuple(sizes), tuple(lines), digest.hexdigest(), origin)


def _files(source: Any, ledger: Ledger) -> tuple[list[Path], str]:
    """The files that are meant, and what they are called together.

    Raises:
        DataError: there are none, or one cannot be read.
    """
    if isinstance(source, (list, tuple)):
        paths = [as_path(one) for one in source]
        files = [path for path in paths if path is not None]
        origin = f"{len(files)} files"
        if len(files) < len(paths) or not files:
            raise DataError(
                Mistake("the corpus is a list in which not all are paths", "paths of files of text")
            )
    else:
        path = as_path(source)
        if path is None:
            raise DataError(
                Mistake(
                    f"a corpus cannot be read from {str(source)[:60]!r}",
                    "a file of text, a folder or a pattern",
                )
            )
        origin = path.name
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.is_file())
            files = [one for one in inside if ends_with(one, ENDINGS) and not one.name.startswith(".")]
            if not files:
                raise DataError(
                    Mistake(
                        f"the folder {str(path)!r} holds no files of text",
                        f"names that end in {', '.join(ENDINGS)}",
                        "or name files by a pattern, such as 'folder/*.log'",
                    )
                )
            if others := len(inside) - len(files):
                ledger.note(
                    "kept", f"in a folder with {others:,} files that are no text, which are left out", 1
                )
        elif not path.exists() and any(mark in str(path) for mark in "*?["):
            files = [Path(one) for one in matching(path)]
        else:
            files = [path]
    for path in files:
        with opening(path):
            path.open("rb").close()
    return files, origin


def split_corpus(corpus: Corpus, validation: float, test: float, seed: int) -> tuple[list[Stretch], str]:
    """The parts of a corpus, and how they were chosen, as a clause.

    Args:
        corpus: that is split.
        validation, test: shares of its bytes.
        seed: of the choice of files, where there are many.
    """
    if len(corpus.files) >= FILES:
        return _by_file(corpus, validation, test, seed), "whole files, drawn at random"
    stretches = []
    for file, size in enumerate(corpus.sizes):
        path = corpus.files[file]
        last = _line_end(path, round(size * (1 - test)), size) if test else size
        middle = (
            min(_line_end(path, round(size * (1 - test - validation)), size), last) if validation else last
        )
        for part, first, end in zip(PARTS, (0, middle, last), (middle, last, size)):
            if end > first:
                stretches.append(Stretch(file, first, end, part))
    return stretches, "the last lines test, and those before them validate" + (
        ", of each file" if len(corpus.files) > 1 else ""
    )


def _by_file(corpus: Corpus, validation: float, test: float, seed: int) -> list[Stretch]:
    whole = sum(corpus.sizes)
    wanted = {"test": test * whole, "validation": validation * whole}
    parts = {}
    for file in np.random.Generator(np.random.PCG64(seed)).permutation(len(corpus.files)).tolist():
        part = next((name for name, left in wanted.items() if left > 0), "train")
        parts[file] = part
        if part in wanted:
            wanted[part] -= corpus.sizes[file]
    return [Stretch(f, 0, size, parts[f]) for f, size in enumerate(corpus.sizes) if size]


def texts(corpus: Corpus, stretches: Sequence[Stretch], share: float = 1.0) -> Iterator[str]:
    """The text of stretches in blocks of whole lines (or of whole characters, where a line is longer than a block).

    Args:
        corpus: whose text it is.
        stretches: of it.
        share: of the blocks, evenly spread, that are read.
    """
    due = 0.0
    for stretch in stretches:
        for first, block in _places(corpus.files[stretch.file], stretch.first, stretch.end):
            due += share
            if due < 1.0 - 1e-9 and share < 1.0:
                continue
            due -= 1.0 if share < 1.0 else 0.0
            text = block.decode("utf-8").replace("\r\n", "\n")
            yield text.removeprefix("\ufeff") if first == 0 else text


def _places(path: Path, first: int, end: int) -> Iterator[tuple[int, bytes]]:
    place = first
    for block in _blocks(path, first, end):
        yield place, block
        place += len(block)


def _blocks(path: Path, first: int, end: int) -> Iterator[bytes]:
    """The bytes from ``first`` to ``end``, in blocks that end with a line, or at least with a character."""
    with path.open("rb") as file:
        file.seek(first)
        rest, left = b"", end - first
        while left > 0:
            new = file.read(min(BLOCK, left))
            if not new:
                break
            left -= len(new)
            rest += new
            if left:
                cut = rest.rfind(b"\n") + 1 or _character_end(rest)
                block, rest = rest[:cut], rest[cut:]
                if block:
                    yield block
            else:
                yield rest
                rest = b""
        if rest:
            yield rest


def _character_end(text: bytes) -> int:
    """Where the last whole character of UTF-8 ends."""
    for back in range(1, min(4, len(text)) + 1):
        if text[-back] & 0xC0 != 0x80:
            decoder = codecs.getincrementaldecoder("utf-8")("replace")
            decoder.decode(text[-back:])
            return len(text) - (back if decoder.getstate()[0] else 0)
    return len(text)


def _line_end(path: Path, place: int, size: int) -> int:
    """The end of the line at ``place``; of a line that is longer than a block, the end of the character."""
    with path.open("rb") as file:
        file.seek(place)
        near = file.read(min(BLOCK, size - place))
    found = near.find(b"\n") + 1
    if found and place + found < size:
        return place + found
    start = next((i for i, byte in enumerate(near[:4]) if byte & 0xC0 != 0x80), 0)
    return min(place + start, size)
