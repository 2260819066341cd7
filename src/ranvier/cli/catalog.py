"""ranvier catalog: everything that can be named."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .output import Json, emit, say, table


def catalog(
    name: Annotated[
        str | None, typer.Argument(help="networks, optimizers, losses, ...; none lists the catalogues.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            help="Draw it into a page: activations, initializers, losses, optimizers, schedules.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List what can be named in a setting, with its options and their defaults.

    \b
    Examples:
      ranvier catalog
      ranvier catalog optimizers
      ranvier catalog losses --json
      ranvier catalog activations --plot activations.html
    """
    from ..catalog import CATALOGUES
    from ..errors import Mistake, SpecError, did_you_mean

    if plot is not None:
        from ..files import write_text
        from ..insight.gallery import page

        if name is None:
            raise SpecError(
                Mistake("--plot draws one catalogue", "its name: ranvier catalog activations --plot FILE")
            )
        write_text(plot, page(name))
        if as_json:
            emit({"event": "done", "catalog": name, "page": str(plot)})
        else:
            say(f"written to {plot}")
        return
    if name is None:
        listing = {catalogue: list(members) for catalogue, members in CATALOGUES.items()}
        if as_json:
            emit(listing)
        else:
            say(table([(catalogue, ", ".join(members)) for catalogue, members in listing.items()], indent=0))
        return
    if name not in CATALOGUES:
        raise SpecError(
            Mistake(f"there is no catalogue called {name!r}", remedy=did_you_mean(name, CATALOGUES))
        )
    members = [_describe(name, member) for member in CATALOGUES[name]]
    if as_json:
        emit({name: members})
        return
    for member in members:
        options = ", ".join(f"{key}={value}" for key, value in member["options"].items())
        say(f"{member['name']}: {member['summary']}" + (f"\n    {options}" if options else ""))


def _describe(catalogue: str, name: str) -> dict[str, Any]:
    """One member: its name, the first line of its docstring, its options."""
    from ..catalog import CATALOGUES, load
    from ..options import defaults

    if catalogue == "samples":
        return {"name": name, "summary": CATALOGUES[catalogue][name], "options": {}}
    member = load(catalogue, name)
    summary = getattr(member, "summary", None) or (member.__doc__ or "").strip().splitlines()[0]
    options = (
        defaults(catalogue, name)
        if callable(member) and catalogue not in ("metrics", "kinds", "tasks")
        else {}
    )
    return {"name": name, "summary": summary, "options": options}
