"""What a report is made from: a run's folder, read once. No clock time is read, and no path is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...data.kinds.labels import joiner
from ...errors import Mistake, RunError
from ...settings import read_toml
from .filters import Sheet, read_sheets
from .layers import Network, read_network


@dataclass(frozen=True)
class Predictions:
    """Predictions of N rows of one part.

    Args:
        rows: (N,) numbers of the rows in their source, from 1.
        target: (N,) class indices, or values; (N, L) 0 and 1 of labels.
        prediction: (N, C) or (N, L) probabilities, or (N,) values.
        weight: (N,) what each row counts; None where each counts once.
    """

    rows: NDArray[np.int64]
    target: NDArray[Any]
    prediction: NDArray[np.float64]
    weight: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Contents:
    """A run as its folder tells it; what an unfinished or diverged run lacks is empty.

    Args:
        settings: of ``run.toml``, without the record.
        record: origin, target, fingerprint, reasons and versions.
        run_toml: the text of ``run.toml``.
        schema: one entry a column.
        ledger: ``read``, ``dropped`` and ``entries``.
        history: one entry an epoch.
        findings: what was noticed.
        metrics: as they stand in ``metrics.json``; empty where nothing was measured.
        network: layers and parameters; None where there is no model.
        test, validation: predictions of these parts; None where there are none.
        spread: the measure over several seeds; empty where it was trained from one.
        drift: of an evaluation: how its rows differ from the training rows.
        command: of an evaluation: what repeats it; empty for a run.
        targets: of several targets, by name, the same as if each were the only one; else nothing.
        sheets: filters, feature maps and changed pictures of a network for pictures.
        samples=_json(folder / "samples.json", []),
        forecasts: of a forecast, each step of each one on the test part, as text; else None.
    """

    settings: dict[str, Any]
    record: dict[str, Any]
    run_toml: str
    schema: list[dict[str, Any]]
    ledger: dict[str, Any]
    history: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    metrics: dict[str, Any]
    network: Network | None
    test: Predictions | None
    validation: Predictions | None
    spread: dict[str, Any] = field(default_factory=dict)
    drift: dict[str, Any] = field(default_factory=dict)
    command: str = ""
    targets: dict[str, Contents] = field(default_factory=dict)
    sheets: list[Sheet] = field(default_factory=list)
    samples: list[dict[str, str]] = field(default_factory=list)
    forecasts: pl.DataFrame | None = None

    @property
    def classes(self) -> list[str]:
        """The classes of which a row has one; none where something else is predicted."""
        return list(self.metrics.get("confusion", {}).get("classes", ()))

    @property
    def labels(self) -> list[str]:
        """The labels of which a row has any number; none where something else is predicted."""
        return list(self.metrics.get("labels", ()))

    @property
    def metric(self) -> str:
        """The task's metric."""
        return str(self.metrics.get("metric", ""))

    @property
    def probable(self) -> bool:
        """Whether the network gives probabilities of classes, and not mere scores."""
        return bool(self.classes) and self.metrics["test"].get("log_loss", {}).get("value") is not None

    @property
    def weighted(self) -> bool:
        """Whether the rows have weights."""
        return _weighted(self.schema)


def _weighted(schema: Sequence[Mapping[str, Any]]) -> bool:
    return any(column["role"] == "weight" for column in schema)


def read(folder: str | Path) -> Contents:
    """Read a run's folder.

    Raises:
        RunError: it is no run, or a file of it is damaged.
    """
    folder = Path(folder)
    if not (folder / "run.toml").is_file():
        raise RunError(Mistake(f"{str(folder)!r} is no run", "a folder with a run.toml in it"))
    settings = read_toml(folder / "run.toml")
    record = settings.pop("record", {})
    metrics: dict[str, Any] = _json(folder / "metrics.json", {})
    measured = bool(metrics.get("test")) and metrics.get("form") != "forecasts"
    schema = _json(folder / "schema.json", {"columns": []})["columns"]
    weighted = _weighted(schema)
    contents = Contents(
        settings=settings,
        record=record,
        run_toml=(folder / "run.toml").read_text(encoding="utf-8"),
        schema=schema,
        ledger=_json(folder / "ledger.json", {"read": 0, "dropped": 0, "entries": []}),
        history=_lines(folder / "history.jsonl"),
        findings=_json(folder / "findings.json", []),
        metrics=metrics,
        network=read_network(folder / "model.rv"),
        test=_predictions(folder / "predictions.csv", metrics, weighted) if measured else None,
        validation=(
            _predictions(folder / "validation_predictions.csv", metrics, weighted) if measured else None
        ),
        spread=_json(folder / "spread.json", {}),
        sheets=_sheets(folder, schema, metrics, settings.get("augmentation", {})),
        samples=_json(folder / "samples.json", []),
        forecasts=_table(folder / "predictions.csv") if metrics.get("form") == "forecasts" else None,
    )
    if "targets" not in metrics:
        return contents
    test, validation = (_table(folder / name) for name in ("predictions.csv", "validation_predictions.csv"))
    return of_targets(contents, test, validation, weighted)


def _sheets(
    folder: Path, schema: Sequence[Mapping[str, Any]], metrics: Mapping[str, Any], changes: Mapping[str, Any]
) -> list[Sheet]:
    """Filters, feature maps and changed pictures, where a column holds pictures."""
    if all(column.get("kind") != "image" for column in schema):
        return []
    return read_sheets(folder / "model.rv", metrics.get("mistakes", {}), changes)


def _json(path: Path, otherwise: Any) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return otherwise
    except ValueError as error:
        raise RunError(Mistake(f"{str(path)!r} is damaged ({error})", "JSON")) from error


def _lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file of JSON lines; a last one cut off by a kill is not one."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def of_targets(
    contents: Contents, test: pl.DataFrame | None, validation: pl.DataFrame | None, weighted: bool = False
) -> Contents:
    """The contents of several targets, with those of each beside them.

    Args:
        contents: whose ``metrics`` hold ``targets``.
        test, validation: the predictions of all targets side by side; None where there are none.
        weighted: whether the rows' weights stand beside the predictions of each.

    Raises:
        RunError: the predictions are not of these targets.
    """
    targets = {}
    for name, metrics in contents.metrics["targets"].items():
        targets[name] = replace(
            contents,
            record={**contents.record, "target": name},
            metrics=metrics,
            test=_of_target(test, name, metrics, weighted),
            validation=_of_target(validation, name, metrics, weighted),
            spread=contents.spread.get("targets", {}).get(name, {}),
        )
    return replace(contents, spread={}, targets=targets)


def _of_target(
    frame: pl.DataFrame | None, name: str, metrics: Mapping[str, Any], weighted: bool
) -> Predictions | None:
    """The predictions of one target, where it is there and was measured."""
    if frame is None or not metrics.get("test"):
        return None
    try:
        place = frame.columns.index(f"true {name}")
        outputs = metrics.get("confusion", {}).get("classes") or metrics.get("labels") or ()
        own = frame[:, [0, *range(place, place + 2 + len(outputs) + weighted)]]
        there = own.to_series(-1).is_not_null()  # a number; a class or a set of labels may be empty text
        return predictions_of(own.filter(there), metrics, weighted)
    except (pl.exceptions.PolarsError, KeyError, IndexError, ValueError) as error:
        raise RunError(
            Mistake(f"the predictions are damaged ({type(error).__name__})", "those of this run's targets")
        ) from error


def _table(path: Path) -> pl.DataFrame | None:
    """The text of a table; None where it is missing.

    Raises:
        RunError: it is none.
    """
    if not path.exists():
        return None
    try:
        return pl.read_csv(path, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise RunError(
            Mistake(f"{str(path)!r} is damaged ({type(error).__name__})", "the predictions of this run")
        ) from error


def _predictions(path: Path, metrics: Mapping[str, Any], weighted: bool) -> Predictions | None:
    """The predictions in a file; None where it is missing or has no rows.

    Raises:
        RunError: it does not hold what a run writes.
    """
    frame = _table(path)
    if frame is None:
        return None
    try:
        return predictions_of(frame, metrics, weighted)
    except (pl.exceptions.PolarsError, KeyError, IndexError) as error:
        raise RunError(
            Mistake(f"{str(path)!r} is damaged ({type(error).__name__})", "the predictions of this run")
        ) from error


def predictions_of(
    frame: pl.DataFrame, metrics: Mapping[str, Any], weighted: bool = False
) -> Predictions | None:
    """The predictions in a table of row number, true value, the task's columns and, where the rows are ``weighted``,
    their weights; None where it has no rows."""
    if not len(frame):
        return None
    rows = frame.to_series(0).cast(pl.Int64).to_numpy()
    weight = frame.to_series(-1).cast(pl.Float64).to_numpy() if weighted else None
    classes = metrics.get("confusion", {}).get("classes")
    if labels := list(metrics.get("labels", ())):
        return _marks(frame, rows, labels, weight)
    if metrics.get("form") in ("texts", "translations", "tags", "answers", "spans"):
        return None  # their sections read the table itself
    if classes is None:
        target, prediction = (frame.to_series(i).cast(pl.Float64).to_numpy() for i in (1, 2))
        return Predictions(rows, target, prediction, weight)
    index = {label: i for i, label in enumerate(classes)}
    target = np.array([index[label or ""] for label in frame.to_series(1).cast(pl.String)], dtype=np.int64)
    each = frame[:, 3 : 3 + len(classes)].cast(pl.Float64)
    return Predictions(rows, target, each.to_numpy(), weight)


def _marks(
    frame: pl.DataFrame, rows: NDArray[np.int64], labels: list[str], weight: NDArray[np.float64] | None
) -> Predictions:
    """Sets of labels, and the probability of each label."""
    mark = joiner(labels)
    sets = [set((text or "").split(mark)) for text in frame.to_series(1)]
    target = np.array([[label in members for label in labels] for members in sets], dtype=np.int64)
    return Predictions(rows, target, frame[:, 3 : 3 + len(labels)].cast(pl.Float64).to_numpy(), weight)
