"""The report of an evaluation: the same page as a run's, of new rows, and how these differ from the training rows."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch

from ..data.table import Table
from ..delivery.model import Model
from ..errors import RunError
from ..files import cannot_write, write_json, write_text
from ..insight.report import Contents, markdown, page
from ..insight.report.contents import of_targets, predictions_of
from ..insight.report.layers import network_of
from ..version import __version__
from .evaluation import Evaluation

THEN = "test rows of the training"


def is_page(out: str | Path) -> bool:
    """Whether a place names a page rather than a folder."""
    return Path(out).suffix in (".html", ".md")


def write_evaluation(found: Evaluation, model: Model, table: Table, command: str, out: Path) -> Path:
    """Write the report of an evaluation; gives the path of the page.

    Args:
        found: what was measured.
        model: the model.
        table: the rows.
        command: that repeats it.
        out: a file ``.html`` or ``.md``, or a folder that is not in use.

    Raises:
        RunError: the place cannot be written.
    """
    contents = contents_of(found, model, table, command)
    text = markdown(contents) if out.suffix == ".md" else page(contents)
    if is_page(out):
        write_text(out, text)
        return out
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(cannot_write(out, error)) from error
    write_json(out / "metrics.json", contents.metrics)
    write_json(out / "ledger.json", contents.ledger)
    write_json(out / "drift.json", contents.drift)
    write_text(out / "predictions.csv", found.predictions.write_csv())
    write_text(out / "report.html", text)
    return out / "report.html"


def contents_of(found: Evaluation, model: Model, table: Table, command: str) -> Contents:
    """What the page is made from."""
    task = model.task
    then = model.card.get("test", {})
    metrics: dict[str, Any] = {
        "task": task.name,
        "validation": {},
        "rows": found.rows,
        "verdict": found.verdict,
        **found.details,
        **_beside(found.test, then),
    }
    if targets := found.details.get("targets"):
        metrics["targets"] = {
            name: {**each, "validation": {}, **_beside(each["test"], then.get(name, {}))}
            for name, each in targets.items()
        }
    versions = {
        "ranvier": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
    several, forecast = "targets" in metrics, "forecast" in metrics
    contents = Contents(
        settings={},
        record={
            "origin": table.origin,
            "target": task.target,
            "fingerprint": table.fingerprint,
            "versions": versions,
        },
        run_toml="",
        schema=model.schema.as_dict()["columns"],
        ledger=found.ledger.as_dict(),
        history=[],
        findings=[],
        metrics=metrics,
        network=network_of(model),
        test=None if several or forecast else predictions_of(found.predictions, metrics),
        validation=None,
        drift=found.drift.as_dict() if found.drift else {},
        command=command,
        forecasts=found.predictions.cast(pl.String) if forecast else None,
    )
    return of_targets(contents, found.predictions, None) if several else contents


def _beside(test: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """The measure, and as a baseline that on the test rows of the training, where it has the same metrics."""
    described = {"description": "the same network on rows that were held out when it was trained"}
    same = then and set(test) <= set(then)
    return {"test": test, "baselines": {THEN: {**then, **described}} if same else {}}
