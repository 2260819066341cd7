"""Each network of a population learns what it learns alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from ranvier import catalog
from ranvier.data.batches import Batch
from ranvier.execution.explicit import Unknown
from ranvier.execution.population import Population
from ranvier.losses import MSE, BinaryCrossEntropy, CrossEntropy, PerceptronCriterion
from ranvier.network.assembled import Assembled
from ranvier.network.encoders import Embeddings, Numbers
from ranvier.network.heads import Head
from ranvier.network.mlp import MLP
from ranvier.network.piecewise import Piecewise
from ranvier.network.tabm import TabM
from ranvier.training.objectives.supervised import Supervised
from ranvier.training.optimizers import set_rate

CATEGORIES = [3, 14, 20]


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """Numbers so fine that rounding explains no difference."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def network(seed: int, outputs: int, **options: Any) -> Assembled:
    encoders = {"number": Numbers(width=5), "category": Embeddings(cardinalities=CATEGORIES)}
    trunk = MLP(
        sum(int(e.outputs) for e in encoders.values()), **{"hidden": [9, 6], "dropout": 0.0, **options}
    )
    built = Assembled(encoders, trunk, Head(trunk.outputs, outputs))
    built.reset(torch.Generator().manual_seed(seed))
    return built.train()


def data(loss: Any, outputs: int, weighted: bool = False) -> Batch:
    generator = torch.Generator().manual_seed(0)
    categories = [torch.randint(0, n, (60,), generator=generator) for n in CATEGORIES]
    inputs = {"number": torch.randn(60, 5, generator=generator), "category": torch.stack(categories, 1)}
    if loss.outputs == ("values",):
        target = torch.randn(60, outputs, generator=generator)
    else:
        target = torch.randint(0, max(outputs, 2), (60,), generator=generator)
    weight = torch.rand(60, generator=generator) if weighted else None
    return Batch(inputs, target, torch.arange(60), weight)


def optimizer_of(name: str, built: nn.Module, rate: float, **options: Any) -> Any:
    return catalog.load("optimizers", name)(list(built.named_parameters()), rate, **options)


def agree(
    loss: Any,
    outputs: int,
    name: str = "adamw",
    rates: tuple[float, ...] = (0.01, 0.03, 0.002),
    decays: tuple[float, ...] = (),
    dropouts: tuple[float, ...] = (0.0, 0.0, 0.0),
    weighted: bool = False,
    class_weights: Any = None,
    **options: Any,
) -> None:
    """Train three networks together and each alone, in two sittings, and compare all that they end with."""
    rows = data(loss, outputs, weighted)

    def made() -> tuple[list[Any], list[Any]]:
        networks = [network(k, outputs, dropout=p, **options) for k, p in enumerate(dropouts)]
        extra = [{"weight_decay": d} for d in decays] or [{} for _ in rates]
        return networks, [optimizer_of(name, n, r, **e) for n, r, e in zip(networks, rates, extra)]

    (together, joint), (alone, single) = made(), made()
    objective = Supervised(loss, class_weights)
    generator = torch.Generator().manual_seed(5)
    for sitting in range(2):
        with Population(together, loss, joint, rows, class_weights) as population:
            for step, size in enumerate((16, 16, 7)):
                index = torch.stack([torch.randperm(60, generator=generator)[:size] for _ in together])
                seeds, factor = [10 * step + k for k in range(3)], 1.0 - 0.2 * step - 0.1 * sitting
                values = population.step(index, seeds, factor)
                for k, (net, optimizer) in enumerate(zip(alone, single)):
                    torch.manual_seed(seeds[k])
                    set_rate(optimizer, factor)
                    optimizer.zero_grad()
                    expected, _ = objective.step(net, rows.take(index[k]), "network", torch.default_generator)
                    expected.backward()
                    optimizer.step()
                    assert values[k] == pytest.approx(expected.item(), abs=1e-10)
                    for p, q in zip(together[k].parameters(), net.parameters()):
                        torch.testing.assert_close(p, q, rtol=1e-7, atol=1e-9)
    for ours, theirs in zip(joint, single):
        for number, remembered in theirs.state_dict()["state"].items():
            for key, value in remembered.items():
                if value is not None:
                    mine = ours.state_dict()["state"][number][key]
                    torch.testing.assert_close(mine, value, rtol=1e-6, atol=1e-9, check_dtype=False)
    pointers = [p.untyped_storage().data_ptr() for net in together for p in net.parameters()]
    assert len(set(pointers)) == len(pointers)


@pytest.mark.parametrize("name", [name for name in catalog.OPTIMIZERS if name != "muon"])
def test_optimizers_with_rates_of_their_own(name: str) -> None:
    agree(CrossEntropy(), 3, name)


def test_weight_decays_of_their_own() -> None:
    agree(CrossEntropy(), 3, decays=(0.0, 0.5, 0.1))


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_dropout_of_their_own(activation: str) -> None:
    agree(CrossEntropy(), 3, dropouts=(0.0, 0.3, 0.5), activation=activation)


@pytest.mark.parametrize(
    ("loss", "outputs"), [(MSE(), 2), (BinaryCrossEntropy(), 1), (CrossEntropy(label_smoothing=0.1), 4)]
)
@pytest.mark.parametrize("weighted", [False, True])
def test_losses_and_weights(loss: Any, outputs: int, weighted: bool) -> None:
    classes = loss.outputs != ("values",) and weighted
    agree(
        loss,
        outputs,
        weighted=weighted,
        class_weights=torch.linspace(0.5, 2.0, max(outputs, 2)) if classes else None,
    )


def test_without_a_hidden_layer() -> None:
    agree(CrossEntropy(), 3, hidden=[])


def test_a_network_whose_loss_is_not_finite_is_not_moved_and_the_others_learn() -> None:
    rows = data(MSE(), 2)
    rows.target[3] = float("inf")
    networks = [network(k, 2) for k in range(2)]
    before = [[p.detach().clone() for p in net.parameters()] for net in networks]
    optimizers = [optimizer_of("adamw", net, 0.01) for net in networks]
    with Population(networks, MSE(), optimizers, rows) as population:
        values = population.step(torch.tensor([[1, 2, 3], [4, 5, 6]]), [0, 1])
    assert values[0] == float("inf") and values[1] < float("inf")
    assert all(torch.equal(p, q) for p, q in zip(before[0], networks[0].parameters()))
    assert any(not torch.equal(p, q) for p, q in zip(before[1], networks[1].parameters()))
    assert all(torch.isfinite(p).all() for net in networks for p in net.parameters())


def piecewise() -> Assembled:
    trunk = MLP(32, hidden=[4])
    encoder = Piecewise(width=2, edges=[[0.0, 1.0], [0.0, 2.0]])
    return Assembled({"number": encoder}, trunk, Head(4, 3)).train()


def ensemble() -> Assembled:
    trunk = TabM(5, members=2, hidden=[4])
    return Assembled({"number": Numbers(width=5)}, trunk, trunk.head(3)).train()


@pytest.mark.parametrize(
    ("networks", "loss", "name", "said"),
    [
        (lambda: [network(0, 3), network(0, 3, activation="tanh")], CrossEntropy(), "adam", "differ in more"),
        (lambda: [network(0, 3).eval()], CrossEntropy(), "adam", "not in training"),
        (lambda: [nn.Linear(3, 3)], CrossEntropy(), "adam", "Linear is not written out for populations"),
        (lambda: [network(0, 1)], PerceptronCriterion(), "adam", "loss PerceptronCriterion is not written"),
        (lambda: [network(0, 3)], CrossEntropy(), "muon", "optimizer Together is not written out"),
        (lambda: [network(0, 3, norm="batch")], CrossEntropy(), "adam", "Layer is not written out for"),
        (lambda: [ensemble()], CrossEntropy(), "adam", "TabM is not written out for populations"),
        (lambda: [piecewise()], CrossEntropy(), "adam", "Piecewise is not written out for populations"),
    ],
)
def test_what_is_not_written_out_is_said(networks: Any, loss: Any, name: str, said: str) -> None:
    built = networks()
    optimizers = [optimizer_of(name, net, 0.01) for net in built]
    rows = data(loss, 3)
    with pytest.raises(Unknown, match=said), Population(built, loss, optimizers, rows) as population:
        population.step(torch.zeros(len(built), 4, dtype=torch.int64), [0] * len(built))


def test_optimizers_of_several_kinds_and_decays_of_other_kinds_are_refused() -> None:
    networks = [network(k, 3) for k in range(2)]
    kinds = [optimizer_of(name, net, 0.1) for name, net in zip(("adam", "adamw"), networks)]
    with pytest.raises(Unknown, match="differ in more than rate and decay"):
        Population(networks, CrossEntropy(), kinds, data(CrossEntropy(), 3))
    decaying = [torch.optim.SGD(net.parameters(), lr=0.1, weight_decay=0.1) for net in networks]
    with pytest.raises(Unknown, match="for AdamW alone"):
        Population(networks, CrossEntropy(), decaying, data(CrossEntropy(), 3))
