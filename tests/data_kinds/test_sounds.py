"""Sounds as they are stored: what is read, and the clause for each way to be broken."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest

from ranvier.data.pictures import Unreadable
from ranvier.data.sounds import DATA, Heard, decoded, heard, written
from ranvier.errors import DataError

soundfile = pytest.importorskip("soundfile")
pytest.importorskip("soxr")


def tone(seconds: float = 0.2, rate: int = 16000, frequency: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


def stored(samples: np.ndarray, rate: int = 16000, kind: str = "WAV", subtype: str | None = None) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format=kind, subtype=subtype)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "subtype", "far"),
    [
        ("WAV", "PCM_16", 1e-4),
        ("WAV", "FLOAT", 1e-7),
        ("FLAC", None, 1e-4),
        ("AIFF", None, 1e-4),
        ("AU", None, 1e-4),
    ],
)
def test_what_is_stored_whole_is_read_whole(kind, subtype, far):
    samples, header = decoded(stored(tone(), 16000, kind, subtype), 16000)
    assert header == Heard(16000, 1, 0.2)
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples, tone(), atol=far)


@pytest.mark.parametrize(("kind", "subtype"), [("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", None)])
def test_what_is_stored_with_loss_sounds_alike(kind, subtype):
    samples, header = decoded(stored(tone(), 16000, kind, subtype), 16000)
    assert header.channels == 1
    assert abs(len(samples) - 3200) < 1600
    loudest = np.abs(np.fft.rfft(samples)).argmax() * 16000 / len(samples)
    assert abs(loudest - 440) < 10


def test_a_path_the_bytes_and_text_are_read_alike(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(stored(tone()))
    text = written(tone().astype(np.float32), 16000)
    assert text.startswith(DATA)
    for raw in (str(path), path.read_bytes(), text):
        np.testing.assert_allclose(decoded(raw, 16000)[0], tone(), atol=1e-4)


def test_channels_are_averaged():
    samples, header = decoded(stored(np.stack([tone(), -tone() / 2], axis=1)), 16000)
    assert header.channels == 2
    np.testing.assert_allclose(samples, tone() / 4, atol=1e-4)


@pytest.mark.parametrize("rate", [8000, 22050, 44100])
def test_another_rate_is_resampled(rate):
    samples, header = decoded(stored(tone(0.5, rate), rate), 16000)
    assert header.rate == rate
    assert len(samples) == 8000
    np.testing.assert_allclose(samples[800:-800], tone(0.5)[800:-800], atol=2e-3)


def test_what_lies_above_half_of_the_rate_is_filtered_away():
    samples, _ = decoded(stored(tone(0.5, 44100, 12000.0), 44100), 16000)
    assert np.abs(samples[800:-800]).max() < 1e-3


def test_a_header_of_a_stream_claims_any_length():
    whole = bytearray(stored(tone()))
    whole[4:8] = whole[40:44] = b"\xff" * 4
    np.testing.assert_allclose(decoded(bytes(whole), 16000)[0], tone(), atol=1e-4)


WAV = stored(tone())


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (stored(np.zeros(0)), "no sound in it, not a single sample"),
        (b"no sound at all" * 99, "not a sound, or of a format that is not read"),
        (WAV[:30], "broken or cut off"),
        (WAV[:2000], "broken or cut off"),
        (stored(tone(), kind="FLAC")[:1000], "broken or cut off"),
        (stored(tone(2.0), kind="OGG")[:2500], "broken or cut off"),
        (stored(tone(2.0), kind="MP3")[:2000], "broken or cut off"),
        (stored(tone(), kind="CAF"), "not a sound, or of a format that is not read"),
        (stored(np.full(99, np.nan), subtype="FLOAT"), "its samples are not all finite numbers"),
        (stored(np.zeros(9), 999), "its rate is not from 1,000 to 768,000 Hz"),
        (stored(np.zeros((9, 33))), "more than 32 channels"),
        (stored(np.zeros(601_000), 1000, subtype="PCM_U8"), "longer than 10 minutes"),
        ("no/such.wav", "there is no such file"),
        (f"{DATA}wav;base64,~", "broken or cut off"),
        (f"{DATA}wav;base64,bm8gc291bmQ=", "not a sound, or of a format that is not read"),
        ("a\0b.wav", "broken or cut off"),
    ],
)
def test_each_way_to_be_broken_has_its_clause(raw, reason):
    with pytest.raises(Unreadable, match=f"^{reason}$"):
        decoded(raw, 16000)


def test_a_folder_is_no_sound(tmp_path):
    with pytest.raises(Unreadable, match="a folder, or a file that may not be read"):
        heard(str(tmp_path))


def test_the_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(
        DataError, match=r"the package soundfile that reads them is not installed.*ranvier\[audio\]"
    ):
        heard(WAV)
