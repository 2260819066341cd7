"""The runs below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import RanvierError
from .run import Run


def list_runs(folder: str | Path) -> list[dict[str, Any]]:
    """A row for each run below ``folder``, the oldest first: folder, data, target, network, state, main metric."""
    found = sorted(Path(folder).rglob("run.toml"), key=lambda path: (path.stat().st_mtime, str(path)))
    return [_row(path.parent) for path in found if not _is_hidden(path) and not _is_of_a_seed(path.parent)]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts[1:])


def _is_of_a_seed(run: Path) -> bool:
    """Whether a run was trained for the spread of another one, in whose folder it is."""
    return run.parent.name == "seeds" and (run.parent.parent / "run.toml").exists()


def _row(folder: Path) -> dict[str, Any]:
    try:
        run = Run(folder)
    except RanvierError as error:
        return {
            "run": str(folder),
            "data": None,
            "target": None,
            "network": None,
            "state": f"unreadable: {error}",
            "test": None,
        }
    state, test = ("finished" if run.finished else "unfinished"), None
    if (folder / "metrics.json").exists():
        told = []
        for target, each in (run.metrics.get("targets") or {"": run.metrics}).items():
            value = each["test"].get(each["metric"], {}).get("value")
            told += [] if value is None else [f"{target} {each['metric']} {value:.4g}".strip()]
        test = ", ".join(told) or None
    elif run.finished:
        state = "diverged"
    network = run.spec.network.name if run.spec.network else None
    return {
        "run": str(folder),
        "data": run.record.get("origin"),
        "target": run.record.get("target"),
        "network": network,
        "state": state,
        "test": test,
    }
