"""A corpus of plain text on its way to a network: read, split by place, made tokens."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import polars as pl

from ..catalog import TEXT_TASKS
from ..data.corpus import Corpus, Stretch, read_corpus, split_corpus, texts
from ..data.corpus_tokens import Part, encode
from ..data.ledger import Ledger
from ..data.tokens import Tokens
from ..errors import DataError, Mistake, SpecError, raise_if_any
from ..spec import Spec
from .beginning import given_tokens
from .language_settings import PRETRAIN, mistakes

FITTED = 1 << 24
"""Tokens are fitted to so many bytes of the training part at most, evenly spread over it."""

CHARACTERS = 10_000_000
"""Up to so many bytes of training text, a token is a character."""

PRETRAINED = 8_000
"""So many words has the vocabulary of a network that is trained for what comes later, where nobody says."""


@dataclass(frozen=True)
class PreparedCorpus:
    """A corpus on its way to the network.

    Args:
        corpus: the files.
        stretches: of the files, each with its part.
        reason: how the parts were chosen.
        ledger: what became of lines that were not used as they stand.
        tokens: fitted to the training part.
        level_reason: why tokens are what they are; empty where the user says it.
        parts: ``train``, ``validation`` and ``test``.
    """

    corpus: Corpus
    stretches: list[Stretch]
    reason: str
    ledger: Ledger
    tokens: Tokens
    level_reason: str
    parts: dict[str, Part]

    def lines(self) -> list[str]:
        """What was read, for a terminal."""
        counts = ", ".join(f"{part.characters:,} {name}" for name, part in self.parts.items())
        level, size = self.tokens.level, self.tokens.size
        return [
            f"{self.corpus.origin}: {self.ledger.read:,} lines; write text by {level} ({size:,} different)",
            f"split: characters {counts} ({self.reason})",
            *(f"ledger: {entry}" for entry in self.ledger.entries),
        ]


def is_asked(spec: Spec) -> bool:
    """Whether the run is of a corpus of text."""
    return isinstance(spec.task, str) and spec.task in TEXT_TASKS


def prepare(spec: Spec, data: Any = None, tokens: Tokens | None = None) -> PreparedCorpus:
    """Read, split and encode the corpus of a run.

    Args:
        spec: what is asked.
        data: a path, a folder, a pattern or a list of paths; None takes the spec's source.
        tokens: of a run that is resumed; None fits new ones.

    Raises:
        SpecError: settings that a corpus does not know.
        DataError: with all that is wrong with the files; or a part has no text.
    """
    raise_if_any(SpecError, mistakes(spec, data))
    ledger = Ledger()
    corpus = read_corpus(spec.source if data is None else data, ledger)
    stretches, reason = split_corpus(corpus, spec.split.validation, spec.split.test, spec.split_seed)
    own = [stretch for stretch in stretches if stretch.part == "train"]
    if not own:
        raise DataError(
            Mistake(
                f"{corpus.origin} is too short to be split: no line is left for training",
                "several lines, or smaller parts",
                "set split.validation and split.test to 0 to learn from all of it",
            )
        )
    size = sum(stretch.end - stretch.first for stretch in own)
    why = ""
    if tokens is None:
        tokens = given_tokens(spec)
        why = f"those of {spec.start.model}" if tokens else ""
        asked = spec.text.tokens
        if tokens is not None and asked not in (None, tokens.level):
            raise SpecError(
                Mistake(
                    f"text.tokens is {asked!r}, and {spec.start.model!r} reads text by {tokens.level}",
                    "the tokens that it has learnt",
                    "leave text.tokens out",
                )
            )
    if tokens is None:
        level, most = spec.text.tokens or "", spec.text.vocabulary
        pretrained = spec.task == PRETRAIN
        if not level and pretrained:
            level, why = "words", "what a later training reads a text by"
            most = most or PRETRAINED
        elif not level:
            level = "characters" if size <= CHARACTERS else "bpe" if _has_library() else "bytes"
            why = f"for {size:,} bytes of training text"
        tokens = Tokens.fit(texts(corpus, own, min(1.0, FITTED / size)), level, size=most, lower=pretrained)
    parts = encode(corpus, stretches, tokens, ledger)
    ledger.reconcile({name: part.lines for name, part in parts.items()})
    return PreparedCorpus(corpus, stretches, reason, ledger, tokens, why, parts)


def column_of(prepared: PreparedCorpus) -> dict[str, Any]:
    """The column that a corpus is, as it stands in ``schema.json``."""
    reason = f"plain text, by {prepared.tokens.level}" + (
        f" ({prepared.level_reason})" if prepared.level_reason else ""
    )
    return {"name": "text", "kind": "text", "role": "input", "reason": reason}


def split_csv(prepared: PreparedCorpus) -> str:
    """Each stretch: its file, where it begins and ends in bytes, and its part."""
    rows = [
        {
            "file": str(prepared.corpus.files[each.file]),
            "first": each.first,
            "end": each.end,
            "part": each.part,
        }
        for each in prepared.stretches
    ]
    text = io.BytesIO()
    pl.DataFrame(rows).write_csv(text)
    return text.getvalue().decode()


def _has_library() -> bool:
    from importlib.util import find_spec

    return find_spec("tokenizers") is not None
