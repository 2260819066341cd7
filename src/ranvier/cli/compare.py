"""ranvier compare: two runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import Json, emit, say


def compare(
    a: Annotated[Path, typer.Argument(help="A run's folder.")],
    b: Annotated[Path, typer.Argument(help="Another one.")],
    target: Annotated[str | None, typer.Option("--target", help="Which of several targets.")] = None,
    as_json: Json = False,
) -> None:
    """Compare two runs: the settings that differ, their measures, and whether the difference is more than noise.

    \b
    Examples:
      ranvier compare runs/a runs/b
      ranvier compare runs/a runs/b --target price --json
    """
    from ..workflow.compare import compare as compared

    found = compared(a, b, target=target)
    if as_json:
        emit(found.as_dict())
    else:
        say(str(found))
