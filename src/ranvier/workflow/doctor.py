"""The doctor of a run: looks on, tries remedies, and with ``doctor.heal`` trains with one that helped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..files import write_text
from ..finding import Finding
from ..insight.watching.probes import Probes
from ..insight.watching.trivial import trivial_loss
from ..spec import Spec
from ..training.state import State
from . import folder as files
from .findings import noticed_of
from .learn import Learning
from .prepared import Prepared
from .proof import Trial, Trials, as_set, proven, untried, with_settings
from .remedies import remedy_of

MOST = 3
"""So many remedies a run adopts."""


class Doctor:
    """Attends one run.

    Args:
        spec: of the run, settled.
        prepared: the data.
        record: of the run, from ``run.toml``: it names the remedies that were adopted before.
    """

    def __init__(self, spec: Spec, prepared: Prepared, record: Mapping[str, Any]) -> None:
        self.spec, self.prepared = spec, prepared
        self.adopted: list[dict[str, Any]] = [dict(each) for each in record.get("healed", [])]
        self.trials = None if untried(spec, prepared) else Trials(spec, prepared)
        self.heals = spec.doctor.heal and self.trials is not None and len(self.adopted) < MOST

    def probes(self, learning: Learning) -> Probes:
        """The probes of the run, from where its state stands."""
        state = learning.state
        if not state.noticed:
            state.noticed["healed"] = [dict(each) for each in self.adopted]
        trivial = trivial_loss(state.network, state.objective, self.prepared.parts["train"])
        return Probes(state, self.spec.evaluation.without, trivial, learning.batches.size)

    def found(self, state: State) -> list[Finding]:
        """All that was found while it trained, with the remedies as settings, and tried where they can be.

        Those that were adopted come first.
        """
        adopted = [Finding(**each) for each in state.noticed.get("healed", [])]
        return [*adopted, *proven(self._with_remedies(state), self.spec, self.trials)]

    def waits(self, state: State) -> bool:
        """Whether there is a remedy that was not tried yet, and one that helps would be adopted."""
        return self.heals and bool(self._open(state))

    def heal(self, state: State) -> tuple[Spec, Finding] | None:
        """Try the remedies that were not tried yet; the spec with the first that helped, and a finding that says so.

        What was tried is noted in ``state.noticed``.
        """
        for finding in self._open(state):
            state.noticed.setdefault("tried", []).append({"code": finding.code})
            step = int(finding.evidence.get("step") or 0)
            trial = self.trials.of(finding.settings, step) if self.trials else None
            if trial is not None and trial.helped:
                spec = with_settings(self.spec, finding.settings, self.prepared)
                return spec, _changed(finding, trial)
        return None

    def _open(self, state: State) -> list[Finding]:
        tried = {each["code"] for each in state.noticed.get("tried", [])}
        return [
            finding
            for finding in self._with_remedies(state)
            if finding.severity != "info"
            and finding.code not in tried
            and finding.settings
            and "training.epochs" not in finding.settings  # that takes as long as the run
        ]

    def _with_remedies(self, state: State) -> list[Finding]:
        found = [*([state.finding] if state.finding else []), *noticed_of(state)]
        return [replace(finding, settings=remedy_of(finding, self.spec)) for finding in found]


def _changed(finding: Finding, trial: Trial) -> Finding:
    return replace(
        finding,
        remedy=f"The run was begun again with {as_set(finding.settings)}: {trial}.",
        evidence={"trial": {name: value for name, value in trial.as_dict().items() if value is not None}},
    )


def adopt(folder: Path, spec: Spec, finding: Finding) -> dict[str, Any]:
    """Write the run down anew with changed settings, at its start; gives the new record.

    What was trained before goes; its history stays as ``before-N.jsonl``. The checkpoint goes first: a run that is
    killed in between begins again with the settings that ``run.toml`` holds.
    """
    record = files.read_run(folder)[1]
    healed = [*record.get("healed", []), finding.as_dict()]
    reason = f"changed for {finding.code}, {finding.place}"
    reasons = {**record["reasons"], **dict.fromkeys(finding.settings, reason)}
    record = {**record, "reasons": reasons, "healed": healed}
    (folder / files.CHECKPOINT).unlink(missing_ok=True)
    history = folder / "history.jsonl"
    if history.exists():
        history.replace(folder / f"before-{len(healed)}.jsonl")
    write_text(folder / "run.toml", files.run_toml(spec, record))
    return record
