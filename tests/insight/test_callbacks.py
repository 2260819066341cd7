"""rv.watch by Lightning's Trainer and by that of transformers: the findings are those of a loop by hand."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import ranvier as rv
from ranvier.errors import SpecError
from sick_programs import Small, rows

FEW = 16


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lightning", "lightning.pytorch", "pytorch_lightning", "transformers"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SpecError, match="Lightning is not installed"):
        rv.lightning_callback()
    with pytest.raises(SpecError, match="Transformers is not installed"):
        rv.transformers_callback()


@pytest.mark.parametrize(("rate", "code"), [(300.0, "RV241"), (0.1, None)])
@pytest.mark.filterwarnings("ignore")
def test_lightning(tmp_path: Path, rate: float, code: str | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pl: Any = pytest.importorskip("pytorch_lightning")

    class Module(pl.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.network = Small()

        def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
            return F.cross_entropy(self.network(batch[0]), batch[1])

        def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
            self.log("val_loss", F.cross_entropy(self.network(batch[0]), batch[1]))

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), rate)

    x, y = rows(64)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), FEW)
    callback = rv.lightning_callback(say=None)
    trainer = pl.Trainer(
        max_epochs=4,
        accelerator="cpu",
        logger=False,
        callbacks=[callback],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    trainer.fit(Module(), loader, loader)
    found = [f.code for f in callback.findings if f.severity != "info"]
    assert (code in found) if code else found == []
    assert callback.watch.recording.steps == 16
    if code is None:  # losses that are not finite are left out
        assert [e.validation is not None for e in callback.watch.recording.epochs] == [True] * 4


@pytest.mark.parametrize(("rate", "code"), [(300.0, "RV241"), (0.1, None)])
@pytest.mark.filterwarnings("ignore")
def test_transformers(tmp_path: Path, rate: float, code: str | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transformers: Any = pytest.importorskip("transformers")
        pytest.importorskip("accelerate")

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = Small()

        def forward(self, x: Tensor, labels: Tensor) -> dict[str, Tensor]:
            outputs = self.network(x)
            return {"loss": F.cross_entropy(outputs, labels), "logits": outputs}

    x, y = rows(64)
    data = [{"x": a, "labels": b} for a, b in zip(x, y, strict=True)]
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path),
        num_train_epochs=4,
        per_device_train_batch_size=FEW,
        logging_steps=1,
        eval_strategy="epoch",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
    )
    model, callback = Model(), rv.transformers_callback(say=None)
    trainer = transformers.Trainer(
        model,
        arguments,
        train_dataset=data,
        eval_dataset=data,
        callbacks=[callback],
        optimizers=(torch.optim.SGD(model.parameters(), rate), None),
    )
    trainer.train()
    found = [f.code for f in callback.findings if f.severity != "info"]
    assert (code in found) if code else found == []
    assert callback.watch.recording.steps == 16
    assert code or len(callback.watch.recording.epochs) == 4
