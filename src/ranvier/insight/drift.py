"""How new rows differ from the training rows, in words: the column that differs most first."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from ..data.preparation import Preparation
from ..data.profile import Column, Observed, Profile
from ..data.schema import Schema
from ..evaluation.drift import ENOUGH, NOTICEABLE, Shift, shifts, stability_index

NOTEWORTHY = 0.01
"""From this share on, values outside of training's ends and a change of the missing ones are told."""


@dataclass(frozen=True)
class Difference:
    """What is to be said of one column of the new rows.

    Args:
        column: its name.
        size: ``large`` or ``noticeable`` where it differs by more than chance, else ``none``.
        index: the population stability index.
        chance: the p value, corrected for the number of columns.
        told: what differs, as sentences; empty where there is nothing to say.
        missing, unseen, below, above: shares of the new rows.
    """

    column: str
    size: str
    index: float
    chance: float
    told: str
    missing: float
    unseen: float
    below: float
    above: float


@dataclass(frozen=True)
class Drift:
    """How new rows differ from the training rows.

    Args:
        rows: how many of the new rows were looked at.
        training_rows: how many of the training rows.
        columns: a difference each, the largest first.
        left_out: columns of training that the new rows lack, or that could not be compared.
    """

    rows: int
    training_rows: int
    columns: tuple[Difference, ...]
    left_out: tuple[str, ...]

    @property
    def differing(self) -> tuple[Difference, ...]:
        """The columns that differ by more than chance, and noticeably."""
        return tuple(column for column in self.columns if column.size != "none")

    @property
    def verdict(self) -> str:
        """All columns together, as a sentence."""
        if self.rows < ENOUGH:
            return f"{self.rows:,} rows are too few to say whether they are like the training rows."
        count, most = len(self.columns), self.differing
        if not most:
            return f"No column differs noticeably from the training rows ({count} compared)."
        names = ", ".join(repr(column.column) for column in most[:5])
        more = f" and {len(most) - 5} more" if len(most) > 5 else ""
        verb = "differs" if len(most) == 1 else "differ"
        return f"{len(most)} of {count} columns {verb} from the training rows by more than chance: {names}{more}."

    def as_dict(self) -> dict[str, Any]:
        """The drift as JSON values."""
        return {"verdict": self.verdict, **asdict(self)}

    def lines(self) -> list[str]:
        """The verdict, then a line for each column of which there is something to say."""
        return [self.verdict, *(f"  {each.column}: {each.told}" for each in self.columns if each.told)]


def drift(profile: Profile, frame: pl.DataFrame, schema: Schema, preparation: Preparation) -> Drift:
    """Compare new rows with the training rows.

    Args:
        profile: of the training rows.
        frame: raw values of the new rows.
        schema, preparation: of the training rows.
    """
    seen = profile.observe(frame, schema, preparation)
    trained = {column.name: column for column in profile.columns}
    usable = {name: new for name, new in seen.items() if len(new.counts) == len(trained[name].counts)}
    counts = {
        name: ([*trained[name].counts, trained[name].missing], [*new.counts, new.missing])
        for name, new in usable.items()
    }
    found = [_difference(trained[shift.column], usable[shift.column], shift) for shift in shifts(counts)]
    return Drift(
        rows=max((new.rows for new in seen.values()), default=0),
        training_rows=max((column.rows for column in profile.columns), default=0),
        columns=tuple(sorted(found, key=lambda each: each.size == "none" and not each.told)),
        left_out=tuple(name for name in trained if name not in usable),
    )


def _difference(trained: Column, new: Observed, shift: Shift) -> Difference:
    shares = {name: getattr(new, name) / max(new.rows, 1) for name in ("missing", "unseen", "below", "above")}
    before = trained.missing / max(trained.rows, 1)
    told = [_moved(trained, new)] if shift.size != "none" else []
    if abs(shares["missing"] - before) >= NOTEWORTHY and (shift.size != "none" or not before):
        told.append(f"{_share(shares['missing'])} is missing, in training {_share(before)}.")
    if new.unseen:
        words = ", ".join(map(repr, new.examples))
        told.append(f"{_share(shares['unseen'])} of the rows have a word that training did not ({words}).")
    if shares["below"] >= NOTEWORTHY:
        told.append(f"{_share(shares['below'])} lies below all of training ({_value(trained.low, trained)}).")
    if shares["above"] >= NOTEWORTHY:
        told.append(
            f"{_share(shares['above'])} lies above all of training ({_value(trained.high, trained)})."
        )
    return Difference(
        trained.name, shift.size, shift.index, shift.chance, " ".join(filter(None, told)), **shares
    )


def _moved(trained: Column, new: Observed) -> str:
    """What moved: the median of numbers, or the word whose share did; nothing where only gaps or new words did."""
    if stability_index(trained.counts, new.counts) < NOTICEABLE / 2:
        return ""
    if trained.middle is not None and new.middle is not None:
        if f"{trained.middle:.3g}" == f"{new.middle:.3g}":
            return f"Its values are spread otherwise about the same median, {_value(new.middle, trained)}."
        return f"Its median is {_value(new.middle, trained)}, in training {_value(trained.middle, trained)}."
    before = [count / max(trained.rows, 1) for count in trained.counts]
    now = [count / max(new.rows, 1) for count in new.counts]
    at = max(range(len(before)), key=lambda place: abs(now[place] - before[place]))
    if at < len(trained.words):
        word = repr(trained.words[at])
    elif new.unseen:
        return ""
    else:
        word = "Any other word"
    return f"{word} is {_share(now[at])} of the rows, in training {_share(before[at])}."


def _value(value: float | None, column: Column) -> str:
    if value is None:
        return "–"
    if column.what == "date":
        return (datetime(1970, 1, 1) + timedelta(days=value)).date().isoformat()
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def _share(share: float) -> str:
    """A share in percent.

    >>> _share(0.5), _share(0.0123), _share(0.0001), _share(0.0)
    ('50%', '1.2%', 'below 0.1%', '0%')
    """
    if 0 < share < 0.001:
        return "below 0.1%"
    return f"{100 * share:.2g}%" if share < 0.0995 else f"{100 * share:.0f}%"
