"""The entities of tags as the program conlleval counts them (CoNLL shared task 2000, E. F. Tjong Kim Sang).

Written from its rules for the end and the start of a chunk, token by token, with the tag before and the tag after.
"""

from __future__ import annotations

from collections.abc import Sequence


def parts(tag: str) -> tuple[str, str]:
    sign, _, kind = tag.partition("-")
    return (sign, kind) if sign in ("B", "I") and kind else ("O", "")


def ends(before: str, tag: str) -> bool:
    """Whether a chunk ends between two tags."""
    (a, kind), (b, next_kind) = parts(before), parts(tag)
    return (a in "BI" and b in "BO") or (a != "O" and kind != next_kind)


def starts(before: str, tag: str) -> bool:
    """Whether a chunk starts at the second of two tags."""
    (a, kind), (b, next_kind) = parts(before), parts(tag)
    return b == "B" or (a == "O" and b == "I") or (b != "O" and kind != next_kind)


def counted(true: Sequence[str], said: Sequence[str]) -> tuple[int, int, int]:
    """Of one row: entities that are right, true ones, and predicted ones."""
    chunks = []
    for tags in (true, said):
        found, first = [], None
        for place, (before, tag) in enumerate(zip(["O", *tags], [*tags, "O"])):
            if first is not None and ends(before, tag):
                found.append((first, place, parts(before)[1]))
                first = None
            if starts(before, tag):
                first = place
        chunks.append(found)
    return sum(chunk in chunks[0] for chunk in chunks[1]), len(chunks[0]), len(chunks[1])
