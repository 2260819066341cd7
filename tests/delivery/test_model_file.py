"""The model file: the same answers after a journey, and no file that disagrees with itself."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

import ranvier as rv
from ranvier.delivery import file, members
from ranvier.errors import DataError, ModelFileError, SpecError
from small_run import mixed_frame, small_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> rv.Run:
    return small_run(tmp_path_factory.mktemp("delivery"))


@pytest.fixture(scope="module")
def path(run: rv.Run) -> Path:
    return run.folder / "model.rv"


def rewritten(path: Path, out: Path, change: Callable[[dict[str, bytes]], None], sign: bool = True) -> Path:
    """The file with its members changed; ``sign`` makes the digests agree, as a forger would."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    change(contents)
    if sign and "manifest.json" in contents:
        manifest = json.loads(contents["manifest.json"])
        manifest["sha256"] = {
            n: members.hashlib.sha256(contents[n]).hexdigest() for n in members.MEMBERS if n in contents
        }
        contents["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return out


def test_same_answers_after_loading_and_in_another_process(run: rv.Run, path: Path, tmp_path: Path) -> None:
    frame = mixed_frame()
    wanted = run.predict(frame)
    assert rv.load(path).predict(frame).equals(wanted)
    frame.write_csv(tmp_path / "new.csv")
    new, out = str(tmp_path / "new.csv"), str(tmp_path / "out.csv")
    code = f"import ranvier as rv; rv.load({str(path)!r}).predict({new!r}).write_csv({out!r})"
    subprocess.run([sys.executable, "-c", code], check=True)
    other = pl.read_csv(tmp_path / "out.csv")
    assert other["bought"].to_list() == wanted["bought"].to_list()
    np.testing.assert_allclose(other["bought=yes"].to_numpy(), wanted["bought=yes"].to_numpy(), atol=1e-6)


def test_same_model_same_bytes_and_no_date(run: rv.Run, path: Path, tmp_path: Path) -> None:
    again = file.save(rv.load(path), tmp_path / "again.rv")
    assert again.read_bytes() == path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_temperature_travels_with_the_model(path: Path, tmp_path: Path) -> None:
    model = rv.load(path)
    before = model.predict(mixed_frame())
    model.temperature = 2.0
    after = rv.load(file.save(model, tmp_path / "warm.rv")).predict(mixed_frame())
    assert after["bought"].equals(before["bought"]), "it changes no decision"
    roots = before["bought=yes"].sqrt()
    np.testing.assert_allclose(after["bought=yes"], roots / (roots + before["bought=no"].sqrt()), atol=1e-12)


@pytest.mark.parametrize("bad", [0, -1.0, "warm", True, [1.0], [1.0, 2.0]])
def test_a_temperature_that_is_none_is_refused(path: Path, tmp_path: Path, bad: object) -> None:
    def change(contents: dict[str, bytes]) -> None:
        contents["model.json"] = json.dumps(
            {**json.loads(contents["model.json"]), "temperature": bad}
        ).encode()

    with pytest.raises(ModelFileError, match="do not fit together .the temperature"):
        rv.load(rewritten(path, tmp_path / "odd.rv", change))


def test_golden_rows_are_nobodys(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        golden = json.loads(archive.read("golden.json"))
    rows = pl.DataFrame(golden["rows"], strict=False)
    assert len(rows) == len(golden["outputs"]) == file.GOLDEN_ROWS
    own = mixed_frame()
    assert not set(rows["size"].drop_nulls().to_list()) & set(own["size"].drop_nulls().to_list())


def test_no_pickle_inside(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == sorted(["manifest.json", *members.MEMBERS])


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_changed_byte_is_refused(path: Path, tmp_path: Path, at: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * at)] ^= 0xFF
    (tmp_path / "changed.rv").write_bytes(bytes(content))
    with pytest.raises(ModelFileError, match="is damaged|has been changed|has format"):
        rv.load(tmp_path / "changed.rv")


def test_a_changed_member_is_refused(path: Path, tmp_path: Path) -> None:
    def change(contents: dict[str, bytes]) -> None:
        contents["model.json"] = contents["model.json"].replace(b"green", b"grey!")

    with pytest.raises(ModelFileError, match="its member 'model.json' has been changed"):
        rv.load(rewritten(path, tmp_path / "m.rv", change, sign=False))


def test_other_weights_with_right_digests_are_refused(path: Path, tmp_path: Path) -> None:
    def change(contents: dict[str, bytes]) -> None:
        weights = load_tensors(contents["weights.safetensors"])
        contents["weights.safetensors"] = save_tensors(
            {name: tensor + 0.1 for name, tensor in weights.items()}
        )

    with pytest.raises(ModelFileError, match="does not give the outputs that the file records"):
        rv.load(rewritten(path, tmp_path / "m.rv", change))


def test_weights_that_are_not_finite_are_refused(path: Path, tmp_path: Path) -> None:
    def change(contents: dict[str, bytes]) -> None:
        weights = load_tensors(contents["weights.safetensors"])
        nan = {name: torch.full_like(tensor, float("nan")) for name, tensor in weights.items()}
        contents["weights.safetensors"] = save_tensors(nan)

    with pytest.raises(ModelFileError, match="does not give the outputs"):
        rv.load(rewritten(path, tmp_path / "m.rv", change))


def without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda described: described.pop(name)


def other_task(described: dict[str, Any]) -> None:
    described["task"]["name"] = "os:system"


def other_network(described: dict[str, Any]) -> None:
    described["architecture"]["network"] = {"name": "mlp", "hidden": [9]}


@pytest.mark.parametrize(
    "change", [without("schema"), without("task"), without("card"), other_task, other_network]
)
def test_parts_that_do_not_fit_are_refused(
    path: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    def change_json(contents: dict[str, bytes]) -> None:
        described = json.loads(contents["model.json"])
        change(described)
        contents["model.json"] = json.dumps(described).encode()

    with pytest.raises(ModelFileError, match="its parts do not fit together"):
        rv.load(rewritten(path, tmp_path / "m.rv", change_json))


def test_a_newer_format_is_refused(path: Path, tmp_path: Path) -> None:
    def change(contents: dict[str, bytes]) -> None:
        contents["manifest.json"] = json.dumps({"format": 99, "sha256": {}}).encode()

    with pytest.raises(ModelFileError, match="has format 99. Expected format 1 or older"):
        rv.load(rewritten(path, tmp_path / "m.rv", change))


@pytest.mark.parametrize("content", [b"", b"PK", b"GIF89a" * 99, json.dumps({"a": 1}).encode()])
def test_garbage_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.rv").write_bytes(content)
    with pytest.raises(ModelFileError, match="is no model file, or is damaged"):
        rv.load(tmp_path / "m.rv")


def test_a_zip_without_manifest_format(path: Path, tmp_path: Path) -> None:
    def change(contents: dict[str, bytes]) -> None:
        contents["manifest.json"] = b"[]"

    with pytest.raises(ModelFileError, match="is no model file, or is damaged"):
        rv.load(rewritten(path, tmp_path / "m.rv", change, sign=False))


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="There is no file"):
        rv.load(tmp_path / "none.rv")
    with pytest.raises(ModelFileError, match="cannot be read"):
        rv.load(tmp_path)


def test_new_rows_lack_a_column(path: Path) -> None:
    with pytest.raises(DataError, match="colour"):
        rv.load(path).predict(mixed_frame().drop("colour"))


def test_new_rows_as_an_array_of_the_wrong_width(path: Path) -> None:
    with pytest.raises(DataError, match="The array has 5 columns. Expected 3"):
        rv.load(path).predict(np.zeros((2, 5)))


def test_rows_that_cannot_be_read_are_refused_not_skipped(path: Path, tmp_path: Path) -> None:
    lines = mixed_frame().write_csv().splitlines()
    lines[40] += ",too,many"
    (tmp_path / "ragged.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match="rows that no prediction can be made for: 1 row dropped"):
        rv.load(path).predict(tmp_path / "ragged.csv")


def test_unseen_and_missing_values_are_answered_and_said(path: Path) -> None:
    from ranvier.data.ledger import Ledger

    ledger = Ledger()
    new = mixed_frame().head(2).with_columns(colour=pl.Series(["mauve", None]))
    assert len(rv.load(path).predict(new, ledger)) == 2
    assert sum(entry.count for entry in ledger.entries if entry.column == "colour") == 2


class Small(torch.nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x).squeeze(1)


def test_a_module_of_ones_own_needs_its_code(tmp_path: Path) -> None:
    run = rv.fit(
        mixed_frame(),
        target="bought",
        network=Small(6),
        settings={"training.epochs": 1, "evaluation.baselines": False},
        out=tmp_path / "own",
    )
    with pytest.raises(SpecError, match="a module of its author's own"):
        rv.load(run.folder / "model.rv")
    model = rv.load(run.folder / "model.rv", network=Small(6))
    assert len(model.predict(mixed_frame())) == 120
    assert str(model) == "classify 'bought' from 3 columns"
    with pytest.raises(ModelFileError, match="its parts do not fit together"):
        rv.load(run.folder / "model.rv", network=Small(7))
