"""Plans that were measured before, on this machine: a file in the user's cache."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from ..files import write_json
from .plan import Plan
from .trial import Verdict

MOST = 1000
"""So many plans are kept; the oldest go."""


def place() -> Path:
    """The file: ``plans.json`` in ``ranvier`` below ``XDG_CACHE_HOME``, or below ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ranvier" / "plans.json"


def key(shape: Mapping[str, Any]) -> str:
    """A name for trainings of this shape on this machine: its processor, its cores, and the release of torch.

    Args:
        shape: JSON values that say how large a step is, and what was left open.
    """
    machine = [_processor(), os.cpu_count(), torch.__version__]
    text = json.dumps([machine, shape], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def recall(name: str) -> Verdict | None:
    """The verdict on trainings of that name, or None where there is none that can be read."""
    found = _read().get(name)
    try:
        if found is None:
            return None
        return Verdict(Plan.from_dict(found["plan"]), str(found["reason"]), float(found["seconds"]))
    except (KeyError, TypeError, ValueError):
        return None


def remember(name: str, verdict: Verdict) -> None:
    """Keep a verdict. Where the file cannot be written, the next training is measured again."""
    kept = {**_read(), name: asdict(verdict)}
    newest = dict(list(kept.items())[-MOST:])
    with suppress(OSError):
        place().parent.mkdir(parents=True, exist_ok=True)
        write_json(place(), newest)


def _read() -> dict[str, Any]:
    try:
        read = json.loads(place().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line
    return platform.processor()
