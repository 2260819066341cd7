"""Runs on sounds: from class folders to a model that answers, and resumes to the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import ranvier as rv
from ranvier.errors import Interrupted, SpecError
from small_run import StopAt
from small_sounds import sound_folder

pytest.importorskip("soundfile")

QUICK: dict[str, Any] = {
    "training.epochs": 20,
    "training.batch_size": 8,
    "evaluation.resamples": 100,
    "network": {"name": "sound_cnn", "channels": [8, 8], "hidden": 32},
    "training.learning_rate": 0.01,
    "regularization.average": "none",
}


def test_a_folder_of_sounds_is_learnt_saved_and_answered_for(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path / "sounds", 60)
    run = rv.fit(folder, settings=QUICK, out=tmp_path / "run")
    assert run.metrics["test"]["accuracy"]["value"] > 0.9
    told = run.metrics["baselines"]["linear"]["description"]
    assert told.endswith("of each band the mean and the deviation over time, and how long it is")
    model = rv.load(tmp_path / "run" / "model.rv")
    whole = model.predict(folder)
    assert whole.equals(run.predict(folder))
    alone = model.predict(folder / "rises" / "000.wav")
    assert alone["class"].to_list() == ["rises"]
    place = rv.evaluate(model, folder).test["accuracy"]["value"]
    assert place > 0.9
    raw = (folder / "falls" / "001.wav").read_bytes()
    strange = model.predict(pl.DataFrame({"sound": [None, raw, b"no sound"]}))
    assert strange["class"][1] == "falls"
    np.testing.assert_allclose(strange["class=falls"][0], strange["class=falls"][2])


def test_a_run_on_sounds_that_is_stopped_ends_with_the_same_bytes(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path / "sounds", 40)
    quick = {**QUICK, "training.epochs": 3, "evaluation.baselines": False}
    whole = rv.fit(folder, settings=quick, out=tmp_path / "whole")
    with pytest.raises(Interrupted, match="Stopped after step 7"):
        rv.fit(folder, settings=quick, out=tmp_path / "stopped", watchers=[StopAt(7)])
    again = rv.resume(tmp_path / "stopped")
    for name in ("model.rv", "metrics.json", "history.jsonl"):
        assert (again.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_the_network_for_sounds_alone_is_chosen_and_said(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path / "sounds", 30)
    asked = {"training.epochs": 1, "evaluation.baselines": False}
    run = rv.fit(folder, settings=asked, out=tmp_path / "run")
    assert run.record["reasons"]["network"] == "the default for sounds"


@pytest.mark.parametrize("network", ["gru", "text_cnn", {"name": "tabm", "hidden": [8]}])
def test_sounds_stand_beside_numbers_whatever_the_network(tmp_path: Path, network: Any) -> None:
    folder = sound_folder(tmp_path / "sounds", 30)
    paths = sorted(str(path) for path in folder.glob("*/*.wav"))
    frame = pl.DataFrame(
        {"clip": paths, "loud": np.linspace(0, 1, 30), "what": [Path(path).parent.name for path in paths]}
    )
    settings = {**QUICK, "network": network, "training.epochs": 1, "evaluation.baselines": False}
    run = rv.fit(frame, target="what", settings=settings, out=tmp_path / "run")
    assert set(run.model.preparation.blocks) == {"number", "audio"}
    assert run.predict(frame).height == 30


def test_coefficients_are_heard_in_the_place_of_bands(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path / "sounds", 30)
    asked = {"audio.mfcc": 13, "training.epochs": 1, "evaluation.baselines": False}
    run = rv.fit(folder, settings=asked, out=tmp_path / "run")
    assert run.record["reasons"]["network"] == "the default for cepstral coefficients"
    assert run.spec.network is not None and run.spec.network.name == "lstm"
    model = rv.load(tmp_path / "run" / "model.rv")
    assert len(model.preparation.blocks["audio"].features()["mean"]) == 13
    assert model.predict(folder).equals(run.predict(folder))


@pytest.mark.parametrize(
    ("network", "frame", "sentence"),
    [
        ("sound_cnn", None, r"audio\.mfcc is set, and the network 'sound_cnn' compares neighbouring pitches"),
        (
            None,
            pl.DataFrame({"x": range(40), "y": [1.5, 2.5] * 20}),
            r"audio\.mfcc is set, and no input column",
        ),
    ],
)
def test_coefficients_that_cannot_be_heard_are_refused(
    tmp_path: Path, network: Any, frame: Any, sentence: str
) -> None:
    settings = {"audio.mfcc": 13} | ({"network": network} if network else {})
    data, target = (sound_folder(tmp_path, 10), None) if frame is None else (frame, "y")
    with pytest.raises(SpecError, match=f"(?i){sentence}"):
        rv.inspect(data, target=target, settings=settings)
