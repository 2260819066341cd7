"""What Ranvier noticed in the data of a run, and in its measure: every check of the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..finding import Finding
from ..insight.checks import Case, examine
from ..insight.watching.not_a_number import NotANumber
from ..training.state import State
from .prepared import Prepared
from .targets import views


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
    if prepared.forecasts is not None:
        return []  # its rows are points of time, of which these checks know nothing
    each = {}
    for view in views(prepared):
        name = view.task.target
        case = Case(
            table=view.table,
            schema=view.schema,
            split=view.split,
            task=view.task,
            parts=view.parts,
            metrics=metrics["targets"][name] if metrics and "targets" in metrics else metrics,
            seed=seed,
        )
        each[name] = examine(case, without)
    return _joined(each)


def _joined(each: Mapping[str, Sequence[Finding]]) -> list[Finding]:
    """The findings by target as one list: what is found of all alike once, the rest with the target's name."""
    found: list[Finding] = []
    for name, ones in each.items():
        for finding in ones:
            alike = [any(finding == other for other in others) for others in each.values()]
            if not all(alike) and repr(name) not in finding.place:
                finding = replace(finding, place=f"{finding.place}, for the target {name!r}")
            if finding not in found:
                found.append(finding)
    return found


def noticed_of(state: State) -> list[Finding]:
    """What the probes found while it trained; not again that a loss was no number, which the run itself says."""
    said = NotANumber.code if state.finding else ""
    return [Finding(**each) for each in state.noticed.get("findings", []) if each["code"] != said]
