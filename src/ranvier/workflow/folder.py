"""The folder of a run: what is in it, how it comes to be, and how it is read.

run.toml                what was asked, with everything settled; [record] says why, with what, and on what data
schema.json             kind and role of each column, with the reason
ledger.json             what became of each row, column and cell that was not used as it stood
split.csv               the part of each row
history.jsonl           one line an epoch, without clock times: the same seed gives the same bytes
before-N.jsonl          the history of what was trained before a remedy was adopted
timing.jsonl            one line an epoch: seconds, and steps of this sitting
checkpoint.safetensors  the state of the training
stream.jsonl            of a streamed table: where the rows of which blocks began to be drawn, and what became of them
findings.json           what was noticed
metrics.json            the measure on validation and test rows, beside the baselines
predictions.csv         the test rows' predictions
validation_predictions.csv  the validation rows'
model.rv                the model
seeds/SEED              where it is trained again: a run of each further seed
spread.json             where it is trained again: the measure over all seeds
together.json           why the further seeds are trained as one program, where they are
report.html             all of this as one page
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from ..data.split import write_split
from ..errors import Mistake, RunError
from ..files import cannot_write, write_json, write_text
from ..finding import Finding
from ..settings import masked
from ..spec import Spec, read_toml
from .prepared import Prepared, Stored

CHECKPOINT = "checkpoint.safetensors"
MODEL = "model.rv"
REPORT = "report.html"
SPREAD = "spread.json"
TOGETHER = "together.json"
STREAM = "stream.jsonl"


def create(
    out: str | Path | None, name: str, files: Mapping[str, str], prepared: Prepared | None = None
) -> Path:
    """Make the folder of a new run, whole or not at all.

    Args:
        out: where; None takes the next free ``runs/NAME-1``, ``runs/NAME-2``, ...
        name: of the data, for the name of the folder.
        files: texts to put into it.
        prepared: its schema, ledger and split are stored; None where they are among ``files``.

    Raises:
        RunError: ``out`` is there already, or cannot be written.
    """
    wanted = Path(out) if out is not None else None
    parent = wanted.parent if wanted is not None else Path("runs")
    if wanted is not None:
        check_free(wanted)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=parent, prefix=".new-run-"))
        try:
            new.chmod(0o755)
            if prepared is not None:
                write_json(new / "schema.json", prepared.schema.as_dict())
                write_json(new / "ledger.json", prepared.ledger.as_dict())
                write_split(new / "split.csv", prepared.split, prepared.table)
            for file, text in files.items():
                write_text(new / file, text)
            return _rename(new, wanted) if wanted is not None else _rename_to_next(new, parent, name)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
    except OSError as error:
        raise RunError(cannot_write(wanted or parent, error)) from error


def check_free(out: Path) -> None:
    """Refuse a folder that is in use already.

    Raises:
        RunError: ``out`` is a file, or a folder with something in it.
    """
    if (out / "run.toml").exists():
        raise RunError(
            Mistake(
                f"{str(out)!r} holds a run already",
                "a folder that is not there yet",
                f"go on with it (ranvier train --resume {out}), or name another folder",
            )
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RunError(
            Mistake(f"{str(out)!r} is there already and is no run", "a folder that is not there yet")
        )


def _rename(new: Path, wanted: Path) -> Path:
    try:
        return new.rename(wanted)
    except OSError:
        check_free(wanted)  # somebody else was quicker
        raise


def _rename_to_next(new: Path, parent: Path, name: str) -> Path:
    number = 1
    while True:
        wanted = parent / f"{name}-{number}"
        if not wanted.exists():
            try:
                return new.rename(wanted)
            except OSError:
                if not wanted.exists():
                    raise
        number += 1


def run_toml(spec: Spec, record: Mapping[str, Any]) -> str:
    """The text of ``run.toml``, which ``ranvier train --config`` takes as well. No password of a database is in it."""
    settings = spec.settings()
    for name in ("source", "validation", "test"):
        if name in settings:
            settings[name] = masked(settings[name])
    return tomli_w.dumps({**settings, "record": dict(record)})


def seed_folder(folder: Path, seed: int) -> Path:
    """Where the run of a further seed is."""
    return folder / "seeds" / str(seed)


def read_run(folder: Path) -> tuple[Spec, dict[str, Any]]:
    """The settled spec of a run and its record.

    Raises:
        RunError: the folder is no run.
    """
    if not (folder / "run.toml").is_file():
        raise RunError(
            Mistake(
                f"{str(folder)!r} is no run",
                "a folder with a run.toml in it",
                "'ranvier runs' lists the runs below a folder",
            )
        )
    settings = read_toml(folder / "run.toml")
    record = settings.pop("record", {})
    return Spec.from_settings(settings), record


def stored(folder: Path, record: Mapping[str, Any]) -> Stored:
    """What a resumed run must find again."""
    from ..data.schema import Schema

    return Stored(
        Schema.from_dict(read_json(folder / "schema.json")), folder / "split.csv", str(record["fingerprint"])
    )


def read_json(path: Path) -> Any:
    """A JSON file of a run.

    Raises:
        RunError: it is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(
            Mistake(
                f"there is no {str(path)!r}",
                "a run that has been measured",
                "go on with it: ranvier train --resume FOLDER",
            )
        ) from None
    except ValueError as error:
        raise RunError(Mistake(f"{str(path)!r} is damaged ({error})", "JSON")) from error


def write_findings(folder: Path, findings: list[Finding]) -> None:
    """Write ``findings.json``."""
    write_json(folder / "findings.json", [finding.as_dict() for finding in findings])
