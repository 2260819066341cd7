"""Metrics of tags: of each row (N of them) a tuple of tags, one a token, true against predicted.

Legend: N rows, R resamples. ``weights`` (R, N) holds one row of multiplicities for each resample.

An *entity* is a run of tokens with the same type: ``B-PER I-PER``. It is right where its type, its first and its last
token are, as the program ``conlleval`` of the CoNLL shared tasks and the library seqeval count: a run ends before O,
B- or another type; one that begins with I- is an entity too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .inputs import Floats
from .metrics import Metric

Tags = NDArray[Any]
"""(N,) tuples of texts, as objects."""

Entity = tuple[str, int, int]
"""The type, and the places of its first and its last token."""

OUTSIDE = "O"
INSIDE = ("B", "I")


def rows_of(tags: Iterable[Sequence[str]]) -> Tags:
    """Rows of tags as the metrics take them.

    >>> rows_of([["A", "B"], ["C"]]).tolist()
    [('A', 'B'), ('C',)]
    """
    given = [tuple(row) for row in tags]
    made = np.empty(len(given), dtype=object)
    for place, row in enumerate(given):
        made[place] = row
    return made


def looks_like_entities(tags: Iterable[str]) -> bool:
    """Whether tags mark entities: O, and others that are all B- or I- with a type.

    >>> looks_like_entities(["B-PER", "I-PER", "O"]), looks_like_entities(["NOUN", "O"]), looks_like_entities(["O"])
    (True, False, False)
    """
    others = [tag for tag in tags if tag != OUTSIDE]
    return len(others) > 0 and all(tag[:2] in ("B-", "I-") and len(tag) > 2 for tag in others)


@lru_cache(maxsize=65_536)
def entities(tags: tuple[str, ...]) -> frozenset[Entity]:
    """The entities of a row.

    >>> sorted(entities(("B-PER", "I-PER", "O", "I-LOC", "B-LOC")))
    [('LOC', 3, 3), ('LOC', 4, 4), ('PER', 0, 1)]
    """
    found: set[Entity] = set()
    first, kind = 0, ""
    for place, tag in enumerate((*tags, OUTSIDE)):
        sign, _, own = tag.partition("-")
        if kind and (sign != "I" or own != kind):
            found.add((kind, first, place - 1))
            kind = ""
        if not kind and sign in INSIDE and own:
            first, kind = place, own
    return frozenset(found)


def right_tags(true: Sequence[str], said: Sequence[str]) -> int:
    """How many tags of a row are right."""
    return sum(a == b for a, b in zip(true, said))


def token_accuracy_of(target: Tags, said: Tags, weights: Floats) -> Floats:
    """The share of tokens whose tag is right: (N,), (N,), (R, N) -> (R,)."""
    right = np.array([right_tags(*pair) for pair in zip(target, said)], dtype=np.float64)
    count = np.array([len(row) for row in target], dtype=np.float64)
    share: Floats = (weights @ right) / (weights @ count)
    return share


def entity_f1_of(target: Tags, said: Tags, weights: Floats) -> Floats:
    """2 hits / (true + predicted entities), of all rows together: (N,), (N,), (R, N) -> (R,)."""
    counts = np.array(
        [(len(a & b), len(a) + len(b)) for a, b in zip(map(entities, target), map(entities, said))],
        dtype=np.float64,
    ).reshape(-1, 2)
    score: Floats = 2.0 * (weights @ counts[:, 0]) / (weights @ counts[:, 1])
    return score


def right_rows(target: Tags, said: Tags, weights: Floats) -> Floats:
    """The share of rows all of whose tags are right: (N,), (N,), (R, N) -> (R,)."""
    right = np.array([a == b for a, b in zip(target, said)], dtype=np.float64)
    share: Floats = (weights @ right) / weights.sum(1)
    return share


token_accuracy = Metric(
    "token_accuracy", "tags", True, "values", token_accuracy_of, high=1.0, undefined="no row has any token"
)
entity_f1 = Metric(
    "entity_f1", "tags", True, "values", entity_f1_of, high=1.0, undefined="no tag marks an entity"
)
row_accuracy = Metric("row_accuracy", "tags", True, "values", right_rows, high=1.0, proportion=True)
