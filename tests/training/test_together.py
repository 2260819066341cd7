"""Several trainings as one program: each learns what it learns alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from ranvier.data.batches import Batch, Batches
from ranvier.execution.explicit import Unknown
from ranvier.losses import CrossEntropy
from ranvier.network.assembled import Assembled
from ranvier.network.encoders import Numbers
from ranvier.network.heads import Head
from ranvier.network.mlp import MLP
from ranvier.training.averaging import Average
from ranvier.training.limits import Limits
from ranvier.training.loop import train
from ranvier.training.objectives.supervised import Supervised
from ranvier.training.optimizers import adamw
from ranvier.training.schedules import Cosine, Plateau
from ranvier.training.state import State
from ranvier.training.together import Member, train_together


def rows(count: int, seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 5, generator=generator)
    y = (x[:, 0] + 0.5 * torch.randn(count, generator=generator) > 0).long()
    return Batch({"number": x}, y, torch.arange(count))


def member(seed: int, epochs: int = 6, patience: int = 2, rate: float = 0.03, **options: Any) -> Member:
    trunk = MLP(5, hidden=[12], dropout=0.2)
    network = Assembled({"number": Numbers(width=5)}, trunk, Head(12, 2))
    network.reset(torch.Generator().manual_seed(seed))
    objective, data, unseen = Supervised(CrossEntropy()), rows(50), rows(40, seed=1)

    def validate(network: Any) -> dict[str, float]:
        network.eval()
        with torch.no_grad():
            loss: Tensor = objective.evaluate(network(unseen.inputs), unseen)
        network.train()
        return {"loss": loss.item()}

    optimizers: dict[str, Any] = {"network": adamw(list(network.named_parameters()), rate)}
    schedule = options.pop("schedule", Cosine(warmup=0.1))
    average = Average(network) if options.pop("averaged", False) else None
    state = State(network, objective, optimizers, schedule, average)
    size = options.pop("size", 16)
    limits = Limits(epochs=epochs, patience=patience, seed=seed, **options)
    return Member(state, Batches(data, size, seed), limits, validate)


class Epochs:
    """Notes who is told of an epoch."""

    def __init__(self) -> None:
        self.told: list[int] = []

    def on_step(self, state: State, batch: Batch, loss: float) -> None:
        raise AssertionError

    def on_epoch(self, state: State, line: dict[str, Any]) -> None:
        self.told.append(id(state))


def test_each_learns_what_it_learns_alone() -> None:
    """Histories, ends and best weights are those of the loop; early stopping ends them at different epochs."""
    seeds, watcher = range(6), Epochs()
    together = [member(seed, epochs=12, patience=1) for seed in seeds]
    assert train_together(together, watchers=[watcher]) == [True] * len(seeds)
    for seed, ours in zip(seeds, together):
        alone = member(seed, epochs=12, patience=1)
        train(alone.state, alone.batches, alone.limits, alone.validate)
        assert ours.state.finished == alone.state.finished and ours.state.step == alone.state.step
        assert watcher.told.count(id(ours.state)) == alone.state.epoch
        for line, expected in zip(ours.state.history, alone.state.history, strict=True):
            assert line["train"]["loss"] == pytest.approx(expected["train"]["loss"], rel=1e-3)
            assert line["validation"]["loss"] == pytest.approx(expected["validation"]["loss"], rel=1e-3)
            assert line["learning_rate"] == pytest.approx(expected["learning_rate"])
            assert (line["epoch"], line["step"]) == (expected["epoch"], expected["step"])
        for ours_, alones in zip(ours.state.network.parameters(), alone.state.network.parameters()):
            torch.testing.assert_close(ours_, alones, rtol=1e-3, atol=1e-4)
    assert len({ours.state.epoch for ours in together}) > 1


def test_one_whose_loss_is_not_finite_leaves_the_others_alone() -> None:
    together = [member(0), member(1, rate=1e30), member(2)]
    assert train_together(together) == [True, False, True]
    alone = member(2)
    train(alone.state, alone.batches, alone.limits, alone.validate)
    assert together[2].state.finished == alone.state.finished
    assert together[2].state.history[-1]["train"]["loss"] == pytest.approx(
        alone.state.history[-1]["train"]["loss"], rel=1e-3
    )


def test_an_interruption_ends_all() -> None:
    asked = iter([False, False, True])
    assert train_together([member(0), member(1)], lambda: next(asked, True)) == [False, False]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"l2": 0.1}, "penalties, clipping"),
        ({"clip": 1.0}, "penalties, clipping"),
        ({"averaged": True}, "the weights are averaged"),
        ({"schedule": Plateau()}, "looks at the validation"),
        ({"size": 50}, "an epoch is one batch"),
    ],
)
def test_what_is_not_written_out_is_said(options: dict[str, Any], said: str) -> None:
    with pytest.raises(Unknown, match=said):
        train_together([member(0, **dict(options)), member(1, **dict(options))])
