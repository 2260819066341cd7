"""Files of tagged sentences, as the shared tasks of CoNLL have them: a token a line, a blank line between sentences.

    # text = a line like this one, before a sentence, is a comment
    EU      NNP  B-ORG
    rejects VBZ  O

    Peter   NNP  B-PER

The first field of a line is the token and the last one its tag; fields between are columns too. Where the fields of a
line have tabs between, a token may hold spaces. Sentences become rows, with a list for each column. Lines that begin
with -DOCSTART-, and those with a number sign that begin a sentence of Universal Dependencies, or say ``name = value``,
are no tokens. A file of one field has tokens that are to be tagged.

Files of Universal Dependencies (``.conllu``) have ten fields: the form, and UPOS as its tag. Lines of what is written
together (1-2) or is not there (1.1) are no tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from ...errors import DataError, Mistake
from ..ledger import Ledger
from ..table import Table
from .file import ends_with, path_of
from .text import read_text

ENDINGS = (".conll", ".conllu", ".iob", ".iob2", ".bio")

DOCUMENT = "-DOCSTART-"

UNIVERSAL = {"tokens": 1, "lemmas": 2, "tags": 3}
"""Of the fields of Universal Dependencies those that are read."""

FIELDS = 10

Lines = list[tuple[int, list[str]]]
"""The lines of a sentence: their numbers in the file, and their fields."""


def claims(location: object) -> bool:
    """Tell whether ``location`` is a path that ends like such a file."""
    return ends_with(location, ENDINGS)


def read(location: object, ledger: Ledger) -> Table:
    """Read a file of tagged sentences.

    The columns are ``tokens``, ``column_2`` and so on for fields between, and ``tags``, all lists.

    Args:
        location: the path.
        ledger: the number of sentences is added to it.

    Raises:
        DataError: the file is missing, is no text, or a line of it has another number of fields than the first.
    """
    path = path_of(location)
    content, digest = read_text(path, "a file with a token and its tag a line")
    universal = ends_with(location, (".conllu",))
    sentences = list(_sentences(content.decode("utf-8"), universal))
    if not sentences:
        raise DataError(Mistake(f"{path.name} has no tokens", "a token and its tag a line"))
    count = FIELDS if universal else len(sentences[0][0][1])
    _check(path, sentences, count)
    places = UNIVERSAL if universal else _places(count)
    columns = {
        name: pl.Series(name, [[fields[place] for _, fields in lines] for lines in sentences])
        for name, place in places.items()
    }
    frame = pl.DataFrame(columns)
    ledger.read += frame.height
    return Table(
        frame=frame,
        rows=pl.int_range(frame.height, eager=True).to_numpy(),
        origin=path.name,
        fingerprint=digest.result(),
        declared=dict.fromkeys(places, "tokens"),
        target="tags" if "tags" in places else None,
    )


def _sentences(text: str, universal: bool) -> Iterator[Lines]:
    """The lines of each sentence."""
    lines = Lines()
    for number, line in enumerate([*text.split("\n"), ""], 1):
        comment = line.startswith("#") and not lines and (universal or " = " in line)
        if comment or line.startswith(DOCUMENT):
            continue
        if line.strip():
            fields = line.split("\t") if "\t" in line else line.split()
            if not (universal and ("-" in fields[0] or "." in fields[0])):
                lines.append((number, [field.strip() for field in fields]))
        elif lines:
            yield lines
            lines = Lines()


def _places(count: int) -> dict[str, int]:
    """The names of so many fields.

    >>> _places(3)
    {'tokens': 0, 'column_2': 1, 'tags': 2}
    """
    between = {f"column_{place + 1}": place for place in range(1, count - 1)}
    return {"tokens": 0, **between, **({"tags": count - 1} if count > 1 else {})}


def _check(path: Path, sentences: list[Lines], count: int) -> None:
    """Refuse lines that have another number of fields.

    Raises:
        DataError: with the first such line.
    """
    for lines in sentences:
        for number, fields in lines:
            if len(fields) != count:
                raise DataError(
                    Mistake(
                        f"line {number:,} of {path.name} has {len(fields):,} fields",
                        f"{count:,}, as the first line has"
                        if count != FIELDS
                        else f"{count:,} with tabs between",
                        "put tabs between the fields, if a token holds spaces",
                    )
                )
