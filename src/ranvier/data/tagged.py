"""Tokens and tags: which columns have as many tokens in each row as the target has tags, and which rows do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..errors import Mistake
from .kinds.tokens import cut
from .kinds.values import is_readable, read_numbers

LOOKED_AT = 2_000
"""So many rows tell whether columns go together, evenly over the table."""

SURE = 0.9
"""Columns are tokens and tags where so many rows have as many of both, and nothing is said."""

MOSTLY = 0.5
"""The same where the user says that it is tags that are to be learnt."""

OFTEN = 5
"""A tag occurs so often on average, or nothing says that it is one."""

LONGEST = 4_096
"""A row of more tokens is not learnt from: one such row takes as much memory as all others of its batch."""


def counts(values: pl.Series) -> NDArray[np.int64] | None:
    """(N,) how many tokens each cell has; None where the column cannot hold any."""
    dtype: Any = values.dtype
    lists = isinstance(dtype, (pl.List, pl.Array)) and dtype.inner in (pl.String, pl.Categorical, pl.Enum)
    if not lists and not (is_readable(values) and values.dtype == pl.String):
        return None
    return cut(values).list.len().fill_null(0).to_numpy().astype(np.int64)


def alike(target: pl.Series, values: pl.Series) -> float:
    """The share of rows with a target that have as many tokens in ``values``, at least one."""
    tags, tokens = counts(target), counts(values)
    if tags is None or tokens is None or not (tags > 0).any():
        return 0.0
    return float(np.mean(tags[tags > 0] == tokens[tags > 0]))


def tokens_of(frame: pl.DataFrame, target: str, others: Iterable[str], least: float) -> dict[str, float]:
    """The columns with as many tokens as ``target`` has tags in at least that share of the rows, and the share."""
    few = _few(frame)
    shares = {name: alike(few[target], few[name]) for name in others}
    return {name: share for name, share in shares.items() if share >= least}


def seems_tags(frame: pl.DataFrame, target: str, others: Sequence[str]) -> str | None:
    """Why a target of which nothing is said holds tags, as a clause; None where it does not seem so.

    Its cells hold few different tags, differently many in different rows, and another column has as many tokens.

    >>> words = ["the cat sat", "a dog", "she saw it run", "they sat"] * 5
    >>> tags = ["D N V", "D N", "P V P V", "P V"] * 5
    >>> seems_tags(pl.DataFrame({"words": words, "tags": tags}), "tags", ["words"])
    "4 distinct tags, as many in each row as 'words' has tokens"
    """
    few = _few(frame)
    lengths = counts(few[target])
    if lengths is None or len(set(lengths[lengths > 0].tolist())) < 2:
        return None
    tags = cut(few[target]).explode().drop_nulls()
    distinct = tags.n_unique()
    words = few[target].dtype != pl.String or bool(read_numbers(tags)[1].any())
    if len(tags) < OFTEN * distinct or distinct < 2 or not words:
        return None
    found = tokens_of(few, target, others, SURE)
    if not found:
        return None
    best = max(found, key=lambda name: found[name])
    return f"{distinct:,} distinct tags, as many in each row as {best!r} has tokens"


def lacking(frame: pl.DataFrame, target: str, others: Sequence[str]) -> Mistake:
    """That no input column is tokens whose tags could be learnt, and which column comes nearest."""
    shares = tokens_of(frame, target, others, 0.0)
    best = max(shares, key=lambda name: shares[name], default=None)
    near = f"; the nearest is {best!r}, in {shares[best]:.0%} of the rows" if best and shares[best] else ""
    return Mistake(
        f"no column has as many tokens in each row as the target {target!r} has tags{near}",
        "a column of tokens: lists of text, or text with white space between the tokens",
        "say which column it is: columns.NAME=tokens; rows whose numbers differ are then left out",
    )


def wrong_tags(values: pl.Series) -> dict[str, NDArray[np.bool_]]:
    """(N,) which cells of a target cannot be learnt as tags, by the reason; those that are missing are no such."""
    cells = cut(values)
    blank = cells.list.contains("").fill_null(False).to_numpy()
    spaced = cells.list.eval(pl.element().str.contains(r"\s")).list.any().fill_null(False).to_numpy()
    return {"a tag is missing in the row": blank, "a tag has white space in it": spaced & ~blank}


def unequal(
    frame: pl.DataFrame, target: str, columns: Iterable[str]
) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """The rows (N,) that cannot be learnt from, by the column of tokens and the reason."""
    tags = counts(frame[target])
    for column in columns:
        tokens = counts(frame[column])
        if tags is not None and tokens is not None:
            yield column, f"not as many tokens as {target!r} has tags", tokens != tags
            yield column, f"more than {LONGEST:,} tokens", (tokens == tags) & (tokens > LONGEST)


def _few(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.gather_every(frame.height // LOOKED_AT) if frame.height >= 2 * LOOKED_AT else frame
