"""What happened, epoch by epoch, as lines of JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..data.batches import Batch
from ..errors import RunError
from ..files import cannot_write, write_text
from .state import State


class History:
    """Writes ``history.jsonl``, which holds no clock times, and ``timing.jsonl``, which holds them.

    A run that is resumed first brings ``history.jsonl`` back to where its checkpoint stands.
    """

    def __init__(self, folder: Path, state: State) -> None:
        self.history, self.timing = folder / "history.jsonl", folder / "timing.jsonl"
        self.steps = 0
        self.since = time.monotonic()
        write_text(self.history, "".join(_line(entry) for entry in state.history))
        self._append(self.timing, {"event": "start", "step": state.step, "at": _now()})

    def on_step(self, state: State, batch: Batch, loss: float) -> None:
        """Count the step."""
        self.steps += 1

    def on_epoch(self, state: State, line: Mapping[str, Any]) -> None:
        """Write a line to each file."""
        self._append(self.history, line)
        now = time.monotonic()
        seconds = round(now - self.since, 4)
        timing = {
            "event": "epoch",
            "epoch": line["epoch"],
            "step": state.step,
            "seconds": seconds,
            "steps_here": self.steps,
        }
        self._append(self.timing, timing)
        self.since = now

    def _append(self, path: Path, entry: Mapping[str, Any]) -> None:
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(_line(entry))
        except OSError as error:
            raise RunError(cannot_write(path, error)) from error


def read_history(path: Path) -> Sequence[dict[str, Any]]:
    """The whole lines of a history file; a last line cut off by a kill is not one."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def _line(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry) + "\n"


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
