"""The ledger: what became of every row, column and cell that was not used exactly as it stood.

Three outcomes touch the totals: a *dropped* row takes no part; a column that is *set aside* is no input; a *repaired*
cell is used with another value (a missing one filled, an infinity taken as missing). What is only worth knowing is
*kept*. Before training the ledger must add up: rows read = rows dropped + rows in the parts of the split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from ..errors import InternalError

Outcome = Literal["dropped", "set aside", "repaired", "kept"]
EXAMPLES = 5
"""How many row numbers an entry shows."""


@dataclass(frozen=True)
class Entry:
    """One line of the ledger: ``count`` things had ``reason`` and the stated outcome.

    ``rows`` shows up to five row numbers, counted from 1 as a person would below the header.
    """

    outcome: Outcome
    reason: str
    count: int
    column: str | None = None
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        """One line for a terminal.

        >>> print(Entry("dropped", "no target", 2, "survived", (4, 9)))
        2 rows dropped: no target (survived; rows 4, 9)
        >>> print(Entry("set aside", "each value occurs once", 1, "name"))
        column name set aside: each value occurs once
        """
        if self.outcome == "set aside":
            return f"column {self.column} set aside: {self.reason}"
        unit = "cell" if self.outcome == "repaired" else "row"
        rows = "row" if self.count == len(self.rows) == 1 else "rows"
        shown = ", ".join(map(str, self.rows)) + (", ..." if self.count > len(self.rows) else "")
        where = "; ".join(
            part for part in (self.column or "", f"{rows} {shown}" if self.rows else "") if part
        )
        plural = "" if self.count == 1 else "s"
        return f"{self.count:,} {unit}{plural} {self.outcome}: {self.reason}" + (
            f" ({where})" if where else ""
        )


@dataclass
class Ledger:
    """What became of the rows that were read.

    Args:
        read: how many rows the source held.
    """

    read: int = 0
    entries: list[Entry] = field(default_factory=list)

    def note(
        self,
        outcome: Outcome,
        reason: str,
        count: int = 1,
        column: str | None = None,
        rows: Sequence[int] = (),
    ) -> None:
        """Write an entry, unless ``count`` is 0. ``rows`` are row numbers from 0, all of them or some."""
        if count:
            shown = tuple(int(row) + 1 for row in rows[:EXAMPLES])
            self.entries.append(Entry(outcome, reason, int(count), column, shown))

    def drop(self, reason: str, rows: Sequence[int], column: str | None = None) -> None:
        """Write that ``rows`` (all of them, numbers from 0) take no part."""
        self.note("dropped", reason, len(rows), column, rows)

    def add(self, other: Ledger) -> None:
        """Add the counts of another ledger's entries to those of the same reason here; rows are not shown any more."""
        for entry in other.entries:
            key = (entry.outcome, entry.reason, entry.column)
            same = [i for i, one in enumerate(self.entries) if (one.outcome, one.reason, one.column) == key]
            before = self.entries.pop(same[0]).count if same else 0
            self.entries.append(replace(entry, count=before + entry.count, rows=()))

    @property
    def dropped(self) -> int:
        """How many rows take no part."""
        return sum(entry.count for entry in self.entries if entry.outcome == "dropped")

    def reconcile(self, parts: Mapping[str, int]) -> None:
        """Check that every row that was read is accounted for.

        Args:
            parts: the number of rows in each part of the split.

        Raises:
            InternalError: the totals do not agree.
        """
        used = sum(parts.values())
        if self.read != used + self.dropped:
            raise InternalError(
                f"the ledger does not add up: {self.read:,} rows read, {self.dropped:,} dropped, {used:,} in the split"
            )

    def as_dict(self) -> dict[str, Any]:
        """The ledger as it stands in ``ledger.json``."""
        return {
            "read": self.read,
            "dropped": self.dropped,
            "entries": [asdict(entry) for entry in self.entries],
        }
