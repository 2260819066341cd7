"""ranvier runs: the runs below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import Json, emit, say, table


def runs(
    folder: Annotated[Path, typer.Argument(help="Where to look.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """List the runs below a folder, the newest last.

    \b
    Examples:
      ranvier runs
      ranvier runs experiments --json
    """
    from ..workflow.listing import list_runs

    found = list_runs(folder)
    if as_json:
        emit(found)
    elif not found:
        say(f"no runs below {folder}; 'ranvier train sample:iris' makes one")
    else:
        header = ("run", "data", "target", "network", "state", "test")
        say(table([header, *(tuple(row[name] or "" for name in header) for row in found)], indent=0))
