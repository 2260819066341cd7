"""Steps by autograd in other precisions and layouts: the same training, nearly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ranvier.data.batches import Batch, Batches
from ranvier.execution.explicit import Unknown
from ranvier.execution.plan import EXACT, Plan
from ranvier.losses import CrossEntropy
from ranvier.training.autograd import Autograd
from ranvier.training.limits import Limits
from ranvier.training.loop import train
from ranvier.training.objectives.supervised import Supervised
from ranvier.training.optimizers import adamw, muon
from ranvier.training.schedules import Constant
from ranvier.training.state import State, copy_weights
from ranvier.training.steps import explicit

LIMITS = Limits(epochs=2, seed=3)


class Pictures(nn.Module):
    """A small convolutional network of one block."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[Any, ...]] = set()
        self.first, self.second = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)
        self.head = nn.Linear(8, 3)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        x = inputs["image"]
        hidden = self.second(torch.relu(self.first(x)))
        if self.training:
            last = x.is_contiguous(memory_format=torch.channels_last)
            self.seen.add((hidden.dtype, last, self.first.weight.is_contiguous()))
        outputs: Tensor = self.head(hidden.mean((2, 3)))
        return outputs


def state(optimizer: Any = adamw) -> State:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Pictures()
    objective = Supervised(CrossEntropy())
    learning = objective.parts(network)["network"]
    return State(network, objective, {"network": optimizer(learning, 0.01)}, Constant())


def batches() -> Batches:
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randn(40, 3, 8, 8, generator=generator)
    return Batches(Batch({"image": pictures}, torch.arange(40) % 3, torch.arange(40)), 8, seed=0)


def run(plan: Plan, optimizer: Any = adamw, **options: Any) -> State:
    trained = options.pop("state", None) or state(optimizer)
    train(trained, batches(), LIMITS, lambda network: {}, plan=plan, **options)
    return trained


@pytest.mark.parametrize("optimizer", [adamw, muon])
@pytest.mark.parametrize(
    ("plan", "seen", "tolerance"),
    [
        (EXACT, (torch.float32, False, True), 1e-9),
        (Plan(layout="channels_last"), (torch.float32, True, False), 1e-3),
        (Plan(precision="bfloat16"), (torch.bfloat16, False, True), 5e-2),
        (Plan(precision="bfloat16", layout="channels_last"), (torch.bfloat16, True, False), 5e-2),
    ],
)
def test_losses_agree(plan: Plan, seen: tuple[Any, ...], tolerance: float, optimizer: Any) -> None:
    ours, exact = run(plan, optimizer), run(EXACT, optimizer)
    assert ours.network.seen == {seen}
    for line, expected in zip(ours.history, exact.history):
        assert line["train"]["loss"] == pytest.approx(expected["train"]["loss"], rel=tolerance)
    assert all(p.is_contiguous() and p.dtype is torch.float32 for p in ours.network.parameters())


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_resumes_to_the_same_bytes(tmp_path: Path, precision: Any) -> None:
    plan, path = Plan(precision=precision, layout="channels_last"), tmp_path / "checkpoint"
    whole, first = run(plan), state()
    run(plan, state=first, keep=lambda s: s.save(path), interrupted=lambda: first.step >= 3)
    again = state()
    again.load(path)
    assert again.step == 3
    run(plan, state=again)
    for name, tensor in copy_weights(whole.network).items():
        assert torch.equal(tensor, copy_weights(again.network)[name]), name


@pytest.mark.parametrize(
    ("precision", "length", "fused"),
    [("bfloat16", 512, False), ("bfloat16", 513, True), ("float32", 8, True)],
)
def test_attention_over_short_sequences_in_16_bits_is_plain(precision: Any, length: int, fused: bool) -> None:
    rows = Batch({"text": torch.zeros(2, length)}, torch.zeros(2), torch.arange(2))
    with Autograd(state(), LIMITS, Plan(precision=precision)) as steps, steps._precision(rows):
        assert torch.backends.cuda.flash_sdp_enabled() is fused
    assert torch.backends.cuda.flash_sdp_enabled()


def test_without_wide_layers_there_are_32_bits_by_hand() -> None:
    with pytest.raises(Unknown, match="no product of the network is written out in 16 bits"):
        explicit(state(), LIMITS, batches().sample(), Plan("explicit", "bfloat16"))
