"""A live line while a network trains; a line of JSON an epoch for programs; nothing where nobody looks."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .output import emit

FRAMES = 5
"""So often a second the live line is drawn: a frame takes the processor about a millisecond."""


class News:
    """Gives each finding of a training once, and each remedy that was adopted."""

    def __init__(self) -> None:
        self.told: set[str] = set()

    def of(self, state: Any) -> list[dict[str, Any]]:
        """Those that were not given before."""
        every = [*state.noticed.get("healed", []), *state.noticed.get("findings", [])]
        new = [each for each in every if each["code"] + each["remedy"] not in self.told]
        self.told |= {each["code"] + each["remedy"] for each in new}
        return new


class JsonLines:
    """A line of JSON an epoch."""

    epochs_suffice = True

    def __init__(self) -> None:
        self.news = News()

    def on_step(self, state: Any, batch: Any, loss: float) -> None:
        """Nothing."""

    def on_epoch(self, state: Any, line: Mapping[str, Any]) -> None:
        """Print what history holds of the epoch, and what was noticed since the last one."""
        emit({"event": "epoch", **line})
        for finding in self.news.of(state):
            emit({"event": "finding", **finding})


class Silent:
    """Nothing: the output is not a terminal."""

    epochs_suffice = True

    def on_step(self, state: Any, batch: Any, loss: float) -> None:
        """Nothing."""

    def on_epoch(self, state: Any, line: Mapping[str, Any]) -> None:
        """Nothing."""


class LiveLine:
    """One line on the terminal that says how far the training is and how well it goes."""

    epochs_suffice = True

    def __init__(self, bar: Any) -> None:
        self.bar = bar
        self.task = bar.add_task("training", total=None, measured="")
        self.measured = ""
        self.due = 0.0
        self.news = News()

    def on_step(self, state: Any, batch: Any, loss: float) -> None:
        """Move the line, as often as it is drawn."""
        now = time.monotonic()
        if now >= self.due:
            self.due = now + 1 / FRAMES
            measured = f"loss {loss:.4f}{self.measured}"
            self.bar.update(
                self.task, completed=state.step, description=f"epoch {state.epoch + 1}", measured=measured
            )

    def on_epoch(self, state: Any, line: Mapping[str, Any]) -> None:
        """Show what was measured on the validation rows."""
        self.measured = "".join(
            f"  validation {name} {value:.4f}" for name, value in line["validation"].items()
        )
        self.bar.update(self.task, completed=state.step, description=f"epoch {state.epoch}")
        for finding in self.news.of(state):
            told = "{code} {severity}, {place}: {cause} {remedy}".format_map(finding)
            self.bar.console.print(told, markup=False, highlight=False)
        if state.finished:
            self.bar.update(
                self.task, completed=state.step, description="measuring beside the baselines", measured=""
            )


def columns() -> list[Any]:
    """What the live line consists of."""
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    return [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("step {task.completed:,.0f}"),
        TextColumn("{task.fields[measured]}"),
        TimeElapsedColumn(),
    ]


@contextmanager
def progress(as_json: bool) -> Iterator[Any]:
    """The watcher that suits the output."""
    if as_json:
        yield JsonLines()
    elif not sys.stderr.isatty():
        yield Silent()
    else:
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True)
        with Progress(*columns(), console=console, transient=True, refresh_per_second=FRAMES) as bar:
            yield LiveLine(bar)


@contextmanager
def reading(source: str, as_json: bool) -> Iterator[None]:
    """Say that the data is being read, for as long as that takes."""
    if as_json or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    from ..settings import masked

    with Console(stderr=True).status(f"reading {masked(source)}"):
        yield
