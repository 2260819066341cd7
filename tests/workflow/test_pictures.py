"""Runs on pictures: augmentation that resumes to the same bytes, weights from elsewhere, pictures beside numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import ranvier as rv
from ranvier.assemble import Architecture
from ranvier.data.kinds.image import Picture
from ranvier.data.ledger import Ledger
from ranvier.data.pictures import decoded, seen, written
from ranvier.data.unread import unread
from ranvier.delivery.weights import freeze, put_weights, read_weights
from ranvier.errors import DataError, Interrupted, SpecError
from ranvier.insight.report.filters import changed, read_sheets, sheets
from ranvier.network.pictures import resnet18, resnet20
from small_run import StopAt

QUICK: dict[str, Any] = {
    "training.epochs": 3,
    "evaluation.baselines": False,
    "evaluation.resamples": 100,
    "network": {"name": "compact", "width": 2},
}


def pictures(count: int = 80, channels: int = 1) -> tuple[np.ndarray, np.ndarray]:
    generator, labels = np.random.default_rng(0), np.arange(count) % 2
    shape = (count, 9, 8, 3) if channels == 3 else (count, 9, 8)
    made = generator.integers(0, 120, shape, np.uint8)
    made[:, :4] += (120 * labels).astype(np.uint8).reshape(-1, *[1] * (made.ndim - 1))
    return made, labels


def test_augmentation_is_chosen_by_the_channels_and_said(tmp_path):
    grey = rv.fit(pictures(), settings={**QUICK, "training.epochs": 1}, out=tmp_path / "grey")
    assert (grey.spec.augmentation.flip, grey.spec.augmentation.rotate) == (False, 10.0)
    assert "mirror image" in grey.record["reasons"]["augmentation.flip"]
    said = {"augmentation.rotate": 3.0, "augmentation.mixup": 0.3, "augmentation.cutmix": 1.0}
    colour = rv.fit(
        pictures(channels=3), settings={**QUICK, **said, "training.epochs": 1}, out=tmp_path / "colour"
    )
    assert (colour.spec.augmentation.flip, colour.spec.augmentation.rotate) == (True, 3.0)
    plain = rv.fit(pictures(), settings={"training.epochs": 1, "network": "linear"}, out=tmp_path / "plain")
    assert plain.spec.augmentation.shift is None


def test_pictures_are_not_changed_where_there_are_none(tmp_path):
    with pytest.raises(SpecError, match="augmentation.flip changes pictures, and no input column holds any"):
        rv.fit("sample:iris", settings={"augmentation.flip": True}, out=tmp_path / "run")


def test_backpropagation_by_hand_refuses_augmented_pictures(tmp_path):
    asked = {"network": "linear", "augmentation.flip": True, "execution.backpropagation": "explicit"}
    with pytest.raises(SpecError, match="is 'explicit', and"):
        rv.fit(pictures(), settings=asked, out=tmp_path / "run")


def test_a_run_that_is_stopped_ends_with_the_same_bytes(tmp_path):
    settings = {**QUICK, "augmentation.mixup": 0.2, "augmentation.colour": 0.2, "training.batch_size": 16}
    whole = rv.fit(pictures(), settings=settings, out=tmp_path / "whole")
    with pytest.raises(Interrupted, match="Stopped after step 5"):
        rv.fit(pictures(), settings=settings, out=tmp_path / "cut", watchers=[StopAt(5)])
    cut = rv.resume(tmp_path / "cut", pictures())
    for name in ("model.rv", "history.jsonl", "metrics.json"):
        assert (cut.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name


def test_pictures_stand_beside_numbers_and_categories(tmp_path):
    made, labels = pictures(60)
    for number, picture in enumerate(made):
        Image.fromarray(picture).save(tmp_path / f"{number}.png")
    frame = pl.DataFrame(
        {
            "photo": [None if n == 7 else f"{n}.png" for n in range(60)],
            "size": [float(n % 13) for n in range(60)],
            "town": [["a", "b", "c"][n % 3] for n in range(60)],
            "price": [100.0 * labels[n] + n % 13 + n / 100 for n in range(60)],
        }
    )
    frame.write_csv(tmp_path / "photos.csv")
    for network in ("tabm", {"name": "resnet20"}, "mlp"):
        name = network if isinstance(network, str) else network["name"]
        run = rv.fit(
            str(tmp_path / "photos.csv"),
            target="price",
            settings={"training.epochs": 1, "evaluation.resamples": 100, "network": network},
            out=tmp_path / name,
        )
        assert set(run.model.preparation.blocks) == {"number", "category", "image"}
        first = run.predict(str(tmp_path / "photos.csv"))
        run.save(tmp_path / f"{name}.rv")
        assert rv.load(tmp_path / f"{name}.rv").predict(str(tmp_path / "photos.csv")).equals(first)


def network(outputs: int = 3, name: str = "resnet20") -> Any:
    block = {"channels": 1, "size": [8, 8], "mean": [0.0], "deviation": [1.0]}
    return Architecture(name, {"image": block}, outputs).build(seed=1)


def test_weights_by_torchvisions_names_are_read_and_the_head_replaced_where_it_must(tmp_path):
    source = resnet20(1, (8, 8), 3)
    save_file(source.state_dict(), tmp_path / "w.safetensors")
    torch.save({"state_dict": {f"module.{k}": v for k, v in source.state_dict().items()}}, tmp_path / "w.pth")
    rows = torch.randint(0, 256, (4, 1, 8, 8), dtype=torch.uint8)
    for path in (tmp_path / "w.safetensors", str(tmp_path / "w.pth")):
        target = network()
        assert put_weights(target, "fc", read_weights(path)) == "the head's weights too"
        assert torch.allclose(target.eval()({"image": rows}), source.eval()(rows.float()), atol=1e-5)
        other = network(outputs=5)
        head = other.head.linear.weight.clone()
        assert "drawn anew" in put_weights(other, "fc", read_weights(path))
        assert torch.equal(other.head.linear.weight, head)


def test_a_frozen_network_neither_learns_nor_moves_its_statistics(tmp_path):
    save_file(resnet20(1, (9, 8), 2).state_dict(), tmp_path / "w.safetensors")
    settings = {**QUICK, "network": "resnet20", "training.weights": str(tmp_path / "w.safetensors")}
    run = rv.fit(pictures(), settings={**settings, "training.freeze": True}, out=tmp_path / "run")
    reader = run.model.network.encoders["image"].network.state_dict()
    given = read_weights(tmp_path / "w.safetensors")
    assert all(torch.equal(value, given[name]) for name, value in reader.items())
    whole = rv.fit(pictures(), settings=settings, out=tmp_path / "whole")
    moved = whole.model.network.encoders["image"].network.state_dict()
    assert not torch.equal(moved["conv1.weight"], given["conv1.weight"])
    assert freeze(network()) is None


class Evil:
    """What runs code when it is unpickled."""

    def __reduce__(self) -> Any:
        return (print, ("owned",))


def test_weights_that_cannot_be_used_are_refused_in_a_sentence(tmp_path, capsys):
    torch.save({"a": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(SpecError, match="damaged, or holds more than tensors"):
        read_weights(tmp_path / "evil.pth")
    assert "owned" not in capsys.readouterr().out
    (tmp_path / "x.safetensors").write_bytes(b"nothing")
    with pytest.raises(SpecError, match="damaged, or holds more than tensors"):
        read_weights(tmp_path / "x.safetensors")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(SpecError, match="holds no state dict"):
        read_weights(tmp_path / "list.pth")
    with pytest.raises(SpecError, match="There is no file of weights"):
        read_weights(tmp_path / "none.pth")
    weights = dict(resnet20(3, (8, 8), 3).state_dict())
    weights.pop("bn1.bias")
    weights["more"] = torch.zeros(1)
    with pytest.raises(SpecError, match="The weights lack 'bn1.bias'") as error:
        put_weights(network(), "fc", weights)
    assert "The weights have 'more', which the network has not" in str(error.value)
    assert (
        r"The weights of 'conv1.weight' have another shape, such as (16, 3, 3, 3). Expected (16, 1, 3, 3)"
        in str(error.value)
    )
    large = resnet18(1, (128, 128), 3).state_dict()
    with pytest.raises(SpecError, match="network.stem = 'large' is the published stem"):
        put_weights(network(name="resnet18"), "fc", large)
    with pytest.raises(
        SpecError, match="training.weights is for networks for pictures, and 'linear' is none"
    ):
        rv.fit(
            pictures(), settings={"network": "linear", "training.weights": "x.pth"}, out=Path(tmp_path, "run")
        )


def test_the_size_of_pictures_can_be_said(tmp_path):
    settings = {**QUICK, "training.epochs": 1}
    run = rv.fit(pictures(), settings={**settings, "columns.x.size": [12, 10]}, out=tmp_path / "run")
    assert run.model.preparation.blocks["image"].size == (12, 10)
    assert run.model.schema["x"].size == (12, 10)
    assert "resized to 10x12 pixels: as you said" in (run.folder / "ledger.json").read_text()
    with pytest.raises(SpecError, match="A size is said of column 'petal_width', whose kind is 'number'"):
        rv.fit("sample:iris", settings={"columns.petal_width.size": 8}, out=tmp_path / "iris")
    made, labels = pictures()
    both = {"a": made, "b": made, "y": labels}
    with pytest.raises(SpecError, match="columns of pictures are to have different sizes. Expected one size"):
        sizes = {"columns.a.size": 8, "columns.b.size": 9}
        rv.fit(both, target="y", settings={**settings, **sizes}, out=tmp_path / "both")
    two = rv.fit(both, target="y", settings=settings, out=tmp_path / "two")
    assert two.model.preparation.blocks["image"].features()["channels"] == 2


def test_the_worst_mistakes_are_shown_as_pictures(tmp_path):
    made, labels = pictures()
    for number, picture in enumerate(made):
        folder = tmp_path / "data" / "ab"[labels[number]]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{number}.png")
    untrained = {**QUICK, "training.epochs": 1, "training.learning_rate": 1e-9}
    for name, data in (("folder", tmp_path / "data"), ("arrays", (made, labels))):
        run = rv.fit(data, settings=untrained, out=tmp_path / name)
        told = run.metrics["mistakes"]
        assert told["columns"] == ["picture" if name == "folder" else "x"]
        shown = next(iter(told["values"].values()))[0]
        assert shown.startswith("data:image/png;base64,")
        assert f'<img src="{shown}" alt="the picture of row' in (run.folder / "report.html").read_text()


def test_the_report_shows_filters_and_feature_maps_of_the_worst_mistake(tmp_path):
    untrained = {**QUICK, "training.epochs": 1, "training.learning_rate": 1e-9}
    run = rv.fit(pictures(channels=3), settings=untrained, out=tmp_path / "run")
    row = next(iter(run.metrics["mistakes"]["values"]))
    text = (run.folder / "report.html").read_text()
    assert "Filters of the first layer" in text
    assert f"Feature maps of row {row}, the worst mistake: what first" in text
    filters, first, *_ = found = sheets(run.model, {"x": run.metrics["mistakes"]["values"][row][0]}, "of it")
    assert len(found) == 4
    weight = run.model.network.encoders["image"].network.first.conv.weight.detach()
    pixels = decoded(filters.image, 3, *size_of(filters.image))
    for place in range(2):
        mine = weight[place] / weight[place].abs().max() * 127.5 + 127.5
        there = pixels[:, :3, 4 * place : 4 * place + 3]
        assert np.abs(there - mine.numpy()).max() <= 0.5 + 1e-3
    assert size_of(first.image) == (9, 2 * 8 + 1)
    assert [sheet.caption[:8] for sheet in sheets(run.model)] == ["Filters "]
    assert (
        f"Row {row} as it is, and 15 times as augmentation changes pictures of training: shift 0.125, flip"
        in text
    )


def test_the_report_shows_how_augmentation_changes_a_picture(tmp_path):
    settings = {**QUICK, "training.epochs": 1, "evaluation.report": False, "augmentation.flip": True}
    run = rv.fit(pictures(channels=3), settings=settings, out=tmp_path / "run")
    made = pictures(channels=3)[0][0]
    (sheet,) = changed(
        run.model, {"x": written(made.transpose(2, 0, 1))}, "Row 1", {"flip": True, "shift": 0.0}
    )
    assert sheet.caption.endswith("pictures of training: flip")
    height, width = made.shape[:2]
    pixels = decoded(sheet.image, 3, *size_of(sheet.image)).transpose(1, 2, 0)
    shown = [
        pixels[top : top + height, left : left + width]
        for top in range(0, pixels.shape[0], height + 1)
        for left in range(0, pixels.shape[1], width + 1)
    ]
    assert np.array_equal(shown[0], made)
    mirrored = [np.array_equal(one, made[:, ::-1]) for one in shown]
    assert 0 < sum(mirrored) < 15
    assert all(was or np.array_equal(one, made) for one, was in zip(shown, mirrored))
    assert changed(run.model, {}, "Row 1", {"mixup": 0.2, "flip": False}) == []


def size_of(image: str) -> tuple[int, int]:
    looked = seen(image)
    return looked.height, looked.width


def test_a_network_without_convolutions_has_no_filters(tmp_path):
    plain = rv.fit(pictures(), settings={"training.epochs": 1, "network": "linear"}, out=tmp_path / "plain")
    assert sheets(plain.model) == []
    assert read_sheets(tmp_path / "none.rv", {}, {}) == []
    assert 'id="filters"' not in (plain.folder / "report.html").read_text()


def test_what_baselines_see_of_large_pictures_is_said(tmp_path):
    large = np.random.default_rng(0).integers(0, 256, (60, 40, 40), np.uint8)
    settings = {**QUICK, "training.epochs": 1, "evaluation.baselines": True}
    run = rv.fit((large, np.arange(60) % 2), settings=settings, out=tmp_path / "run")
    said = "; of a picture it sees 1,024 numbers, each the mean of some of its 1,600 pixel values"
    assert all(one["description"].endswith(said) for one in run.metrics["baselines"].values())
    assert said in (run.folder / "report.html").read_text()


def folder_of(tmp_path: Path, count: int = 80) -> Path:
    made, labels = pictures(count)
    for number, picture in enumerate(made):
        folder = tmp_path / "data" / "ab"[labels[number]]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{number}.png")
    return tmp_path / "data"


def test_pictures_on_disk_give_the_bytes_that_pictures_in_memory_give(tmp_path, monkeypatch):
    data = folder_of(tmp_path)
    settings = {**QUICK, "evaluation.baselines": True, "training.batch_size": 16}
    held = rv.fit(data, settings={**settings, "execution.stream": False}, out=tmp_path / "held")
    asked = {**settings, "execution.stream": True}
    read = rv.fit(data, settings=asked, out=tmp_path / "read")
    assert "on disk, read batch by batch: as you ask" in (read.folder / "ledger.json").read_text()
    with pytest.raises(Interrupted, match="Stopped after step 5"):
        rv.fit(data, settings=asked, out=tmp_path / "cut", watchers=[StopAt(5)])
    cut = rv.resume(tmp_path / "cut")
    monkeypatch.setattr("ranvier.data.stream.memory.at_hand", lambda: 4 * 9 * 8 * 80 - 1)
    short = rv.fit(data, settings=settings, out=tmp_path / "short")
    assert "decoded they would take 1.2e-05 GB" in (short.folder / "ledger.json").read_text()
    for run in (read, cut, short):
        for name in ("history.jsonl", "metrics.json", "predictions.csv"):
            assert (run.folder / name).read_bytes() == (held.folder / name).read_bytes(), name


def test_a_picture_that_is_gone_while_it_is_needed_is_said(tmp_path):
    frame = pl.DataFrame({"p": [str(path) for path in sorted(folder_of(tmp_path, 8).rglob("*.png"))]})
    block = unread(Picture.fit(frame), frame, Ledger(), np.arange(8), "as you ask")
    whole = block[:]
    assert block.shape == whole.shape == (8, 1, 9, 8)
    assert torch.equal(block.only(torch.tensor([5, 2]))[torch.tensor([1])], whole[2:3])
    Path(frame["p"][3]).unlink()
    assert torch.equal(block[:3], whole[:3])
    with pytest.raises(
        DataError, match=r"1 pictures of column 'p' can no longer be read \(there is no such file\)"
    ):
        block[2:5]
