"""ranvier predict: answers for new rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .output import Json, emit, say


def predict(
    model: Annotated[Path, typer.Argument(help="A model file, such as runs/a/model.rv.")],
    source: Annotated[str, typer.Argument(help="The new rows.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="A CSV file to write.", show_default="the terminal")
    ] = None,
    as_json: Json = False,
) -> None:
    """Predict new rows, in their order: a column named after the target, then TARGET=CLASS probabilities.

    \b
    Examples:
      ranvier predict runs/a/model.rv new.csv --out predictions.csv
      ranvier predict runs/a/model.rv new.csv --json
    """
    from ..data.ledger import Ledger
    from ..delivery.file import load
    from ..files import write_text

    ledger = Ledger()
    predictions = load(model).predict(source, ledger)
    if out is not None:
        write_text(out, predictions.write_csv())
    for entry in ledger.entries:
        sys.stderr.write(f"{entry}\n")
    if as_json:
        rows = {} if out is not None else {"predictions": predictions.to_dicts()}
        emit(
            {
                "event": "done",
                "rows": len(predictions),
                "out": out and str(out),
                "ledger": ledger.as_dict(),
                **rows,
            }
        )
    elif out is not None:
        say(f"{len(predictions):,} predictions written to {out}")
    else:
        sys.stdout.write(predictions.write_csv())
