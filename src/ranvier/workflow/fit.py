"""fit: from data to a finished run. resume: on with a run that was stopped."""

from __future__ import annotations

import copy
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ..data.profile import Profile
from ..data.stream.passes import StreamBatches
from ..delivery.file import save
from ..delivery.model import Model
from ..errors import Mistake, RunError
from ..files import write_json, write_text
from ..finding import by_gravity
from ..network.adapters import merge
from ..spec import Spec
from ..training.loop import Watcher
from ..version import __version__
from . import folder as files
from . import language
from .beginning import base_of, check_same, recorded
from .card import memory_of_card
from .carrying_out import alone, give_up, train_on
from .doctor import Doctor, adopt, caught_up, in_effect
from .findings import findings
from .inspect import ask
from .learn import find_rate, plan, set_up, threads
from .learning import Learning
from .measure import gives_probabilities, measure
from .planning import plan_of, tried_out
from .prepared import Prepared, prepare
from .proof import check_heal
from .repeat import check_repeat, is_left, repeat
from .reporting import write_report
from .request import check_request
from .run import Run
from .settle import Settled
from .wiring import look_over, refuse


def fit(
    data: Any,
    y: Any = None,
    *,
    target: str | Sequence[str] | None = None,
    network: str | Mapping[str, Any] | nn.Module | None = None,
    settings: Mapping[str, Any] | None = None,
    validation: Any = None,
    test: Any = None,
    out: str | Path | None = None,
    watchers: Sequence[Watcher] = (),
) -> Run:
    """Train a network on ``data`` and measure it: one run, in one folder.

    Args:
        data: a path, ``sample:NAME``, a DataFrame (pandas, polars, Arrow), or an array X of shape (N, ...).
        y: the target's values (N,), where ``data`` is an array X.
        target: the name of the target column, or several names, where ``data`` is a table.
        network: a catalogue name, such a name with options (``{"name": "mlp", "hidden": [64]}``), or a module of
            your own, which is trained in place: its ``forward`` takes the prepared columns as one tensor (B, D), or
            the blocks ``number``, ``category`` and ``boolean`` by keyword; it returns (B, outputs).
        settings: anything that ``ranvier train --set`` takes, dotted or nested: ``{"training.epochs": 20, "seed": 3}``.
        validation, test: rows given apart, like ``data``; what is not given is split off.
        out: the folder of the run, which must not be there yet; the default is ``runs/NAME-N``.
        watchers: look on while it trains.

    Returns:
        The run. ``print(run)`` says what was learnt.

    Raises:
        UserError: with a sentence for each thing that is wrong; no folder is left then.
        DivergedError: the loss was no longer finite. The run folder holds the last good weights and the finding.
        Interrupted: Ctrl-C; the run is saved, and ``resume`` goes on with it.
    """
    own = network if isinstance(network, nn.Module) else None
    spec = ask(data, target, network, settings)
    check_request(spec)
    if language.is_asked(spec):
        corpus = language.prepare(spec, _parts(data, y, validation, test))
        return language.start(spec, corpus, out=out, watchers=watchers)
    prepared = prepare(spec, _parts(data, y, validation, test))
    return start(spec, prepared, own=own, out=out, watchers=watchers)


@memory_of_card()
def start(
    spec: Spec,
    prepared: Prepared,
    *,
    own: nn.Module | None = None,
    out: str | Path | None = None,
    watchers: Sequence[Watcher] = (),
) -> Run:
    """Settle, build, make the folder, train and measure."""
    check_repeat(spec, own)
    if out is not None:
        files.check_free(Path(out))
    settled, learning = plan(spec, prepared, own)
    check_heal(settled.spec, prepared)
    settled = tried_out(settled, learning, lambda: set_up(settled.spec, prepared, copy.deepcopy(own)))
    with threads(settled.spec.execution.threads):
        if settled.spec.training.learning_rate == "find":
            settled = _with_rate(settled, find_rate(settled.spec, prepared, own))
            learning = set_up(settled.spec, prepared, own)
        refuse(look_over(settled.spec, prepared, learning), settled.spec.doctor.force)
        run_toml = files.run_toml(settled.spec, _record(spec, settled, prepared, own))
        folder = files.create(out, _name(prepared.table.origin), {"run.toml": run_toml}, prepared)
        _finish(folder, settled.spec, prepared, learning, watchers)
        return _repeated(folder, prepared, watchers)


@memory_of_card()
def resume(
    folder: str | Path,
    data: Any = None,
    y: Any = None,
    *,
    network: nn.Module | None = None,
    validation: Any = None,
    test: Any = None,
    watchers: Sequence[Watcher] = (),
) -> Run:
    """Go on with a run that was stopped or killed; it ends with the bytes that it would have had.

    Args:
        folder: of the run.
        data, y, validation, test: the data again, where it was given as Python objects; a hash tells whether it is.
        network: the module again, where it is your own.
        watchers: look on while it trains.

    Raises:
        RunError: the folder is no run, another process is at work on it, or the data is not the same.
    """
    folder = Path(folder)
    spec, record = files.read_run(folder)
    finished = (folder / files.MODEL).exists()
    if finished and not is_left(folder, spec):
        if spec.evaluation.report and _lacks_report(folder):
            write_report(folder)  # it is written last, and the run was killed just before
        return Run(folder)
    if data is None and spec.source is None:
        raise RunError(
            Mistake(
                f"{str(folder)!r} was started from Python objects",
                "the same data again",
                f"ranvier.resume({str(folder)!r}, data)",
            )
        )
    given = None if data is None else _parts(data, y, validation, test)
    if language.is_asked(spec):
        return language.resume(folder, spec, record, given, watchers)
    check_same(spec, record)
    prepared = prepare(spec, given, files.stored(folder, record))
    with threads(spec.execution.threads):
        if not finished:
            _go_on(folder, spec, prepared, network, watchers)
        return _repeated(folder, prepared, watchers)


def _go_on(
    folder: Path, spec: Spec, prepared: Prepared, own: nn.Module | None, watchers: Sequence[Watcher]
) -> Run:
    """Finish the run in ``folder``, from its checkpoint where there is one."""
    record = files.read_run(folder)[1]
    spec = in_effect(spec, prepared, record)
    learning = set_up(spec, prepared, own)
    if (folder / files.CHECKPOINT).exists():
        learning.state.load(folder / files.CHECKPOINT)
        learning = caught_up(learning, spec, prepared, record)
    else:
        look_over(spec, prepared, learning)
    return _finish(folder, spec, prepared, learning, watchers)


def _repeated(folder: Path, prepared: Prepared, watchers: Sequence[Watcher]) -> Run:
    """The finished run, trained from further seeds as well where that is asked for, with what was adopted."""
    spec, record = files.read_run(folder)
    if is_left(folder, spec):
        spec = in_effect(spec, prepared, record)

        def go_on(mine: Path, of_a_seed: Spec, prepared: Prepared) -> Run:
            return _go_on(mine, of_a_seed, prepared, None, watchers)

        repeat(folder, spec, prepared, go_on, watchers)
        if spec.evaluation.report:
            write_report(folder)
    return Run(folder)


def _lacks_report(folder: Path) -> bool:
    """Whether the run has been measured (one that diverged has not) and its report is not there."""
    return (folder / "metrics.json").exists() and not (folder / files.REPORT).exists()


def _finish(
    folder: Path, spec: Spec, prepared: Prepared, learning: Learning, watchers: Sequence[Watcher]
) -> Run:
    """Train from where the state stands, measure, and write what a run holds."""
    with alone(folder, learning.state):
        if isinstance(learning.batches, StreamBatches):
            learning.batches.keep(folder / files.STREAM)
        doctor, learning = _attended(folder, spec, prepared, learning, watchers)
        _write_results(folder, doctor, learning)
    return Run(folder)


def _attended(
    folder: Path, spec: Spec, prepared: Prepared, learning: Learning, watchers: Sequence[Watcher]
) -> tuple[Doctor, Learning]:
    """Train to the end while the doctor looks on and tries remedies; with each that is adopted it goes another way."""
    while True:
        doctor = Doctor(spec, prepared, files.read_run(folder)[1], learning)
        doctor.attend(learning.state)
        if doctor.change is None:
            train_on(folder, learning, plan_of(spec), [doctor, *watchers], doctor.waits)
            doctor.attend(learning.state)
        if doctor.change is None:
            return doctor, learning
        spec, learning = adopt(folder, doctor.change, learning, prepared)


def _write_results(folder: Path, doctor: Doctor, learning: Learning) -> None:
    """Measure the trained network, and write measure, findings, the model and, from all of these, the report."""
    state, spec, prepared = learning.state, doctor.spec, doctor.prepared
    base = base_of(spec, state.network)
    merge(state.network)
    model = Model(
        schema=prepared.schema,
        preparation=prepared.preparation,
        task=prepared.task,
        architecture=learning.architecture,
        network=state.network.cpu(),
        base=base,
    )
    if state.finding:
        model.card = {"warning": state.finding.cause}
        give_up(folder, doctor.found(state), lambda path: save(model, path), state.finding.code)
    measured = measure(spec, prepared, state.network)
    write_json(folder / "metrics.json", measured.metrics)
    write_text(folder / "predictions.csv", measured.predictions.write_csv())
    write_text(folder / "validation_predictions.csv", measured.validation_predictions.write_csv())
    found = findings(prepared, measured.metrics, spec.seed, spec.evaluation.without)
    files.write_findings(folder, by_gravity([*found, *doctor.found(state)]))
    model.card = {**_card(measured.metrics, prepared), "probabilities": gives_probabilities(spec)}
    model.temperature = measured.temperature
    if prepared.forecasts is None:
        model.profile = Profile.fit(prepared.frame("train"), prepared.schema, prepared.preparation)
    save(model, folder / files.MODEL)
    if isinstance(learning.batches, StreamBatches):
        totals = learning.batches.totals(state.step)
        write_json(folder / "ledger.json", {**prepared.ledger.as_dict(), "stream": totals})
    if spec.evaluation.report:
        write_report(folder)


def _with_rate(settled: Settled, rate: float) -> Settled:
    reasons = {**settled.reasons, "training.learning_rate": "found by the range test on the training rows"}
    return Settled(settled.spec.replace({"training.learning_rate": rate}), reasons)


def _parts(data: Any, y: Any, validation: Any, test: Any) -> Any:
    """What ``prepare`` reads: one source, or a mapping of parts."""
    whole = (data, y) if y is not None else data
    if validation is None and test is None:
        return whole
    return {"train": whole, "validation": validation, "test": test}


def _name(origin: str) -> str:
    """A folder's name for data of this origin.

    >>> _name("sample:digits"), _name("my data.csv.gz")
    ('digits', 'my-data')
    """
    stem = Path(origin.removeprefix("sample:")).name.split(".")[0]
    return "".join(c if c.isalnum() else "-" for c in stem).strip("-") or "run"


def _record(asked: Spec, settled: Settled, prepared: Prepared, own: nn.Module | None) -> dict[str, Any]:
    record: dict[str, Any] = {
        "origin": prepared.table.origin,
        "target": prepared.task.target,
        "fingerprint": prepared.table.fingerprint,
        "reasons": {**settled.reasons, "split": prepared.split.reason},
        "versions": {
            "ranvier": __version__,
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }
    record |= recorded(settled.spec)
    if own is not None:
        record["module"] = f"{type(own).__module__}.{type(own).__qualname__}"
    return record


def _card(metrics: Mapping[str, Any], prepared: Prepared) -> dict[str, Any]:
    return {
        "data": prepared.table.origin,
        "rows": metrics["rows"],
        "test": {name: each["test"] for name, each in metrics["targets"].items()}
        if "targets" in metrics
        else metrics["test"],
        "verdict": metrics["verdict"],
        "versions": {"ranvier": __version__, "torch": torch.__version__},
    }
