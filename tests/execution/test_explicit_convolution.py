"""Convolution and pooling by hand equal autograd, at each step and where regions have their maximum twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn

from ranvier import catalog
from ranvier.data.batches import Batch
from ranvier.execution.explicit import Explicit, Unknown, pooled
from ranvier.execution.explicit.chain import Chain
from ranvier.execution.plan import Plan, candidates
from ranvier.losses import CrossEntropy
from ranvier.network.assembled import Assembled, Own
from ranvier.network.heads import Head
from ranvier.network.mlp import MLP
from ranvier.network.pictures.encoders import Pixels
from ranvier.training.objectives.supervised import Supervised

BLOCK = {"channels": 2, "size": [11, 12], "mean": [90.0, 140.0], "deviation": [50.0, 60.0]}


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """Numbers so fine that rounding explains no difference."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def own(*layers: nn.Module) -> nn.Module:
    """Such layers for pictures, their weights drawn anew."""
    network = Own(nn.Sequential(*layers), {"image": BLOCK})
    for place, parameter in enumerate(network.parameters()):
        nn.init.normal_(parameter, std=0.3, generator=torch.Generator().manual_seed(place))
    return network.train()


def lenet() -> nn.Module:
    return own(
        nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 2), nn.ReLU(), nn.MaxPool2d((2, 2)), nn.Flatten(), nn.Linear(16, 5), nn.Tanh(),
        nn.Linear(5, 3),
    )  # fmt: skip


def means() -> nn.Module:
    return own(
        nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(0, 1), bias=False), nn.GELU(), nn.AvgPool2d(2),
        nn.Dropout(0.3), nn.Conv2d(4, 4, 2, groups=2, dilation=1), nn.AvgPool2d(1), nn.Flatten(), nn.Linear(20, 3),
    )  # fmt: skip


def pooled_first() -> nn.Module:
    return own(
        nn.MaxPool2d(3), nn.Conv2d(2, 3, 2), nn.MaxPool2d(1), nn.SiLU(), nn.Flatten(), nn.Linear(18, 3)
    )


def of_five() -> nn.Module:
    """Each convolution goes with the pooling behind it: with frames, rests and activations, and without."""
    return own(
        nn.Conv2d(2, 3, 5, padding=(2, 3)), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 4, (4, 3), bias=False),
        nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(4, 2, 1), nn.MaxPool2d(1), nn.Flatten(), nn.Linear(4, 3),
    )  # fmt: skip


def thirds() -> nn.Module:
    return own(
        nn.ReLU(), nn.Conv2d(2, 3, (3, 4), padding=1), nn.MaxPool2d(3), nn.Sigmoid(), nn.Dropout(0.3),
        nn.Conv2d(3, 2, 2), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2, 3),
    )  # fmt: skip


def tied() -> nn.Module:
    """All pixels of a map are the same at first, so that each region has its maximum in every place."""
    network = own(nn.Conv2d(2, 3, 1), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(90, 3))
    with torch.no_grad():
        next(network.parameters()).zero_()
    return network


def perceptron() -> nn.Module:
    trunk = MLP(264, hidden=[6])
    network = Assembled({"image": Pixels(**BLOCK)}, trunk, Head(6, 3))  # type: ignore[arg-type]
    network.reset(torch.Generator().manual_seed(0))
    return network.train()


def batch(rows: int, fractions: bool) -> Batch:
    generator = torch.Generator().manual_seed(rows)
    pixels = torch.randint(0, 256, (rows, 2, 11, 12), generator=generator)
    block = pixels.double() if fractions else pixels.to(torch.uint8)
    return Batch({"image": block}, torch.randint(0, 3, (rows,), generator=generator), torch.arange(rows))


@pytest.mark.parametrize("build", [lenet, means, pooled_first, tied, perceptron, of_five, thirds])
@pytest.mark.parametrize("fractions", [False, True])
@pytest.mark.parametrize("growth", [0.0, 99.0], ids=["apart", "together"])
def test_steps_by_hand_equal_autograds(
    build: Callable[[], nn.Module], fractions: bool, growth: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooled, "GROWTH", growth)
    by_hand, plain = build(), build()
    ours, theirs = (
        catalog.load("optimizers", "adamw")(list(network.named_parameters()), 0.01)
        for network in (by_hand, plain)
    )
    batches = [batch(rows, fractions) for rows in (8, 8, 5, 8)]
    with Explicit(by_hand, CrossEntropy(), ours, batches[0]) as explicit:
        for number, rows in enumerate(batches):
            torch.manual_seed(number)
            theirs.zero_grad()
            loss, _ = Supervised(CrossEntropy()).step(plain, rows, "network", torch.default_generator)
            loss.backward()
            theirs.step()
            torch.manual_seed(number)
            assert explicit.step(rows) == pytest.approx(loss.item(), abs=1e-10)
            for (name, p), q in zip(plain.named_parameters(), by_hand.named_parameters()):
                torch.testing.assert_close(q[1].grad, p.grad, rtol=1e-7, atol=1e-10, msg=name)
                torch.testing.assert_close(q[1], p, rtol=1e-7, atol=1e-9, msg=name)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (nn.Conv2d(2, 3, 3, padding="same"), "form of Conv2d"),
        (nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"), "form of Conv2d"),
        (nn.MaxPool2d(3, 2), "form of MaxPool2d"),
        (nn.MaxPool2d((1, 2)), "form of MaxPool2d"),
        (nn.MaxPool2d(2, ceil_mode=True), "form of MaxPool2d"),
        (nn.MaxPool2d(2, padding=1), "form of MaxPool2d"),
        (nn.AvgPool2d(2, divisor_override=3), "form of AvgPool2d"),
        (nn.Flatten(2), "form of Flatten"),
        (nn.Linear(12, 3), "4 dimensions is not written out"),
        (nn.BatchNorm2d(2), "BatchNorm2d are not written out"),
    ],
)
def test_what_is_not_written_out_is_said(layer: nn.Module, said: str) -> None:
    with pytest.raises(Unknown, match=said):
        Chain(own(layer), {"image": batch(4, False).inputs["image"]})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("layers", "together"),
    [
        ((nn.Conv2d(2, 3, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()), 3),
        ((nn.Conv2d(2, 3, 5, padding=2, bias=False), nn.MaxPool2d(2), nn.Tanh()), 2),
        ((nn.Conv2d(2, 3, 5), nn.GELU(), nn.MaxPool2d(2)), 0),  # falls before it rises
        ((nn.Conv2d(2, 3, 3), nn.MaxPool2d(2)), 0),  # 1.78 times as many multiplications
        ((nn.Conv2d(2, 3, 5, stride=2), nn.MaxPool2d(2)), 0),
        ((nn.Conv2d(2, 3, 5, dilation=2), nn.MaxPool2d(2)), 0),
        ((nn.Conv2d(2, 4, 5, groups=2), nn.MaxPool2d(2)), 0),
        ((nn.Conv2d(2, 3, 5), nn.MaxPool2d(1)), 0),
        ((nn.Conv2d(2, 3, 5), nn.MaxPool2d(2, 1)), 0),
        ((nn.Conv2d(2, 3, 5), nn.AvgPool2d(2)), 0),
        ((nn.Conv2d(2, 3, 5, padding="same"), nn.MaxPool2d(2)), 0),
        ((nn.Conv2d(2, 3, 5), nn.ReLU()), 0),
        ((nn.Conv2d(2, 3, 5),), 0),
        ((nn.ReLU(), nn.Conv2d(2, 3, 5), nn.MaxPool2d(2)), 0),
    ],
)
def test_what_goes_with_pooling(layers: tuple[nn.Module, ...], together: int) -> None:
    found = pooled.found(layers, torch.zeros(4, 2, 12, 12))
    assert (found is not None) == bool(together)
    assert found is None or [each for each in found if each is not None] == list(layers[:together])


def test_large_maps_go_apart() -> None:
    layers = [nn.Conv2d(17, 3, 5), nn.MaxPool2d(2)]
    assert pooled.found(layers, torch.zeros(4, 17, 12, 12)) is None
    layers[0] = nn.Conv2d(16, 3, 5)
    assert pooled.found(layers, torch.zeros(4, 16, 12, 12)) is not None
    assert pooled.found(layers, torch.empty(256, 16, 40, 40, device="meta")) is None


def test_with_pooling_in_16_bits() -> None:
    """Autocast forms the same products, and is as far from the gradient in 32 bits."""
    torch.set_default_dtype(torch.float32)

    def wide() -> nn.Module:
        return own(
            nn.Conv2d(2, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 70, 5, padding=2),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(420, 64), nn.ReLU(), nn.Linear(64, 3),
        )  # fmt: skip

    rows, gradients = batch(16, fractions=False), []
    for in_16_bits in (True, False):
        with torch.autocast("cpu", torch.bfloat16, enabled=in_16_bits):
            loss, _ = Supervised(CrossEntropy()).step(
                plain := wide(), rows, "network", torch.default_generator
            )
        loss.backward()
        gradients.append([p.grad for p in plain.parameters()])
    by_hand = wide()
    optimizer = catalog.load("optimizers", "adam")(list(by_hand.named_parameters()), 0.01)
    with Explicit(by_hand, CrossEntropy(), optimizer, rows, in_16_bits=True) as explicit:
        layer: Any = explicit.passes[16].chain.layers[0]
        assert layer.windows.dtype == torch.bfloat16 and layer.z.exact.dtype == torch.float32
        assert explicit.step(rows) == pytest.approx(loss.item(), rel=0.02)
        autocast, exact = (torch.cat([g.flatten() for g in each]) for each in gradients)
        ours = torch.cat([p.grad.flatten() for p in by_hand.parameters() if p.grad is not None])
        norm = torch.linalg.vector_norm
        assert ours.dtype == torch.float32 and len(ours) == len(exact)
        assert 0 < norm(ours - exact) < 1.3 * norm(autocast - exact)


def test_networks_with_filters_are_tried_in_other_layouts_too() -> None:
    plans = candidates(Plan("explicit"), lenet(), 1, heavy=True)
    assert {plan.layout for plan in plans} == {"contiguous", "channels_last"}
    assert {plan.layout for plan in candidates(Plan("explicit"), perceptron(), 1, heavy=True)} == {
        "contiguous"
    }
