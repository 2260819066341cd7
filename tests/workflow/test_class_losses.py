"""The loss of each class on the validation rows: by hand, and in a run's checks."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

import ranvier as rv
from ranvier.data.batches import Batch
from ranvier.losses import CrossEntropy
from ranvier.training.loop import Watcher
from ranvier.training.objectives.supervised import Supervised
from ranvier.training.state import State
from ranvier.workflow.class_losses import ClassLosses
from small_run import QUICK, mixed_frame


def test_the_losses_are_the_means_of_the_rows_of_each_class_that_has_enough() -> None:
    target = torch.tensor([0] * 25 + [1] * 30 + [2] * 3)
    outputs = torch.randn(58, 3, generator=torch.Generator().manual_seed(0))
    losses = ClassLosses(("a", "b", "c"), Supervised(CrossEntropy()), target)
    losses.see(outputs)
    expected = {
        name: F.cross_entropy(outputs[target == c], target[target == c]).item() for c, name in enumerate("ab")
    }
    assert losses.last == pytest.approx(expected)


def test_a_run_notices_them_after_each_epoch(tmp_path: Path) -> None:
    class Last(Watcher):
        def on_step(self, state: State, batch: Batch, loss: float) -> None:
            self.state = state

        def on_epoch(self, state: State, line: dict[str, object]) -> None:
            return

    last = Last()
    settings = {**QUICK, "training.epochs": 3, "split.validation": 0.4}
    rv.fit(mixed_frame(), target="bought", settings=settings, out=tmp_path / "run", watchers=[last])
    noticed = last.state.noticed["groups"]
    assert [each["epoch"] for each in noticed] == [1, 2, 3]
    assert all(len(each["losses"]) == 2 for each in noticed)
