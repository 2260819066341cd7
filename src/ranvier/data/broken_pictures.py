"""Which pictures of a column cannot be read: each file is read from end to end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from ..errors import DataError, Mistake
from .decoded_once import held
from .kinds.image import most_of, size_of
from .ledger import Ledger
from .pictures import Raw, Seen, decoded, each, seen
from .raw_pictures import text_of, tried
from .unread import too_large


def unreadable(values: pl.Series, size: int | Sequence[int] | None = None) -> dict[str, list[int]]:
    """The places of values that are there and are no pictures, by the reason.

    Where pixels are held (``decoded_once``) and there is memory for them, they are decoded as the block will be, as far
    as that can be told: its size follows from the training rows, which are not drawn before the broken ones are known.

    Args:
        values: raw values (N).
        size: that the user names: a side, or height and width.
    """
    if values.dtype not in (pl.String, pl.Binary):
        return {}
    raw = text_of(values) if values.dtype == pl.String else values
    places = np.flatnonzero(raw.is_not_null().to_numpy()).tolist()
    look = _look(raw, size)
    found: dict[str, list[int]] = {}
    for place, outcome in zip(places, each(lambda place: tried(look, raw[place]), places)):
        if isinstance(outcome, str):
            found.setdefault(outcome, []).append(place)
    return found


def _look(raw: pl.Series, said: int | Sequence[int] | None) -> Callable[[Raw], object]:
    """What reads a picture from end to end."""
    store = held()
    if store is None:
        return lambda one: seen(one, whole=True)
    some = most_of(raw.drop_nulls()).to_list()
    good = [one for one in each(lambda one: tried(seen, one), some) if isinstance(one, Seen)]
    size, _ = size_of(Counter((one.height, one.width) for one in good), said)
    shape = (3 if any(one.colour for one in good) else 1, *size)
    if too_large(len(raw), shape):
        return lambda one: seen(one, whole=True)

    def decode(one: Raw) -> None:
        if (one, *shape) not in store:
            store[(one, *shape)] = decoded(one, *shape)

    return decode


def note_lost_classes(target: str, before: pl.Series, after: pl.Series, ledger: Ledger) -> None:
    """Tell the ledger of the classes that have lost all of their rows.

    Args:
        target: the name of the column.
        before, after: its values, with and without the rows that cannot be used.
        ledger: that is told.

    Raises:
        DataError: there were several classes, and one is left.
    """
    rows = before.drop_nulls().cast(pl.String)
    lost = rows.filter(~rows.is_in(after.cast(pl.String).unique().to_list()))
    if not len(lost) or not len(after):
        return
    names = ", ".join(map(repr, lost.unique().sort().head(5).to_list()))
    names += ", ..." if lost.n_unique() > 5 else ""
    if after.n_unique() < 2:
        raise DataError(
            Mistake(
                f"target {target!r} has a single class left, {str(after[0])!r}: no row of {names} can be used",
                "at least two classes",
                "see that their pictures can be read",
            )
        )
    ledger.note("kept", f"classes of which no row can be used are not learnt: {names}", len(lost), target)
