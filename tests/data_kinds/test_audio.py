"""The kind audio: rates, channels, several columns, and what drops a row."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from scipy.fft import dct

from ranvier.data.clean import clean
from ranvier.data.infer import infer_schema
from ranvier.data.kinds.audio import GAP, Audio
from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.data.spectrum import FLOOR, log_mel
from ranvier.errors import DataError
from small_sounds import glide, sound_folder

soundfile = pytest.importorskip("soundfile")


def wav(samples: np.ndarray, rate: int = 16000) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format="WAV", subtype="FLOAT")
    return out.getvalue()


def tone(rate: int = 16000) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * 700 * np.arange(rate // 5) / rate)


def test_the_block_is_the_spectrogram():
    kind = Audio.fit(pl.DataFrame({"a": [wav(tone()), wav(tone()[:800])]}))
    block = kind.transform(pl.DataFrame({"a": [wav(tone()[:800]), wav(tone())]}))
    assert block.lengths.tolist() == [6, 21]
    expected = log_mel(torch.tensor(tone(), dtype=torch.float32), 16000, 64)
    torch.testing.assert_close(block[torch.tensor([1])][0], expected)
    assert block[:][0, 6:].isnan().all()
    assert kind.length == 13.5
    both = torch.cat([expected, block[torch.tensor([0])][0]]).double()
    torch.testing.assert_close(torch.tensor(kind.mean), both.mean(0), atol=1e-5, rtol=1e-5, check_dtype=False)
    torch.testing.assert_close(
        torch.tensor(kind.deviation), both.std(0, correction=0), atol=1e-5, rtol=1e-5, check_dtype=False
    )


def test_coefficients_stand_for_the_bands_where_they_are_asked_for():
    frame = pl.DataFrame({"a": [wav(tone()), None], "b": [wav(tone()[:800]), wav(tone())]})
    plain, kind = Audio.fit(frame), Audio.fit(frame, coefficients=13)
    found, bands = kind.transform(frame), plain.transform(frame)
    assert found.lengths.tolist() == bands.lengths.tolist()
    expected = dct(bands.values.numpy(), type=2, norm="ortho", axis=1)[:, :13]
    np.testing.assert_allclose(found.values, expected, atol=1e-4)
    np.testing.assert_allclose(kind.mean, expected.mean(axis=0), atol=1e-4)
    again = Audio.from_state(kind.state())
    assert again == kind
    assert len(again.features()["mean"]) == 13
    assert "coefficients" not in plain.state()


def test_other_rates_and_channels_are_told():
    frame = pl.DataFrame(
        {"a": [wav(tone()), wav(tone(44100), 44100), wav(np.stack([tone()] * 2, 1)), wav(tone(8000), 8000)]}
    )
    ledger = Ledger()
    kind = Audio.fit(frame)
    assert kind.rate == 16000
    block = kind.transform(frame, ledger)
    assert block.lengths.tolist() == [21] * 4
    assert {(e.outcome, e.reason): e.count for e in ledger.entries} == {
        ("kept", "sounds of 44,100 Hz, resampled to 16,000"): 1,
        ("kept", "sounds of 8,000 Hz, resampled to 16,000"): 1,
        ("kept", "sounds of several channels, mixed to one"): 1,
    }


def test_where_most_sounds_have_a_low_rate_all_are_brought_to_it():
    frame = pl.DataFrame({"a": [wav(tone(8000), 8000)] * 2 + [wav(tone())]})
    assert Audio.fit(frame).rate == 8000


def test_two_columns_are_one_sequence_with_silence_between():
    frame = pl.DataFrame({"a": [wav(tone()), None], "b": [wav(tone()), wav(tone())]})
    kind = Audio.fit(frame)
    block = kind.transform(frame)
    assert block.lengths.tolist() == [42 + GAP, 21]
    assert (block[:][0, 21 : 21 + GAP] == math.log(FLOOR)).all()
    assert kind.missing == (True, False)


def test_bytes_that_are_no_sounds_are_told_apart():
    assert Audio.infer(pl.Series([wav(tone())])).confidence == 1.0
    assert Audio.infer(pl.Series([b"\x89PNG"])).confidence == 0.0


def test_a_column_of_which_nothing_is_a_sound_is_refused():
    with pytest.raises(DataError, match="Column 'a' is read as sounds, but none of its 2 values"):
        Audio.fit(pl.DataFrame({"a": ["x.wav", "y.wav"]}))


def test_broken_sounds_of_a_folder_are_dropped_and_named(tmp_path: Path):
    folder = sound_folder(tmp_path, 8)
    whole = (folder / "rises" / "000.wav").read_bytes()
    (folder / "rises" / "000.wav").write_bytes(whole[:900])
    (folder / "falls" / "001.wav").write_bytes(b"")
    (folder / "falls" / "notes.txt").write_text("x")
    ledger = Ledger()
    table = read(folder, ledger)
    assert table.declared == {"sound": "audio"}
    kept = clean(table, infer_schema(table, {}, None, None, ledger), ledger)
    ledger.reconcile({"train": len(kept)})
    assert (len(table), len(kept)) == (8, 6)
    told = {(e.outcome, e.reason, e.rows) for e in ledger.entries}
    assert ("dropped", "a sound that cannot be read: broken or cut off (000.wav)", (5,)) in told
    assert ("dropped", "a sound that cannot be read: empty (001.wav)", (1,)) in told
    assert ("kept", "files left out, in falls, no sounds by their endings: notes.txt", ()) in told


def test_of_two_sorts_in_a_folder_the_more_frequent_is_read(tmp_path: Path):
    folder = sound_folder(tmp_path, 4)
    (folder / "falls" / "cover.png").write_bytes(b"x")
    ledger = Ledger()
    assert read(folder, ledger).frame.columns == ["sound", "class"]
    assert any("no sounds by their endings: cover.png" in entry.reason for entry in ledger.entries)


def test_a_column_of_paths_lies_beside_its_table(tmp_path: Path):
    sound_folder(tmp_path, 4)
    table = tmp_path / "table.csv"
    table.write_text("clip,y\nrises/000.wav,1\nfalls/001.wav,2\nrises/002.wav,3\n")
    found = read(table, Ledger())
    assert found.frame["clip"].to_list()[0] == str(tmp_path / "rises" / "000.wav")
    before = found.fingerprint
    soundfile.write(tmp_path / "rises" / "000.wav", glide(False, np.random.default_rng(5)), 16000)
    assert read(table, Ledger()).fingerprint != before
    schema = infer_schema(found, {}, "y", "regress", Ledger())
    assert schema["clip"].kind == "audio"
