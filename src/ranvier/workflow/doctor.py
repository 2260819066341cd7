"""The doctor of a run: looks on, tries remedies, and with ``doctor.heal`` trains with one that helped."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..data.batches import Batch
from ..files import write_text
from ..finding import Finding
from ..insight.watching.probes import Probes
from ..insight.watching.trivial import trivial_loss
from ..spec import Spec
from ..training.state import State
from . import folder as files
from .findings import noticed_of
from .learn import set_up
from .learning import Learning
from .prepared import Prepared
from .proof import Trial, Trials, as_set, untried, with_settings
from .remedies import remedies_of
from .snapshot import Snapshot
from .wiring import look_over

MOST = 3
"""So many remedies a run adopts."""


@dataclass(frozen=True)
class Change:
    """A remedy that is adopted.

    Args:
        finding: says what is changed, and why.
        spec: of the run from now on.
        snapshot: where it goes on; None where it begins again.
    """

    finding: Finding
    spec: Spec
    snapshot: Snapshot | None


class Doctor:
    """Attends one run: a watcher of the training loop, which tries the remedy of what was found as soon as it is.

    Args:
        spec: of the run, settled, with the remedies that were adopted.
        prepared: the data.
        record: of the run, from ``run.toml``: it names these remedies.
        learning: of the run, from where it stands.
    """

    def __init__(self, spec: Spec, prepared: Prepared, record: Mapping[str, Any], learning: Learning) -> None:
        self.spec, self.prepared = spec, prepared
        self.change: Change | None = None
        adopted, state = record.get("healed", []), learning.state
        self.trials = None if untried(spec, prepared) else Trials(spec, prepared)
        self.heals = spec.doctor.heal and self.trials is not None and len(adopted) < MOST
        if "healed" not in state.noticed:
            state.noticed["healed"] = [dict(each) for each in adopted]
        self.trivial = trivial_loss(state.network, state.objective, prepared.parts["train"])
        classes = learning.classes
        groups = (lambda: classes.last) if classes else dict
        self.probes = Probes(state, spec.evaluation.without, self.trivial, learning.batches.size, groups)
        self._looked_at = 0

    def on_step(self, state: State, batch: Batch, loss: float) -> None:
        """Look at the step, and try what helps against what is new."""
        self.probes.on_step(state, batch, loss)
        self.attend(state)

    def on_epoch(self, state: State, line: Mapping[str, Any]) -> None:
        """Look at the losses, and try what helps against what is new."""
        self.probes.on_epoch(state, line)
        self.attend(state)

    def waits(self) -> bool:
        """Whether there is a change to be made."""
        return self.change is not None

    def found(self, state: State) -> list[Finding]:
        """All that was found while it trained, with the remedies as settings, and what came of trying them.

        Those that were adopted come first.
        """
        adopted = [Finding(**each) for each in state.noticed.get("healed", [])]
        return [*adopted, *(self._with_remedy(finding) for finding in _found(state))]

    def attend(self, state: State) -> None:
        """Try the remedies that were not tried yet, and say of each finding in the state what came of it.

        The first that helped is the ``change``, where the run is to be healed; those after it are not tried, and the
        state says nothing of it: it is given up.
        """
        count = len(state.noticed.get("findings", [])) + (state.finding is not None)
        if self.trials is None or self.change or count == self._looked_at:
            return
        for finding in self._open(state):
            snapshot = self._snapshot(state)
            trials = self._tried(finding, state, snapshot)
            if self.heals and trials and trials[-1].helped:
                self.change = self._change(finding, trials[-1], snapshot)
                return
            state.noticed.setdefault("tried", []).append({"code": finding.code})
            if trials:
                _tell(state, _proven(finding, trials))
        self._looked_at = count

    def _open(self, state: State) -> list[Finding]:
        tried = {each["code"] for each in state.noticed.get("tried", [])}
        grave = [f for f in _found(state) if f.severity != "info" and f.code not in tried]
        return [finding for finding in grave if remedies_of(finding, self.spec)]

    def _snapshot(self, state: State) -> Snapshot | None:
        """The best epoch so far, if something was learnt until then."""
        snapshot = Snapshot.of(state)
        if snapshot is None or self.trivial is None or snapshot.loss < self.trivial:
            return snapshot
        return None

    def _tried(self, finding: Finding, state: State, snapshot: Snapshot | None) -> list[Trial]:
        """The trials of its remedies, until one has helped; what has helped before is not tried again."""
        trials: list[Trial] = []
        for settings in remedies_of(finding, self.spec):
            trial = _known(state, settings)
            if trial is None and self.trials is not None:
                trial = self.trials.of(settings, state.step, snapshot)
            trials += [trial] if trial else []
            if trial and trial.helped:
                break
        return trials

    def _change(self, finding: Finding, trial: Trial, snapshot: Snapshot | None) -> Change:
        since = f"went back to the end of epoch {trial.since}, and on" if trial.since else "was begun again"
        values = {name: value for name, value in trial.as_dict().items() if value is not None}
        told = replace(
            finding,
            remedy=f"The run {since} with {as_set(trial.settings)}: {trial}.",
            evidence={"trial": values},
            settings=trial.settings,
        )
        spec = with_settings(self.spec, trial.settings, self.prepared)
        return Change(told, spec, snapshot if trial.since else None)

    def _with_remedy(self, finding: Finding) -> Finding:
        if finding.settings and "trial" in finding.evidence:
            return finding
        first = next(iter(remedies_of(finding, self.spec)), {})
        return replace(finding, settings=first)


def _found(state: State) -> list[Finding]:
    return [*([state.finding] if state.finding else []), *noticed_of(state)]


def _known(state: State, settings: Mapping[str, Any]) -> Trial | None:
    """A trial of these settings that helped against something else."""
    told = [finding.evidence.get("trial") for finding in noticed_of(state)]
    helped = [each for each in told if each and each["helped"] and each["settings"] == settings]
    return Trial.of(helped[0]) if helped else None


def _proven(finding: Finding, trials: Sequence[Trial]) -> Finding:
    """The finding with what came of its remedies; it offers the one that helped, else the first."""
    told = [f"Tried as {as_set(trial.settings)}: {trial}." for trial in trials]
    offered = trials[-1] if trials[-1].helped else trials[0]
    return replace(
        finding,
        remedy=" ".join([finding.remedy, *told]),
        evidence={**finding.evidence, "trial": offered.as_dict()},
        settings=offered.settings,
    )


def _tell(state: State, finding: Finding) -> None:
    """Put a finding in the place of the one that says less."""
    if state.finding and state.finding.code == finding.code:
        state.finding = finding
    noticed = state.noticed.get("findings", [])
    noticed[:] = [finding.as_dict() if each["code"] == finding.code else each for each in noticed]


def adopt(folder: Path, change: Change, learning: Learning, prepared: Prepared) -> tuple[Spec, Learning]:
    """Write down what is changed, and set up the training that goes on with it.

    The history of what is given up stays as ``before-N.jsonl``. Where the run begins again its checkpoint goes first: a
    run that is killed in between begins again with the settings that ``run.toml`` holds. Where it goes on from an epoch
    its settings stay those of its beginning, and the record says what was changed and when; a run that is killed before
    its checkpoint says so too is brought there by ``caught_up``.
    """
    begun, record = files.read_run(folder)
    record["healed"] = [*record.get("healed", []), change.finding.as_dict()]
    history = folder / "history.jsonl"
    if history.exists():
        shutil.copyfile(history, folder / f"before-{len(record['healed'])}.jsonl")
    if change.snapshot is None:
        reason = f"changed for {change.finding.code}, {change.finding.place}"
        record["reasons"] = {**record["reasons"], **dict.fromkeys(change.finding.settings, reason)}
        (folder / files.CHECKPOINT).unlink(missing_ok=True)
        write_text(folder / "run.toml", files.run_toml(change.spec, record))
        learning = set_up(change.spec, prepared, None)
        look_over(change.spec, prepared, learning)
        return change.spec, learning
    write_text(folder / "run.toml", files.run_toml(begun, record))
    learning = caught_up(learning, change.spec, prepared, files.read_run(folder)[1])
    learning.state.save(folder / files.CHECKPOINT)
    return change.spec, learning


def caught_up(learning: Learning, spec: Spec, prepared: Prepared, record: Mapping[str, Any]) -> Learning:
    """The training at its best epoch, where a remedy was adopted that its state does not know of; else as it is."""
    healed, state = record.get("healed", []), learning.state
    snapshot = Snapshot.of(state)
    if snapshot is None or len(state.noticed.get("healed", [])) == len(healed):
        return learning
    taken_up = snapshot.take_up(spec, prepared)
    taken_up.state.seconds = state.seconds
    samples = [each for each in state.noticed.get("samples", []) if each["step"] <= snapshot.step]
    groups = [each for each in state.noticed.get("groups", []) if each["epoch"] <= taken_up.state.epoch]
    taken_up.state.noticed = {
        "healed": [dict(each) for each in healed],
        "samples": samples,
        "groups": groups,
    }
    return taken_up


def in_effect(spec: Spec, prepared: Prepared, record: Mapping[str, Any]) -> Spec:
    """The spec of a run with the remedies that were adopted since it began, or began again."""
    healed = record.get("healed", [])
    began = max(
        (n for n, each in enumerate(healed, 1) if "since_epoch" not in each["evidence"]["trial"]), default=0
    )
    for each in healed[began:]:
        spec = with_settings(spec, each["settings"], prepared)
    return spec
