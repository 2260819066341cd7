"""ranvier report: a run as one page, as plain text, or as a PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import Json, emit, say

FORMATS = ("html", "md", "pdf")


def report(
    run: Annotated[Path, typer.Argument(help="A run's folder, such as runs/a.")],
    format_: Annotated[
        str, typer.Option("--format", help="html, md, or pdf where Chromium, Chrome or Edge is installed.")
    ] = "html",
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where to write it.", show_default="RUN/report.FORMAT"),
    ] = None,
    miss_cost: Annotated[
        float | None,
        typer.Option(
            "--miss-cost",
            help="Of two classes: what a missed row of the second costs; a false alarm costs 1.",
        ),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    as_json: Json = False,
) -> None:
    """Write the report of a run anew: one page that needs no network, plain text, or a PDF.

    \b
    Examples:
      ranvier report runs/a --open
      ranvier report runs/a --format md
      ranvier report runs/a --format pdf
      ranvier report runs/a --miss-cost 10 --out report.html
    """
    from ..errors import Mistake, SpecError, raise_if_any
    from ..files import write_bytes
    from ..insight import report as made

    wrong = []
    if format_ not in FORMATS:
        wrong.append(Mistake(f"--format is {format_!r}", "html, md or pdf"))
    if miss_cost is not None and not 0 < miss_cost < float("inf"):
        wrong.append(Mistake(f"--miss-cost is {miss_cost:g}", "a number above 0"))
    if open_ and format_ == "md":
        wrong.append(Mistake("--open opens the page", "--format html or pdf"))
    raise_if_any(SpecError, wrong)
    contents = made.read(run)
    if format_ == "md":
        content = made.markdown(contents).encode()
        if out is None and not as_json:
            say(content.decode().rstrip())
            return
    else:
        page = made.page(contents, miss_cost)
        content = made.pdf(page) if format_ == "pdf" else page.encode()
    path = out if out is not None else run / f"report.{format_}"
    write_bytes(path, content)
    if as_json:
        emit({"event": "done", "run": str(run), "report": str(path)})
    else:
        say(f"written to {path}")
    if open_:
        typer.launch(path.resolve().as_uri())
