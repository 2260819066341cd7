"""Each file of pictures is decoded once where that can be, and the outcome is the same where it cannot."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from ranvier.data import pictures
from ranvier.data.broken_pictures import unreadable
from ranvier.data.decoded_once import decoded_once, held
from ranvier.data.kinds.image import Picture
from ranvier.spec import Spec
from ranvier.workflow.prepared import prepare


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file was decoded, by its name."""
    counts: Counter[str] = Counter()
    eight_bits = pictures._eight_bits

    def counted(image: Any) -> Any:
        counts[Path(image.filename).name] += 1
        return eight_bits(image)

    monkeypatch.setattr(pictures, "_eight_bits", counted)
    return counts


def column(folder: Path, sizes: list[tuple[int, int]]) -> pl.Series:
    """Noise of these sizes (width, height) as JPEG and PNG, and a broken file."""
    generator = np.random.default_rng(0)
    paths = []
    for number, (width, height) in enumerate(sizes):
        path = folder / f"{number}.{'png' if number % 2 else 'jpg'}"
        Image.fromarray(generator.integers(0, 256, (height, width, 3), np.uint8)).save(path)
        paths.append(str(path))
    (folder / "broken.png").write_bytes(Path(paths[1]).read_bytes()[:60])
    return pl.Series("p", [*paths, str(folder / "broken.png"), None])


def test_what_is_decoded_to_find_the_broken_ones_is_the_block(tmp_path: Path, opened: Counter[str]) -> None:
    values = column(tmp_path, [(12, 9)] * 30 + [(5, 6)] * 4)
    frame = values.to_frame()[:34]
    twice = Picture.fit(frame).transform(frame)
    opened.clear()
    with decoded_once():
        assert unreadable(values) == {"broken or cut off": [34]}
        kind = Picture.fit(frame)
        once = kind.transform(frame)
        assert len(held() or {}) == 34
    assert held() is None
    assert once.equal(twice)
    assert set(opened.values()) == {1}


@pytest.mark.parametrize("reason", ["not wanted", "no room", "the training rows have another size"])
def test_where_it_cannot_be_files_are_decoded_again(
    reason: str, tmp_path: Path, opened: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    values = column(tmp_path, [(12, 9)] * 6 + [(5, 6)] * 4)
    if reason == "no room":
        monkeypatch.setattr("ranvier.data.stream.memory.at_hand", lambda: 100)
    frame = values.to_frame()[6:10] if reason.startswith("the training") else values.to_frame()[:6]
    with decoded_once(reason != "not wanted"):
        assert unreadable(values) == {"broken or cut off": [10]}
        once = Picture.fit(frame).transform(frame)
    assert once.equal(Picture.fit(frame).transform(frame))
    names = [Path(path).name for path in frame["p"]]
    assert all(opened[name] > 1 for name in names)


def test_a_size_that_the_user_names_is_the_one_that_is_held(tmp_path: Path, opened: Counter[str]) -> None:
    values = column(tmp_path, [(12, 9)] * 6)
    frame = values.to_frame()[:6]
    with decoded_once():
        unreadable(values, (4, 8))
        block = Picture.fit(frame, (4, 8)).transform(frame)
    assert block.shape == (6, 3, 4, 8)
    assert set(opened.values()) == {1}


@pytest.mark.parametrize(("stream", "once"), [(None, True), (True, False)])
def test_a_run_prepares_its_pictures_so(
    stream: bool | None, once: bool, tmp_path: Path, opened: Counter[str]
) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        column(tmp_path / name, [(12, 9)] * 10)
    prepared = prepare(Spec.from_settings({"source": str(tmp_path), "execution.stream": stream}))
    assert prepared.ledger.reconcile(prepared.split.counts) is None
    trained = [Path(path).name for path in prepared.table.frame["picture"][prepared.split.train]]
    assert ({opened[name] for name in trained} == {1}) == once  # both folders hold the same bytes
    assert held() is None
