"""What Ranvier noticed in the data of a run, and in its measure: every check of the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..finding import Finding
from ..insight.checks import Case, examine
from .prepared import Prepared


def findings(
    prepared: Prepared, metrics: Mapping[str, Any] | None = None, seed: int = 0, without: Collection[str] = ()
) -> list[Finding]:
    """All that was noticed.

    Args:
        prepared: the data.
        metrics: as they stand in ``metrics.json``; None before the network is measured.
        seed: of the run.
        without: codes that are left out.
    """
    case = Case(
        table=prepared.table,
        schema=prepared.schema,
        split=prepared.split,
        task=prepared.task,
        parts=prepared.parts,
        metrics=metrics,
        seed=seed,
    )
    return examine(case, without)
