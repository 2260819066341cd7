"""Short sounds in folders: tones that rise, and tones that fall."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile


def glide(rising: bool, generator: np.random.Generator, rate: int = 16000) -> np.ndarray:
    """A tenth to a quarter of a second of a tone that rises or falls by an octave."""
    moments = np.arange(round(rate * generator.uniform(0.1, 0.25))) / rate
    low = generator.uniform(300, 600)
    start, end = (low, 2 * low) if rising else (2 * low, low)
    pitch = np.linspace(start, end, len(moments))
    tone = 0.4 * np.sin(2 * np.pi * np.cumsum(pitch) / rate)
    return tone + generator.normal(scale=0.01, size=len(moments))


def sound_folder(folder: Path, count: int = 40) -> Path:
    """Class folders ``rises`` and ``falls`` in ``folder``."""
    generator = np.random.default_rng(0)
    for number in range(count):
        path = folder / ("rises", "falls")[number % 2] / f"{number:03d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, glide(number % 2 == 0, generator), 16000)
    return folder
