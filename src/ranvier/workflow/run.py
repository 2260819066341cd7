"""A run: a thin face of its folder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from ..delivery.base import stands_alone
from ..delivery.file import save
from ..delivery.language import LanguageModel, load
from ..insight.report import figures
from ..insight.report import read as read_contents
from ..insight.report import summary as summary_html
from ..spec import Spec
from ..training.history import read_history
from . import folder as files


class Run:
    """A run and all that is known of it.

    Args:
        folder: where it is.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.spec: Spec
        self.record: dict[str, Any]
        self.spec, self.record = files.read_run(self.folder)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """The measure, as it stands in ``metrics.json``."""
        metrics: dict[str, Any] = files.read_json(self.folder / "metrics.json")
        return metrics

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        """What was noticed."""
        findings: list[dict[str, Any]] = files.read_json(self.folder / "findings.json")
        return findings

    @cached_property
    def spread(self) -> dict[str, Any] | None:
        """The measure over all seeds, as it stands in ``spread.json``; None where it was trained from one seed."""
        path = self.folder / files.SPREAD
        return files.read_json(path) if path.exists() else None

    @property
    def history(self) -> Sequence[dict[str, Any]]:
        """One entry an epoch."""
        return read_history(self.folder / "history.jsonl")

    @property
    def finished(self) -> bool:
        """Whether the run has its model."""
        return (self.folder / files.MODEL).exists()

    @cached_property
    def model(self) -> Any:
        """The ``Model``, or the ``LanguageModel`` of a corpus; one of a module of your own: ``ranvier.load``."""
        return load(self.folder / files.MODEL)

    @cached_property
    def figures(self) -> dict[str, Any]:
        """The report's pictures as Plotly figures, by name: ``run.figures["learning_curve"].show()``."""
        from plotly.graph_objects import Figure

        return {name: Figure(plain) for name, plain in figures(read_contents(self.folder)).items()}

    def predict(self, data: Any) -> pl.DataFrame:
        """Predictions for new rows, in their order: see ``Model.predict``."""
        predictions: pl.DataFrame = self.model.predict(data)
        return predictions

    def save(self, path: str | Path) -> Path:
        """Copy the model file to ``path``; one that holds adapters is written whole, so that it needs no other.

        Raises:
            ModelFileError: the model that the adapters are of is not there.
            RunError: the place cannot be written.
        """
        files.read_json(self.folder / "metrics.json")
        if stands_alone(self.folder / files.MODEL):
            return Path(shutil.copyfile(self.folder / files.MODEL, path))
        model = self.model
        return model.save(path) if isinstance(model, LanguageModel) else save(model, path)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        return summary_html(read_contents(self.folder), str(self.folder))

    def __str__(self) -> str:
        from .summary import summary

        return summary(self)
