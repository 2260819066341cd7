"""ranvier predict: answers for new rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from . import request
from .output import Json, emit, say


def predict(
    model: Annotated[Path, typer.Argument(help="A model file, such as runs/a/model.rv.")],
    source: Annotated[str, typer.Argument(help="The new rows.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="A CSV file to write.", show_default="the terminal")
    ] = None,
    base: request.Base = None,
    as_json: Json = False,
) -> None:
    """Predict new rows, in their order: a column named after the target, then TARGET=CLASS probabilities.

    \b
    Examples:
      ranvier predict runs/a/model.rv new.csv --out predictions.csv
      ranvier predict runs/a/model.rv new.csv --json
      ranvier predict adapters.rv new.csv --from base.rv
    """
    from ..data.ledger import Ledger
    from ..data.stream import larger_than_memory
    from ..delivery.file import load
    from ..files import write_text

    ledger, answering = Ledger(), load(model, base=base)
    if not as_json and (stream := larger_than_memory(source)) is not None:
        count = _block_by_block(answering.predict_stream(stream, ledger), out)
        _say_ledger(ledger)
        if out is not None:
            say(f"{count:,} predictions written to {out}")
        return
    predictions = answering.predict(source, ledger)
    if out is not None:
        write_text(out, predictions.write_csv())
    _say_ledger(ledger)
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


def _block_by_block(predictions: Iterator[Any], out: Path | None) -> int:
    """Write predictions as they come, to a file that is there when all is written, or to the terminal; their number."""
    from ..files import writing

    count = 0
    with nullcontext(sys.stdout.buffer) if out is None else writing(out) as file:
        for frame in predictions:
            frame.write_csv(file, include_header=count == 0)
            count += len(frame)
    return count


def _say_ledger(ledger: Any) -> None:
    for entry in ledger.entries:
        sys.stderr.write(f"{entry}\n")
