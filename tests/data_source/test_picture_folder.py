"""Folders of pictures, and columns of paths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import ranvier as rv
from ranvier.data.clean import clean
from ranvier.data.infer import infer_schema
from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.errors import DataError


def picture(path: Path, grey: int = 0, size: tuple[int, int] = (9, 8)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, grey).save(path)
    return path


def notes(ledger: Ledger) -> list[str]:
    return [entry.reason for entry in ledger.entries]


def test_subfolders_are_classes_in_the_order_of_their_names(tmp_path):
    picture(tmp_path / "dog" / "b.png", 1)
    picture(tmp_path / "dog" / "deep" / "a.PNG", 2)
    picture(tmp_path / "cat" / "z.jpg", 3)
    picture(tmp_path / ".hidden" / "x.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "dog" / "notes.txt").write_text("x")
    picture(tmp_path / "loose.png")
    ledger = Ledger()
    table = read(tmp_path, ledger)
    assert table.frame.to_dict(as_series=False) == {
        "picture": [str(tmp_path / name) for name in ("cat/z.jpg", "dog/b.png", "dog/deep/a.PNG")],
        "class": ["cat", "dog", "dog"],
    }
    assert (table.target, table.declared, table.parts, ledger.read) == (
        "class",
        {"picture": "image"},
        None,
        3,
    )
    assert notes(ledger) == [
        "files left out, in dog, no pictures by their endings: notes.txt",
        "folders without pictures are no classes: empty",
        "files left out, outside the class folders: loose.png",
    ]


def test_folders_of_the_parts_give_the_split(tmp_path):
    for part, name in (("train", "a"), ("training", "b"), ("val", "a"), ("test", "b")):
        picture(tmp_path / part / name / "1.png", ord(name))
    picture(tmp_path / "other" / "1.png")
    ledger = Ledger()
    table = read(str(tmp_path), ledger)
    assert table.parts.tolist() == ["test", "train", "train", "validation"]
    assert table.frame["class"].to_list() == ["b", "a", "b", "a"]
    assert notes(ledger) == ["files left out, beside the folders of the parts: other"]


def test_parts_without_training_pictures_or_without_classes_are_refused_together(tmp_path):
    picture(tmp_path / "test" / "1.png")
    with pytest.raises(DataError, match="has folders test, and none called train") as error:
        read(tmp_path, Ledger())
    assert "holds no class folders with pictures. Expected test/CLASS/picture.png" in str(error.value)


def test_a_folder_of_pictures_alone_has_no_target(tmp_path):
    picture(tmp_path / "1.png")
    table = read(tmp_path, Ledger())
    assert table.frame.columns == ["picture"]
    assert table.target is None
    with pytest.raises(rv.UserError, match="No target is named"):
        rv.fit(tmp_path)


def test_files_with_the_same_bytes_are_the_same_row_and_stay_together(tmp_path):
    for number in range(40):
        picture(tmp_path / "ab"[number % 2] / f"{number}.png", number // 4)
    ledger = Ledger()
    table = read(tmp_path, ledger)
    assert table.frame.n_unique() == 20
    schema = infer_schema(table, {}, None, None, ledger)
    kept = clean(table, schema, ledger)
    assert len(kept) == 40
    assert [(entry.count, entry.reason) for entry in ledger.entries if entry.outcome == "kept"] == [
        (20, "the same as an earlier row; the split keeps them together")
    ]


def test_a_folder_with_a_table_in_it_is_no_folder_of_pictures(tmp_path):
    pl.DataFrame({"a": [1, 2]}).write_csv(tmp_path / "a.csv")
    picture(tmp_path / "photos" / "1.png")
    assert read(tmp_path, Ledger()).frame.columns == ["a"]


def test_paths_in_a_file_lie_beside_it(tmp_path):
    far = picture(tmp_path / "far" / "2.png")
    picture(tmp_path / "data" / "photos" / "1.png")
    table = pl.DataFrame({"photo": [" photos/1.png", str(far), None, "NA"], "price": [1, 2, 3, 4]})
    table.write_csv(tmp_path / "data" / "table.csv")
    for location in (
        tmp_path / "data" / "table.csv",
        [tmp_path / "data" / "table.csv"],
        tmp_path / "data" / "*.csv",
    ):
        found = read(location, Ledger()).frame["photo"].to_list()
        assert found[:2] == [str(tmp_path / "data" / "photos" / "1.png"), str(far)]
        assert found[2:] in ([None, "NA"], ["", "NA"])


def test_other_pixels_under_the_same_name_are_other_data(tmp_path):
    far = picture(tmp_path / "1.png")
    for location in (tmp_path / "t.csv", pl.DataFrame({"photo": [str(far)] * 3, "y": [1, 2, 3]})):
        pl.DataFrame({"photo": ["1.png", None, "none.png"], "y": [1, 2, 3]}).write_csv(tmp_path / "t.csv")
        picture(far, 0)
        before = [read(location, Ledger()).fingerprint for _ in range(2)]
        picture(far, 7)
        assert before[0] == before[1] != read(location, Ledger()).fingerprint


def test_broken_pictures_are_dropped_and_named(tmp_path):
    for number in range(12):
        picture(tmp_path / "ab"[number % 2] / f"{number:02d}.png", number)
    whole = (tmp_path / "a" / "00.png").read_bytes()
    (tmp_path / "a" / "00.png").write_bytes(whole[:45])
    (tmp_path / "a" / "02.png").write_bytes(b"")
    (tmp_path / "b" / "01.png").write_text("this is text")
    ledger = Ledger()
    table = read(tmp_path, ledger)
    kept = clean(table, infer_schema(table, {}, None, None, ledger), ledger)
    ledger.reconcile({"train": len(kept)})
    dropped = {
        e.reason.partition(": ")[2]: (e.count, e.rows) for e in ledger.entries if e.outcome == "dropped"
    }
    assert dropped == {
        "broken or cut off (00.png)": (1, (1,)),
        "empty (02.png)": (1, (2,)),
        "not a picture, or of a format that is not read (01.png)": (1, (7,)),
    }


def test_a_row_is_dropped_once(tmp_path):
    picture(tmp_path / "1.png")
    paths = ["1.png"] * 6 + ["none.png"]
    pl.DataFrame({"p": paths, "q": paths, "y": [1, 2, 3, 4, 5, 6, None]}).write_csv(tmp_path / "t.csv")
    ledger = Ledger()
    table = read(tmp_path / "t.csv", ledger)
    kept = clean(table, infer_schema(table, {}, "y", "regress", ledger), ledger)
    ledger.reconcile({"train": len(kept)})
    assert len(kept) == 6


def test_a_folder_is_learnt_saved_and_used_on_others(tmp_path):
    generator = np.random.default_rng(0)
    for number in range(60):
        pixels = generator.integers(0, 120, (10, 12, 3), np.uint8)
        pixels[..., number % 2] += 120
        path = tmp_path / "pictures" / ("red", "green")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    quick = {"training.epochs": 8, "evaluation.baselines": False, "network": {"name": "compact", "width": 4}}
    run = rv.fit(tmp_path / "pictures", settings=quick, out=tmp_path / "run")
    assert run.metrics["test"]["accuracy"]["value"] == 1.0
    model = rv.load(tmp_path / "run" / "model.rv")
    one = model.predict(tmp_path / "pictures" / "red" / "0.png")
    assert one["class"].to_list() == ["red"]
    assert rv.evaluate(model, tmp_path / "pictures").test["accuracy"]["value"] > 0.95
    array = np.asarray(Image.open(tmp_path / "pictures" / "red" / "0.png"))
    for same in (array, array[None], array.astype(float), array[None].transpose(0, 3, 1, 2)):
        assert model.predict(same).equals(one)
    with pytest.raises(
        DataError, match=r"shape \(10, 12, 3\) and type float64. Expected whole numbers from 0 to 255"
    ):
        model.predict(array / 7.0)
