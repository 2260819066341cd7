"""Tables with every kind of column, from reading to a loaded model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

import ranvier as rv
from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.errors import DataError

QUICK = {"training.epochs": 2, "training.batch_size": 64, "evaluation.resamples": 100}


@pytest.mark.parametrize("target", ["sold", "price"])
def test_a_table_of_all_kinds_is_learnt_saved_and_loaded(target: str, tmp_path: Path) -> None:
    run = rv.fit("sample:bicycles", target=target, settings=QUICK, out=tmp_path / "run")
    first = run.predict("sample:bicycles")
    run.save(tmp_path / "model.rv")
    again = rv.load(tmp_path / "model.rv").predict("sample:bicycles")
    assert again.equals(first)
    assert set(run.metrics["baselines"]) == {"trivial", "linear", "trees"}
    strange = pl.DataFrame({name: ["?!"] for name in read("sample:bicycles", Ledger()).frame.columns})
    ledger = Ledger()
    assert rv.load(tmp_path / "model.rv").predict(strange, ledger).height == 1
    assert sum(entry.count for entry in ledger.entries) == 11 - 1  # each input, and none in silence


def test_pictures_are_learnt_as_one_vector_and_predicted_from_arrays(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(120) % 2
    pictures = (generator.random((120, 4, 3)) * 100 + 150 * labels[:, None, None]).astype(np.uint8)
    run = rv.fit((pictures, labels), settings={**QUICK, "training.epochs": 20}, out=tmp_path / "run")
    model = run.model
    assert {name: dict(made) for name, made in model.architecture.blocks.items()} == {"vector": {"width": 12}}
    wanted = model.predict(pictures)
    assert np.mean(wanted["y"].cast(pl.Int64).to_numpy() == labels) > 0.9
    for same in (pictures.reshape(120, 12), torch.from_numpy(pictures), pictures.astype(float)):
        assert model.predict(same).equals(wanted)
    one = model.predict(pictures[0].reshape(-1))
    assert np.allclose(one.to_numpy(), wanted.head(1).to_numpy(), atol=1e-5)
    assert model.predict({"x": pictures.reshape(120, 12).tolist()}).equals(wanted)
    with pytest.raises(
        DataError, match="'x' holds a vector of 11 numbers. Expected 12 numbers, as in training"
    ):
        model.predict(pictures.reshape(120, 12)[:, :11])


class Both(nn.Module):
    """Takes two blocks by name."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, vector: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """(B, 1) and (B, 2) to (B, 2)."""
        outputs: torch.Tensor = self.layer(torch.cat([vector, labels], dim=1))
        return outputs


def test_a_module_of_the_users_own_is_fed_the_blocks_of_all_kinds(tmp_path: Path) -> None:
    data = {
        "v": [[float(i % 7)] for i in range(60)],
        "l": [["a", "b"][: 1 + i % 2] for i in range(60)],
        "y": ["no", "yes"] * 30,
    }
    by_name = rv.fit(data, target="y", network=Both(), settings=QUICK, out=tmp_path / "by_name")
    joined = rv.fit(data, target="y", network=nn.Linear(3, 2), settings=QUICK, out=tmp_path / "joined")
    for run, module in ((by_name, Both()), (joined, nn.Linear(3, 2))):
        assert rv.load(run.folder / "model.rv", network=module).predict(data).height == 60
