"""Sounds as they are stored: opened, mixed to one channel, resampled (``pip install 'ranvier[audio]'``).

WAV, FLAC, Ogg (Vorbis, Opus), MP3, AIFF and AU are read by libsndfile (package soundfile) and resampled by soxr.

Legend: n samples of one channel, from -1 to 1; rates in samples a second (Hz).
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, Mistake
from .pictures import Unreadable

ENDINGS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au")
"""The endings by which files are known as sounds."""

FORMATS = ("WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3", "AIFF", "AU")
"""What is decoded, as libsndfile calls it."""

DATA = "data:audio/"
"""How a sound begins that is written as text."""

LONGEST = 600
"""A sound of more seconds is refused: cut it into pieces, each with a target of its own."""

RATES = (1_000, 768_000)
"""The lowest and the highest rate that is read."""

MOST_CHANNELS = 32

ASTRAY = 4_608
"""So many samples fewer than its header claims an MP3 may have: four of its frames."""

Raw = str | bytes
"""A path, text that begins with ``data:audio/``, or the bytes of a file."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Heard:
    """What is known of a sound without its samples.

    Args:
        rate: in Hz.
        channels: how many.
        seconds: how long.
    """

    rate: int
    channels: int
    seconds: float


def heard(raw: Raw) -> Heard:
    """Look at a sound's header.

    Raises:
        Unreadable: it is missing, no sound, empty, broken or too long.
        DataError: the package that reads sounds is not installed.
    """
    return _opened(raw, _header)


def decoded(raw: Raw, rate: int) -> tuple[NDArray[np.float32], Heard]:
    """The samples (n,) of a sound, the mean of its channels, at ``rate``; and what it was before.

    Raises:
        Unreadable: it is missing, no sound, empty, broken, cut off or too long.
        DataError: the package that reads sounds is not installed.
    """

    def samples(file: Any) -> tuple[NDArray[np.float32], Heard]:
        header = _header(file)
        read: NDArray[np.float32] = file.read(dtype="float32", always_2d=True)
        claimed = re.search(r"^data : (\d+) \(should be (\d+)\)", file.extra_info, re.MULTILINE)
        short = file.frames - len(read) > (ASTRAY if file.format == "MP3" else 0)
        if short or (claimed and int(claimed[2]) < int(claimed[1]) < 0x7FFF0000):
            raise Unreadable("broken or cut off")
        if not np.isfinite(read).all():
            raise Unreadable("its samples are not all finite numbers")
        mono = read.mean(axis=1, dtype=np.float32)
        return resampled(mono, header.rate, rate), header

    return _opened(raw, samples)


def resampled(samples: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    """Samples (n,) at another rate; what lies above half of the lower rate is filtered away."""
    if rate == wanted:
        return samples
    soxr = _package("soxr")
    found: NDArray[np.float32] = soxr.resample(samples, rate, wanted, quality="HQ")
    return found


def written(samples: NDArray[np.float32], rate: int) -> str:
    """Samples (n,) as text: a WAV of 16 bits in base 64, which is read as a sound again."""
    out = io.BytesIO()
    _package("soundfile").write(out, samples, rate, format="WAV", subtype="PCM_16")
    return f"{DATA}wav;base64,{base64.b64encode(out.getvalue()).decode()}"


def _header(file: Any) -> Heard:
    if file.format not in FORMATS:
        raise Unreadable("not a sound, or of a format that is not read")
    if not RATES[0] <= file.samplerate <= RATES[1]:
        raise Unreadable(f"its rate is not from {RATES[0]:,} to {RATES[1]:,} Hz")
    if file.channels > MOST_CHANNELS:
        raise Unreadable(f"more than {MOST_CHANNELS} channels")
    if not file.frames:
        raise Unreadable("no sound in it, not a single sample")
    seconds = file.frames / file.samplerate
    if seconds > LONGEST:
        raise Unreadable(f"longer than {LONGEST // 60} minutes")
    return Heard(file.samplerate, file.channels, seconds)


def _opened(raw: Raw, use: Callable[[Any], _T]) -> _T:
    soundfile = _package("soundfile")
    try:
        with soundfile.SoundFile(_stream(raw)) as file:
            return use(file)
    except Unreadable:
        raise
    except FileNotFoundError:
        raise Unreadable("there is no such file") from None
    except (IsADirectoryError, PermissionError):
        raise Unreadable("a folder, or a file that may not be read") from None
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        unknown = "not recognised" in str(error) or "unknown format" in str(error).lower()
        raise Unreadable(
            "not a sound, or of a format that is not read" if unknown else "broken or cut off"
        ) from None


def _stream(raw: Raw) -> io.BytesIO:
    """The bytes of a sound: what is given, or those of the file that is named."""
    if isinstance(raw, str) and raw.startswith(DATA):
        try:
            raw = base64.b64decode(raw.partition(",")[2], validate=True)
        except (binascii.Error, ValueError):
            raise Unreadable("broken or cut off") from None
    elif isinstance(raw, str):
        raw = Path(raw).expanduser().read_bytes()
    if not raw:
        raise Unreadable("empty")
    return io.BytesIO(raw)


def _package(name: str) -> Any:
    """A package of the extra ``audio``.

    Raises:
        DataError: it is not installed.
    """
    from importlib import import_module

    try:
        return import_module(name)
    except (ImportError, OSError):  # OSError where libsndfile is missing
        raise DataError(
            Mistake(
                f"these are sounds, and the package {name} that reads them is not installed",
                remedy="install it with: pip install 'ranvier[audio]'",
            )
        ) from None
