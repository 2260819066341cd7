"""The tokens of a row as they stand in its text, with what stands between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from torch import Tensor

from .kinds.text import LONGEST
from .kinds.tokens import UNKNOWN, WIDTH, cut
from .passages import normal, token_places

BETWEEN = "|"
"""What is shown for the separator between two columns."""


def kind_of_tokens(kinds: Mapping[str, Any]) -> Any:
    """Of the fitted kinds of a table, by name, the one that is read token by token; None where there is none."""
    return kinds.get("text") or kinds.get("tokens")


@dataclass
class Shown:
    """The text of one row, cut into the T places that the network reads.

    Args:
        before: (T,) what stands before each token: white space, as a rule.
        tokens: (T,) the tokens, as they are written; of a character that several tokens tell all but the first are "".
        unknown: (T,) whether the network does not know the token.
        unread: how many more tokens the row has, which the network does not read.
    """

    before: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    unknown: list[bool] = field(default_factory=list)
    unread: int = 0


def shown(kind: Any, row: pl.DataFrame, block: Tensor) -> Shown:
    """The text of a row.

    Args:
        kind: the fitted ``text`` or ``tokens``.
        row: the raw row.
        block: of the row, (1, T) or (1, T, D W).
    """
    if kind.name == "tokens":
        words = cut(row[kind.columns[0]]).to_list()[0] or []
        strange = (block[0, : len(words), ::WIDTH] == UNKNOWN).all(dim=1)
        return Shown([" "] * len(words), words, strange.tolist())
    found = Shown()
    for number, column in enumerate(kind.columns):
        if number:
            found.before.append(" ")
            found.tokens.append(BETWEEN)
        _add(found, kind, normal(row[column])[0] or "", " " if number else "")
    ids = block[0, : len(found.tokens)]
    found.unknown = ((ids == UNKNOWN) | (ids > kind.separator)).tolist()
    return found


def _add(found: Shown, kind: Any, text: str, space: str) -> None:
    """Add the tokens of one column."""
    places = token_places(kind.tokens, text).tolist()
    end = 0
    for begin, last in places[:LONGEST]:
        found.before.append(space + text[end:begin])
        found.tokens.append(text[max(begin, end) : last])
        end, space = max(end, last), ""
    found.unread += max(0, len(places) - LONGEST)
