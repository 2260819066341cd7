"""ranvier inspect: what would be read, split and built; trains nothing."""

from __future__ import annotations

from . import request
from .output import Json, emit, say


def inspect(
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
    """Show kinds, ledger, split, problems and the network that would be built. Trains nothing.

    \b
    Examples:
      ranvier inspect titanic.csv --target survived
      ranvier inspect sample:wine --json
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
    from ..workflow.inspect import inspect as look
    from .progress import reading

    with reading(str(asked.get("source", "")), as_json):
        inspection = look(None, settings=asked)
    if as_json:
        emit(inspection.as_dict())
    else:
        say(str(inspection))
