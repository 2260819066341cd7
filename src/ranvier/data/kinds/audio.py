"""Sounds: paths or encoded bytes to log-mel spectrograms, a row of bands for each hundredth of a second; or, where that
is asked, to cepstral coefficients (``data.spectrum.mfcc``) in the place of bands.

| raw value | becomes |
|---|---|
| a path, ``data:audio/...`` as text, or the bytes of a file | its frames (T, M) by ``data.spectrum.log_mel`` |
| several channels | their mean |
| another rate | resampled |
| missing | no frame at all |
| malformed: no such file, no sound, broken, longer than ten minutes | as missing |

Each cell of the last two lines is counted in the ledger, and so is how many sounds were mixed or resampled. Rows with a
malformed sound are left out of training before they come here (``data.infer.clean``). Nothing is cut.

All columns of sounds are one sequence, with a tenth of a second of silence between two columns.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import Self

from ...errors import DataError, Mistake
from ..ledger import Ledger
from ..pictures import each
from ..ragged import Ragged
from ..raw_pictures import text_of, tried
from ..sounds import DATA, ENDINGS, Heard, Raw, decoded, heard, written
from ..spectrum import FLOOR, HOP, log_mel, mfcc
from . import Guess
from .values import ENOUGH, check_some, check_state, note_cells

ABSENT = "missing: taken as no sound"
BROKEN = "{reason}: taken as no sound"
MIXED = "sounds of several channels, mixed to one"
RESAMPLED = "sounds of {rate:,} Hz, resampled to {wanted:,}"

RATE, LOW_RATE = 16_000, 8_000
"""Hz: all of speech; and what is taken where most of the training sounds have less than the first."""

BANDS = 64
"""How many bands M a frame has."""

GAP = 10
"""So many frames of silence lie between the sounds of two columns."""

LOOKED_AT = 1_000
"""So many training sounds, evenly spaced, tell the rate, the mean and the deviation."""

BEGINNINGS = (
    b"RIFF",
    b"RF64",
    b"fLaC",
    b"OggS",
    b"ID3",
    b"\xff\xfb",
    b"\xff\xf3",
    b"\xff\xf2",
    b"FORM",
    b".snd",
)
"""How the bytes of files of sound begin."""


@dataclass(frozen=True)
class Audio:
    """Columns of sounds, fitted to the training rows.

    Args:
        columns: their names.
        rate: in Hz, to which all are brought.
        mean: (M,) of each band.
        deviation: (M,) of each band; 1 where it is always the same.
        length: how many frames a row has on average.
        missing: for each column, whether training had missing cells.
        coefficients: how many cepstral coefficients stand for the bands; 0 leaves these.
    """

    name: ClassVar[str] = "audio"
    columns: tuple[str, ...]
    rate: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    length: float
    missing: tuple[bool, ...]
    coefficients: int = 0

    @classmethod
    def infer(cls, values: pl.Series) -> Guess:
        """Say how well raw values are sounds: by the endings of paths, or how bytes begin.

        >>> Audio.infer(pl.Series(["dog/1.wav", None, "cat/7.FLAC"]))
        Guess(confidence=1.0, reason='paths of sounds')
        """
        if values.dtype == pl.String:
            text = text_of(values).drop_nulls()
            ending = rf"({'|'.join(ENDINGS)})$".replace(".", r"\.")
            named = text.str.to_lowercase().str.contains(ending) | text.str.starts_with(DATA)
            if not len(text) or int(named.sum()) < ENOUGH * len(text):
                return Guess(0.0, "not paths of sounds")
            return Guess(1.0, "paths of sounds")
        if values.dtype == pl.Binary:
            some = values.drop_nulls().head(20).to_list()
            good = sum(raw.startswith(BEGINNINGS) for raw in some)
            return Guess(good / max(len(some), 1), "encoded sounds" if good else "values of type Binary")
        return Guess(0.0, f"values of type {values.dtype}")

    @classmethod
    def fit(cls, frame: pl.DataFrame, *, coefficients: int = 0) -> Self:
        """Fit to the training rows.

        Args:
            frame: raw values.
            coefficients: see the class.

        Raises:
            DataError: none of a column's values is a sound, they are of another type, or the package that reads
                sounds is not installed.
        """
        looked = [_looked_at(frame[name]) for name in frame.columns]
        rates = [one.rate for headers, _ in looked for one in headers]
        enough = sum(rate >= RATE for rate in rates) * 2 >= len(rates)
        width = coefficients or BANDS
        unfinished = cls(
            tuple(frame.columns),
            RATE if enough else LOW_RATE,
            (0.0,) * width,
            (1.0,) * width,
            1.0,
            tuple(missing for _, missing in looked),
            coefficients,
        )
        block = unfinished.transform(_some(frame))
        values = block.values.double()
        if not len(values):
            return unfinished
        deviation = values.std(dim=0, correction=0)
        return cls(
            unfinished.columns,
            unfinished.rate,
            tuple(values.mean(dim=0).tolist()),
            tuple(torch.where(deviation > 1e-6, deviation, 1.0).tolist()),
            max(1.0, round(float(block.lengths.double().mean()), 1)),
            unfinished.missing,
            coefficients,
        )

    def transform(
        self, frame: pl.DataFrame, ledger: Ledger | None = None, rows: NDArray[np.int64] | None = None
    ) -> Ragged:
        """Decode sounds and take their spectrograms.

        Args:
            frame: raw values (N rows), with at least the columns of this block.
            ledger: where cells without a sound are counted, and sounds that were mixed or resampled.
            rows: (N,) the row numbers in the source, from 0, for the ledger's examples.

        Returns:
            (N, T, M) float32, T being each row's own; (N, T, C) where coefficients are asked for.

        Raises:
            DataError: a column holds neither texts nor bytes, or the package that reads sounds is not installed.
        """
        of_rows: list[list[Tensor]] = [[] for _ in range(frame.height)]
        for column in self.columns:
            found = self._read(frame[column])
            for reason in dict.fromkeys(one for one in found if isinstance(one, str)):
                cells = np.array([one == reason for one in found], dtype=np.bool_)
                note_cells(ledger, reason, column, cells, rows)
            headers = Counter[str]()
            for pieces, one in zip(of_rows, found):
                if isinstance(one, str):
                    continue
                frames, header = one
                if pieces:
                    pieces.append(self._heard(torch.full((GAP, BANDS), math.log(FLOOR))))
                pieces.append(frames)
                headers[MIXED] += header.channels > 1
                if header.rate != self.rate:
                    headers[RESAMPLED.format(rate=header.rate, wanted=self.rate)] += 1
            if ledger is not None:
                for reason, count in sorted(headers.items()):
                    ledger.note("kept", reason, count, column)
        empty = torch.zeros(0, len(self.mean))
        lengths = [sum(map(len, pieces)) for pieces in of_rows]
        values = torch.cat([empty, *(piece for pieces in of_rows for piece in pieces)])
        return Ragged(values, torch.tensor([0, *lengths]).cumsum(0))

    def invert(self, tensor: Tensor) -> pl.DataFrame:
        """Nothing, for each row: a spectrogram does not say where in their swing its waves are."""
        absent = pl.Series([None] * len(tensor), dtype=pl.String)
        return pl.DataFrame([absent.alias(column) for column in self.columns])

    def features(self) -> dict[str, Any]:
        """Of each band ``mean`` and ``deviation``; ``length``: how many frames a row has on average."""
        return {"mean": list(self.mean), "deviation": list(self.deviation), "length": self.length}

    def draw(self, count: int, generator: np.random.Generator) -> pl.DataFrame:
        """A tenth to a quarter of a second of two gliding tones in noise, as text.

        A tenth of the cells is missing in columns that had missing cells in training.
        """
        drawn = {}
        for column, missing in zip(self.columns, self.missing):
            absent = generator.random(count) < (0.1 if missing else 0.0)
            sounds = [written(self._tones(generator), self.rate) for _ in range(count)]
            texts = [None if gone else sound for sound, gone in zip(sounds, absent)]
            drawn[column] = pl.Series(column, texts, dtype=pl.String)
        return pl.DataFrame(drawn)

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON values; floats survive JSON exactly."""
        lists = {name: list(getattr(self, name)) for name in ("columns", "mean", "deviation", "missing")}
        coefficients = {"coefficients": self.coefficients} if self.coefficients else {}
        return {**lists, "rate": self.rate, "length": self.length, **coefficients}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The kind that ``state`` described.

        Raises:
            ModelFileError: the lists have different lengths.
        """
        columns, missing = tuple(state["columns"]), tuple(state["missing"])
        check_state(cls.name, columns, {"missing": missing})
        mean, deviation = tuple(state["mean"]), tuple(state["deviation"])
        rate, length = int(state["rate"]), float(state["length"])
        return cls(columns, rate, mean, deviation, length, missing, int(state.get("coefficients", 0)))

    def _read(self, values: pl.Series) -> list[tuple[Tensor, Heard] | str]:
        """Of each cell its frames and what it was before; or why there are none, as the ledger says it."""

        def one(raw: Raw | None) -> tuple[Tensor, Heard] | str:
            if raw is None:
                return ABSENT
            read = tried(lambda one: decoded(one, self.rate), raw)
            if isinstance(read, str):
                return BROKEN.format(reason=read)
            samples, header = read
            return self._heard(log_mel(torch.from_numpy(samples), self.rate, BANDS)), header

        return list(each(one, raw_of(values).to_list()))

    def _heard(self, spectrogram: Tensor) -> Tensor:
        """A spectrogram (T, BANDS) as it is, or its coefficients (T, C)."""
        return mfcc(spectrogram, self.coefficients) if self.coefficients else spectrogram

    def _tones(self, generator: np.random.Generator) -> NDArray[np.float32]:
        moments = np.arange(round(self.rate * generator.uniform(0.1, 0.25))) / self.rate
        low, high, glide = (
            generator.uniform(80, 400),
            generator.uniform(400, 3000),
            generator.uniform(-500, 500),
        )
        waves = 0.2 * np.sin(2 * np.pi * low * moments) + 0.1 * np.sin(
            2 * np.pi * (high + glide * moments) * moments
        )
        noise = 0.01 * generator.normal(size=len(moments))
        samples: NDArray[np.float32] = (waves + noise).astype(np.float32)
        return samples


def raw_of(values: pl.Series) -> pl.Series:
    """The cells as texts or bytes, null where missing.

    Raises:
        DataError: they are neither.
    """
    if values.dtype == pl.String:
        return text_of(values)
    if values.dtype in (pl.Binary, pl.Null):
        return values
    raise DataError(
        Mistake(
            f"column {values.name!r} holds values of type {values.dtype}",
            "sounds: paths, or encoded bytes",
            "give it another kind, or leave it out",
        )
    )


def unreadable(values: pl.Series, size: object = None) -> dict[str, list[int]]:
    """The places of values that are there and are no sounds, by the reason; each file is read from end to end."""
    raw = raw_of(values)
    places = np.flatnonzero(raw.is_not_null().to_numpy()).tolist()
    found: dict[str, list[int]] = {}
    for place, outcome in zip(places, each(lambda place: tried(_whole, raw[place]), places)):
        if isinstance(outcome, str):
            found.setdefault(outcome, []).append(place)
    return found


def seconds_of(frames: int) -> float:
    """How long so many frames are.

    >>> seconds_of(101)
    1.0
    """
    return (frames - 1) * HOP


def _whole(raw: Raw) -> None:
    decoded(raw, RATE)


def _looked_at(values: pl.Series) -> tuple[list[Heard], bool]:
    """The headers of some of the sounds of a column, and whether any is missing."""
    raw = raw_of(values)
    present = _some(raw.drop_nulls().to_frame()).to_series()
    looked: list[Any] = list(each(lambda one: tried(heard, one), present.to_list()))
    malformed = np.array([isinstance(one, str) for one in looked], dtype=np.bool_)
    check_some(values.name, "sounds", malformed, ~malformed)
    good = [one for one in looked if not isinstance(one, str)]
    return good, raw.null_count() > 0 or bool(malformed.any())


def _some(frame: pl.DataFrame) -> pl.DataFrame:
    """At most so many rows, evenly spaced."""
    if frame.height <= LOOKED_AT:
        return frame
    return frame[np.linspace(0, frame.height - 1, LOOKED_AT).astype(np.int64)]
