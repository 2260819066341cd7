"""What the verbs print: sentences for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]


def say(text: str = "") -> None:
    """Print a line for a person."""
    sys.stdout.write(text + "\n")


def emit(value: Any) -> None:
    """Print one line of JSON for a program."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def fail(mistakes: Sequence[object], exit_code: int, as_json: bool) -> int:
    """Print what went wrong, on stderr for people and on stdout as JSON for programs; gives the exit code."""
    sentences = [str(mistake) for mistake in mistakes]
    if as_json:
        emit({"event": "error", "errors": sentences, "exit_code": exit_code})
    else:
        sys.stdout.flush()
        for sentence in sentences:
            sys.stderr.write(f"ranvier: {sentence}\n")
    return exit_code


def table(rows: Sequence[Sequence[object]], indent: int = 2) -> str:
    """Columns of text, each as wide as its widest cell.

    >>> print(table([("age", "number"), ("sex", "category")], indent=0))
    age  number
    sex  category
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))] if cells else []
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells)
    return "\n".join(" " * indent + line for line in lines)
