"""ranvier evaluate: how good a model is on rows whose target is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import request
from .output import Json, emit, say


def evaluate(
    model: Annotated[Path, typer.Argument(help="A model file, such as runs/a/model.rv.")],
    source: Annotated[str, typer.Argument(help="Rows with the target.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="The report: a file .html or .md, or a new folder for it and its numbers."
        ),
    ] = None,
    slices: request.Slices = [],  # noqa: B006 (typer wants a plain default)
    base: request.Base = None,
    as_json: Json = False,
) -> None:
    """Measure a model on rows whose target is known, and say how they differ from the training rows.

    \b
    Examples:
      ranvier evaluate runs/a/model.rv test.csv
      ranvier evaluate runs/a/model.rv test.csv --out report.html
      ranvier evaluate runs/a/model.rv test.csv --json
      ranvier evaluate runs/a/model.rv test.csv --slices sex
      ranvier evaluate runs/hamlet-1/model.rv macbeth.txt
    """
    from ..workflow.evaluate import evaluate as measure

    evaluation = measure(model, source, slices=slices, out=out, base=base)
    if as_json:
        emit(evaluation.as_dict())
    else:
        say(str(evaluation))
