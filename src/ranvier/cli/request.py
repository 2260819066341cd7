"""The options that ``train`` and ``inspect`` share, and the settings that they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Source = Annotated[
    str | None,
    typer.Argument(
        help="A file (CSV, Parquet, JSON, Excel, ...), a folder or glob, a database, or sample:NAME."
    ),
]
Target = Annotated[
    list[str],
    typer.Option("--target", help="The column to learn. Repeatable, or NAME,NAME: several at once."),
]
Network = Annotated[str | None, typer.Option("--network", help="See: ranvier catalog networks.")]
Weights = Annotated[
    str | None,
    typer.Option("--weights", metavar="FILE", help="Weights that a network for pictures starts from."),
]
Begin = Annotated[
    str | None,
    typer.Option("--from", metavar="MODEL", help="A model file whose weights the training begins with."),
]
Base = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="BASE",
        help="Of a model that holds adapters, the model file that they are of.",
        show_default="where it was, or beside",
    ),
]
Task = Annotated[
    list[str],
    typer.Option(
        "--task",
        metavar="TASK or TARGET=TASK",
        help="classify, regress, count, ordinal or label (repeatable); generate or pretrain, for plain text.",
    ),
]
Kinds = Annotated[
    list[str], typer.Option("--kind", metavar="COLUMN=KIND", help="Override a column's kind. Repeatable.")
]
Roles = Annotated[
    list[str],
    typer.Option(
        "--role", metavar="COLUMN=ROLE", help="input, group, time, weight, part or ignored. Repeatable."
    ),
]
Validation = Annotated[str | None, typer.Option("--validation", help="Validation rows given apart.")]
Test = Annotated[str | None, typer.Option("--test", help="Test rows given apart.")]
Config = Annotated[
    Path | None, typer.Option("--config", help="Settings from a TOML file; another run's run.toml will do.")
]
Sets = Annotated[
    list[str],
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Any setting, such as training.optimizer=momentum. Repeatable."
    ),
]
Slices = Annotated[
    list[str],
    typer.Option(
        "--slices", metavar="COLUMN", help="Show the measure for each group of this column. Repeatable."
    ),
]
Plan = Annotated[
    str | None,
    typer.Option("--plan", help="exact pins plain PyTorch in 32-bit numbers.", show_default="fast"),
]
Seed = Annotated[int | None, typer.Option("--seed", help="The one source of randomness.", show_default="0")]
Epochs = Annotated[
    int | None, typer.Option("--epochs", help="At most so many passes over the training rows.")
]
Time = Annotated[str | None, typer.Option("--time", help="Train for so long: 60s, 5m, 1h.")]


def settings(
    config: Path | None,
    sets: list[str],
    kinds: list[str],
    roles: list[str],
    **named: Any,
) -> dict[str, Any]:
    """Settings from the options of a command line; what is said later wins: file, named options, ``--set``.

    Args:
        config: a TOML file.
        sets: texts ``KEY=VALUE``.
        kinds, roles: texts ``COLUMN=KIND`` and ``COLUMN=ROLE``.
        named: settings with ``__`` for the dot; None is not given.
    """
    from ..errors import Mistake, SpecError, raise_if_any
    from ..settings import merge, nest, parse_setting, read_toml

    asked: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    targets, tasks = named.pop("target", []), named.pop("task", [])
    if targets:
        named["target"] = targets[0] if len(targets) == 1 else list(targets)
    if tasks:
        named["task"] = _tasks(tasks, mistakes)
    if config:
        asked = read_toml(config)
        asked.pop("record", None)
    given = {name.replace("__", "."): value for name, value in named.items() if value is not None}
    asked = merge(asked, nest(given))
    for what, texts in (("kind", kinds), ("role", roles)):
        for text in texts:
            column, equals, word = text.rpartition("=")
            if equals and column:
                asked = merge(asked, {"columns": {column: {what: word}}})
            else:
                mistakes.append(Mistake(f"--{what} {text!r} names no {what}", f"COLUMN={what.upper()}"))
    for text in sets:
        try:
            asked = merge(asked, nest(dict([parse_setting(text)])))
        except SpecError as error:
            mistakes += error.mistakes
    raise_if_any(SpecError, mistakes)
    return asked


def _tasks(texts: list[str], mistakes: list[Any]) -> str | dict[str, str]:
    """One task for all targets, or one for each that is named."""
    from ..errors import Mistake

    if len(texts) == 1 and "=" not in texts[0]:
        return texts[0]
    mistakes += [
        Mistake(f"--task {text!r} names no target, and there are several", "TARGET=TASK")
        for text in texts
        if "=" not in text
    ]
    return {text.rpartition("=")[0]: text.rpartition("=")[2] for text in texts if "=" in text}
