"""The schema: which kind and which role each column has, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..spec import Role


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        name: its name.
        kind: a member of ``KINDS``, or None where no kind fits (such a column is ignored).
        role: what it is for.
        reason: why this kind and role, as a clause: ``12 distinct words``.
        size: of pictures, where the user says it: height and width in pixels.
    """

    name: str
    kind: str | None
    role: Role
    reason: str
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in its order."""

    columns: tuple[Column, ...]

    def named(self, role: Role) -> tuple[str, ...]:
        """The names of the columns with ``role``."""
        return tuple(column.name for column in self.columns if column.role == role)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the input columns."""
        return self.named("input")

    @property
    def target(self) -> str:
        """The name of the target column, or of the first of several."""
        return self.targets[0]

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the target columns."""
        return self.named("target")

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def as_dict(self) -> dict[str, Any]:
        """The schema as it stands in ``schema.json``."""
        columns = (asdict(column) for column in self.columns)
        return {
            "columns": [
                {k: v for k, v in column.items() if k != "size" or v is not None} for column in columns
            ]
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Schema:
        """The schema that ``as_dict`` wrote."""
        sizes = ({"size": tuple(c["size"])} if c.get("size") else {} for c in state["columns"])
        return cls(tuple(Column(**{**column, **size}) for column, size in zip(state["columns"], sizes)))
