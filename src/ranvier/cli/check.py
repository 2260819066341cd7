"""ranvier check: what is wrong with the data, the network, the loss and the optimizer, before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from ..finding import Finding
from . import request
from .output import Json, emit, say


def check(
    source: request.Source = None,
    target: request.Target = [],  # noqa: B006 (typer wants a plain default)
    network: request.Network = None,
    task: request.Task = [],  # noqa: B006
    kinds: request.Kinds = [],  # noqa: B006 (typer wants a plain default)
    roles: request.Roles = [],  # noqa: B006
    validation: request.Validation = None,
    test: request.Test = None,
    epochs: request.Epochs = None,
    time: request.Time = None,
    seed: request.Seed = None,
    plan: request.Plan = None,
    config: request.Config = None,
    sets: request.Sets = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Look for faults in the data and the wiring of a network before it trains. Exit code 2 where there is an error.

    \b
    Examples:
      ranvier check titanic.csv --target survived
      ranvier check sample:wine --network mlp --json
    """
    asked = request.settings(
        config,
        sets,
        kinds,
        roles,
        source=source,
        target=target,
        network=network,
        task=task,
        validation=validation,
        test=test,
        training__epochs=epochs,
        training__time=time,
        seed=seed,
        execution__plan=plan,
    )
    _show(asked, as_json)


def _show(asked: dict[str, object], as_json: bool) -> None:
    from ..workflow.check import check as look
    from ..workflow.summary import data_lines
    from .progress import reading

    with reading(str(asked.get("source", "")), as_json):
        prepared, found = look(None, settings=asked)
    if as_json:
        emit({"origin": prepared.table.origin, "findings": [finding.as_dict() for finding in found]})
    else:
        say("\n".join([*data_lines(prepared), *(f"  finding   {finding}" for finding in found)]))
        say(f"{_counts(found)} in the data, the network, the loss and the optimizer")
    if any(finding.severity == "error" for finding in found):
        raise typer.Exit(2)


def _counts(found: Sequence[Finding]) -> str:
    """How many findings there are of each severity.

    >>> _counts([])
    'nothing was noticed'
    """
    words = {"error": "error", "warning": "warning", "info": "thing worth knowing"}
    many = {"error": "errors", "warning": "warnings", "info": "things worth knowing"}
    counts = {name: sum(finding.severity == name for finding in found) for name in words}
    told = [f"{count} {words[name] if count == 1 else many[name]}" for name, count in counts.items() if count]
    return ", ".join(told) or "nothing was noticed"
