"""A model: from rows as they are read to predictions, with nothing of training in it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..assemble import Architecture
from ..catalog import load as load_member
from ..data.kinds.tokens import cut
from ..data.ledger import Ledger
from ..data.pictures import as_pictures
from ..data.preparation import Preparation
from ..data.profile import Profile
from ..data.ragged import Ragged
from ..data.schema import Schema
from ..data.source import read
from ..data.source.arrays import vectors
from ..data.stream import Stream
from ..data.table import Table
from ..errors import DataError, Mistake
from ..evaluation.calibration import at_temperature
from ..execution.prediction import Predictor
from ..network.in_use import device_of
from ..tasks import Task
from ..tasks.extract import Extract, predictions
from ..tasks.forecast import Forecast
from ..tasks.several import Several, several
from .attention import Attention, attention_in_rows
from .base import Base
from .forecast import forecast

CHUNK = 8192
"""How many rows go through the network at once."""
MOST_PIXELS = 1_000_000
"""Of pictures fewer, so that what a layer gives for them does not fill the memory."""
MOST_POSITIONS = 32_768
"""Of sequences so many that they have no more positions together."""


@dataclass
class Model:
    """A trained network with all that it needs to answer for new rows.

    Args:
        schema: of the table it was trained on.
        preparation: fitted to the training rows.
        task: what the outputs mean.
        architecture: what the network was built from.
        network: the trained network.
        card: what a reader should know: metrics, rows, versions. JSON values.
        profile: what the columns of the training rows are like, in counts; None in old files.
        temperature: that the probabilities of classes are brought to (``evaluation.recalibration``); 1 leaves them. Of
            several targets one for each.
        base: what its file stands on, where it learnt adapters; None where the file holds it whole.
    """

    schema: Schema
    preparation: Preparation
    task: Task
    architecture: Architecture
    network: nn.Module
    card: Mapping[str, Any] = field(default_factory=dict)
    profile: Profile | None = None
    temperature: float | tuple[float, ...] = 1.0
    base: Base | None = None

    def __post_init__(self) -> None:
        self._predictor = Predictor(self.network)

    def predict(self, data: Any, ledger: Ledger | None = None) -> pl.DataFrame:
        """Predictions for new rows, in their order.

        Args:
            data: whatever ``ranvier.fit`` reads: a path, a DataFrame, an array. A target column is not looked at.
            ledger: is told of values that had to be repaired.

        Returns:
            A column named after the target; for classes then one column ``TARGET=CLASS`` of probabilities for each.
            Of tags the tokens stand before them, both with a space between; of what is extracted where it begins and
            ends behind it, and its probability.

        Raises:
            DataError: the data cannot be read, lacks a column, or has rows that cannot be read.
        """
        ledger = Ledger() if ledger is None else ledger
        if isinstance(self.task, Forecast):
            return forecast(self.outputs, self.task, data, ledger)
        table = read_rows(data, ledger, self.preparation)
        _check_all(ledger, table.origin)
        return self._answers(table.frame, ledger)

    def _answers(self, frame: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
        """The task's columns; tags stand beside the tokens that they are of, and what is extracted beside its place."""
        if isinstance(self.task, Extract):
            texts: Any = self.preparation.blocks["text"]
            outputs = self.outputs(self.preparation.transform(frame, ledger))
            return self.task.quotes(outputs, frame[texts.passage], texts.tokens)
        answers = self.task.frame(self.decide(frame, ledger))
        kind: Any = self.preparation.blocks.get("tokens")
        if kind is None or not hasattr(self.task, "positions"):
            return answers
        beside = [cut(frame[name]).list.join(" ").fill_null("").alias(name) for name in kind.columns]
        return pl.DataFrame(beside).hstack(answers)

    def attention(self, data: Any) -> list[Attention]:
        """Where the network looks while it reads new rows: the maps of all its layers of attention, row by row.

        Args:
            data: as ``predict`` takes it.

        Raises:
            DataError: as ``predict``.
            SpecError: the network has no attention.
        """
        table = read_rows(data, Ledger(), self.preparation)
        return attention_in_rows(self.network, self.preparation, self.task, self.outputs, table.frame)

    def predict_stream(self, stream: Stream, ledger: Ledger) -> Iterator[pl.DataFrame]:
        """Predictions for a table that is larger than memory, block by block, in the order of its rows.

        Args:
            stream: the rows, as ``ranvier.data.stream.open_stream`` opens them.
            ledger: is told how many values had to be repaired.

        Raises:
            DataError: as ``predict``.
        """
        for block in stream.blocks():
            stretch, own = stream.read(block), Ledger()
            for reason, count in stretch.dropped.items():
                own.note("dropped", reason, count)
            _check_all(own, stream.origin)
            ledger.read += stretch.read
            yield self._answers(stretch.frame, own)
            ledger.add(own)

    def decide(self, frame: pl.DataFrame, ledger: Ledger | None = None) -> NDArray[np.float64]:
        """Predictions of raw rows: (N, C) probabilities, (N,) values or (N,) texts."""
        outputs = self.outputs(self.preparation.transform(frame, ledger))
        decoded = predictions(self.task, outputs, frame, self.preparation.blocks)
        many = several(self.task)
        if many and isinstance(self.temperature, tuple):
            return many.at_temperatures(decoded, self.temperature)
        heat = self.temperature
        return decoded if heat == 1.0 or isinstance(heat, tuple) else at_temperature(decoded, heat)

    def outputs(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """What the network gives for prepared rows: (N, K), or (N, M, K) of an ensemble of M."""
        outputs = self._predictor(inputs)
        return forward(self.network, inputs) if outputs is None else outputs

    def draw_once(self) -> None:
        """Send two synthetic rows through the network."""
        rows = self.preparation.draw(2, np.random.Generator(np.random.PCG64(0)))
        forward(self.network, self.preparation.transform(rows))

    def __str__(self) -> str:
        return f"{self.task.name} {self.task.target!r} from {len(self.preparation.columns)} columns"


def _check_all(ledger: Ledger, origin: str) -> None:
    """Refuse rows that could not be read.

    Raises:
        DataError: there are some.
    """
    if ledger.dropped:
        dropped = next(entry for entry in ledger.entries if entry.outcome == "dropped")
        raise DataError(
            Mistake(
                f"{origin} has rows that no prediction can be made for: {dropped}",
                "a prediction for every row",
                "mend or remove these rows",
            )
        )


def read_rows(data: Any, ledger: Ledger, preparation: Preparation) -> Table:
    """Read new rows; a bare array takes the names of the columns that the model was trained on."""
    columns = preparation.columns
    if isinstance(data, (np.ndarray, torch.Tensor)):
        array = np.asarray(data)
        if set(preparation.blocks) == {"image"}:
            return read(pl.DataFrame([_pictures(array, preparation.blocks["image"], columns)]), ledger)
        flat = array.reshape(len(array), -1) if array.ndim != 1 else array.reshape(1, -1)
        if len(columns) == 1 and "vector" in preparation.blocks:
            return read(pl.DataFrame([vectors(columns[0], flat)]), ledger)
        if flat.shape[1] != len(columns):
            raise DataError(
                Mistake(
                    f"the array has {flat.shape[1]} columns",
                    f"{len(columns)}, as in training: {_few(columns)}",
                )
            )
        data = pl.DataFrame(flat, schema=list(columns))
    return read(data, ledger)


def _pictures(array: NDArray[Any], kind: Any, columns: tuple[str, ...]) -> pl.Series:
    """A bare array as the only column of pictures: many or one, in the shape of pictures, or flat as in training.

    Raises:
        DataError: it has another shape, or holds what are no bytes.
    """
    height, width = kind.size
    flat = kind.channels[0] * height * width
    if len(columns) == 1 and array.ndim in (2, 3, 4) and ((array == np.round(array)).all()):
        if array.ndim == 2:
            many = array.reshape(-1, height, width) if array.shape[1:] == (flat,) else array[None]
        else:
            single = array.ndim == 3 and array.shape == (height, width, kind.channels[0])
            many = array[None] if single else array
        if not many.size or (many.min() >= 0 and many.max() <= 255):
            pictures = as_pictures(many.astype(np.uint8))
            if pictures is not None:
                return pl.Series(columns[0], pictures)
    raise DataError(
        Mistake(
            f"the array has the shape {array.shape} and type {array.dtype}",
            f"whole numbers from 0 to 255, of shape (rows, {height}, {width}) or (rows, {height}, {width}, 3)",
        )
    )


@torch.no_grad()
def forward(network: nn.Module, inputs: Mapping[str, Tensor]) -> Tensor:
    """The outputs (N, K) of prepared rows, on the CPU, in evaluation mode."""
    training = network.training
    if training:
        network.eval()
    try:
        return _in_chunks(network, inputs)
    finally:
        if training:
            network.train()


def _in_chunks(network: nn.Module, inputs: Mapping[str, Tensor]) -> Tensor:
    device = device_of(network)
    rows = next(iter(inputs.values())).shape[0]
    blocks: list[Any] = list(inputs.values())
    ragged = [block.lengths for block in blocks if isinstance(block, Ragged)]
    if ragged:
        return _by_length(network, inputs, torch.stack(ragged).sum(0), device)
    chunk = min(
        [
            CHUNK,
            *(MOST_PIXELS // block.shape[1:].numel() for block in inputs.values() if len(block.shape) > 2),
        ]
    )
    chunk = max(chunk, 32)
    if (
        rows <= chunk and all(isinstance(block, Tensor) for block in inputs.values()) and device.type == "cpu"
    ):  # a row or few: nothing but the network itself
        outputs: Tensor = network(dict(inputs))
        return outputs
    parts = [
        network({name: block[start : start + chunk].to(device) for name, block in inputs.items()}).cpu()
        for start in range(0, max(rows, 1), chunk)
    ]
    return torch.cat(parts)


def _by_length(
    network: nn.Module, inputs: Mapping[str, Tensor], lengths: Tensor, device: torch.device
) -> Tensor:
    """The outputs of rows with sequences, which go through the network with others of like length.

    Outputs of each position (B, T, K) are padded with NaN to the longest of all.
    """
    order = lengths.argsort(stable=True)
    parts: list[Tensor] = []
    at = 0
    while at < len(order) or not parts:
        here = lengths[order[at : at + CHUNK]].clamp_min(1) * torch.arange(1, CHUNK + 1)[: len(order) - at]
        index = order[at : at + max(1, int((here <= MOST_POSITIONS).sum()))]
        parts.append(network({name: block[index].to(device) for name, block in inputs.items()}).cpu())
        at += max(len(index), 1)
    longest = [max(size) for size in zip(*(part.shape[1:] for part in parts))]
    parts = [_padded(part, longest) for part in parts]
    return torch.cat(parts)[order.argsort()]


def _padded(outputs: Tensor, shape: Sequence[int]) -> Tensor:
    """Outputs (B, ...) with NaN behind, up to ``shape``."""
    if list(outputs.shape[1:]) == list(shape):
        return outputs
    full = outputs.new_full((len(outputs), *shape), math.nan)
    full[tuple(slice(size) for size in outputs.shape)] = outputs
    return full


def task_from_state(name: str, state: Mapping[str, Any]) -> Task:
    """The task that a file describes."""
    if name == Several.name:
        return cast("Task", Several.from_state(state))
    task: Task = load_member("tasks", name).from_state(state)
    return task


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
