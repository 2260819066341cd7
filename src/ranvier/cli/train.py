"""ranvier train: from data to a trained, measured, saved network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from . import request
from .output import Json, emit, say


def train(
    source: request.Source = None,
    target: request.Target = [],  # noqa: B006 (typer wants a plain default)
    network: request.Network = None,
    weights: request.Weights = None,
    begin: request.Begin = None,
    task: request.Task = [],  # noqa: B006
    kinds: request.Kinds = [],  # noqa: B006 (typer wants a plain default)
    roles: request.Roles = [],  # noqa: B006
    validation: request.Validation = None,
    test: request.Test = None,
    epochs: request.Epochs = None,
    time: request.Time = None,
    seed: request.Seed = None,
    repeat: Annotated[
        int | None,
        typer.Option(
            "--repeat", help="Train from so many seeds on the same rows, for the spread.", show_default="1"
        ),
    ] = None,
    plan: request.Plan = None,
    config: request.Config = None,
    sets: request.Sets = [],  # noqa: B006
    heal: Annotated[
        bool, typer.Option("--heal", help="Go on with a remedy that has helped in a trial.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Train what the checks call an error.")] = False,
    slices: request.Slices = [],  # noqa: B006
    out: Annotated[
        Path | None, typer.Option("--out", help="The run's folder.", show_default="runs/NAME-N")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="RUN", help="Go on with a run that was stopped.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a network on a table, measure it beside baselines, and save it.

    \b
    Examples:
      ranvier train titanic.csv --target survived
      ranvier train sample:digits --set training.optimizer=momentum --seed 3 --out runs/a
      ranvier train houses.csv --target price --time 60s --kind zip=category
      ranvier train sample:wine --repeat 5
      ranvier train hamlet.txt --task generate
      ranvier train letters.txt --task pretrain --out runs/read
      ranvier train reviews.csv --from runs/read/model.rv
      ranvier train --resume runs/a
    """
    asked = request.settings(
        config,
        sets,
        kinds,
        roles,
        source=source,
        target=target,
        network=network,
        training__weights=weights,
        start__model=begin,
        task=task,
        validation=validation,
        test=test,
        training__epochs=epochs,
        training__time=time,
        seed=seed,
        repeat=repeat,
        evaluation__slices=slices or None,
        execution__plan=plan,
        doctor__heal=heal or None,
        doctor__force=force or None,
    )
    from .progress import progress

    if resume is not None:
        from ..errors import Mistake, SpecError
        from ..workflow.fit import resume as go_on

        if asked or out is not None:
            raise SpecError(
                Mistake(
                    "--resume goes on with a run as it was asked for",
                    "--resume RUN alone",
                    "start a new run to change its settings",
                )
            )
        with progress(as_json) as watcher:
            run = go_on(resume, watchers=[watcher])
    else:
        run = _start(asked, out, as_json)
    _report(run, as_json)


def _start(asked: dict[str, Any], out: Path | None, as_json: bool) -> Any:
    from ..errors import Mistake, SpecError
    from ..spec import Spec
    from .progress import progress, reading

    spec = Spec.from_settings(asked)
    if spec.source is None:
        raise SpecError(
            Mistake(
                "there is nothing to train on",
                "a file or sample:NAME",
                "for example: ranvier train sample:iris",
            )
        )
    with reading(spec.source, as_json):
        from ..workflow import language
        from ..workflow.fit import start
        from ..workflow.folder import check_free
        from ..workflow.prepared import prepare
        from ..workflow.request import check_request

        if out is not None:
            check_free(out)
        if language.is_asked(spec):
            corpus = language.prepare(spec)
        else:
            corpus = None
            check_request(spec)
            prepared = prepare(spec)
    if not as_json:
        from ..workflow.summary import data_lines

        say("\n".join(data_lines(prepared) if corpus is None else corpus.lines()))
    with progress(as_json) as watcher:
        if corpus is not None:
            return language.start(spec, corpus, out=out, watchers=[watcher])
        return start(spec, prepared, out=out, watchers=[watcher])


def _report(run: Any, as_json: bool) -> None:
    if as_json:
        emit({"event": "done", "run": str(run.folder), "model": str(run.folder / "model.rv"), **run.metrics})
    else:
        say(str(run))
