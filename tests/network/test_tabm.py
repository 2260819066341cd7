"""TabM and the piecewise-linear encoder against slow, plain computations of their formulas."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import torch

from ranvier.assemble import Architecture
from ranvier.data.batches import Batch
from ranvier.data.kinds.number import Number
from ranvier.data.preparation import Preparation
from ranvier.losses import MSE, BinaryCrossEntropy, CrossEntropy
from ranvier.network import Piecewise, TabM
from ranvier.network.counting import multiplications
from ranvier.network.piecewise import BINS
from ranvier.network.tabm import Heads, SharedLinear
from ranvier.spec import Choice, Spec
from ranvier.tasks.classify import Classify
from ranvier.tasks.regress import Regress
from ranvier.training.objectives.supervised import Supervised
from ranvier.workflow.settle import settle


def drawn(module: torch.nn.Module) -> torch.nn.Module:
    """Every parameter with values of its own, so that none is 0 or 1 by chance."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(generator=generator)
    return module


@pytest.mark.parametrize("rows", [1, 2, 40])  # few rows and many take two ways to the same result
def test_a_layer_is_its_formula_for_each_member(rows):
    layer = drawn(SharedLinear(3, 4, members=2, first=True, gain=1.0)).double()
    x = torch.randn(2, rows, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    kept = torch.tensor([[1.25, 0.0, 1.25], [1.25, 1.25, 1.25]], dtype=torch.float64)
    for given in (None, kept):
        z = layer(x, given)
        assert z.shape == (2, rows, 4)
        for m in range(2):
            r, s, b = layer.inner.view(2, 3)[m], layer.outer.view(2, 4)[m], layer.bias.view(2, 4)[m]
            scaled = x[m] * r if given is None else x[m] * r * given[m]
            torch.testing.assert_close(z[m], s * (scaled @ layer.weight.T) + b)


def test_each_member_is_a_perceptron_of_its_own():
    trunk = drawn(TabM(5, members=3, hidden=[6, 4], dropout=0.0)).double()
    head = drawn(trunk.head(2)).double()
    x = torch.randn(7, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    outputs = head(trunk(x))
    assert outputs.shape == (7, 3, 2)
    for m in range(3):
        a = x
        for layer in trunk.layers:
            n_out, n_in = layer.weight.shape
            r, s, b = (
                layer.inner.view(3, n_in)[m],
                layer.outer.view(3, n_out)[m],
                layer.bias.view(3, n_out)[m],
            )
            a = torch.relu(s * ((a * r) @ layer.weight.T) + b)
        torch.testing.assert_close(outputs[:, m], a @ head.weight[m] + head.bias[m])


def test_the_number_of_parameters_and_of_multiplications():
    trunk = TabM(5, members=3, hidden=[6, 4])
    assert sum(p.numel() for p in trunk.parameters()) == 5 * 6 + 3 * (5 + 12) + 6 * 4 + 3 * (6 + 8)
    assert trunk.multiplications == 3 * (30 + 24)
    head = trunk.head(2)
    assert isinstance(head, Heads)
    assert sum(p.numel() for p in head.parameters()) == 3 * 5 * 2
    assert multiplications(torch.nn.Sequential(trunk, head)) == 3 * (30 + 24 + 8)


def test_members_start_apart_and_only_by_signs():
    trunk = TabM(40, members=4, hidden=[8])
    layer = trunk.layers[0]
    assert set(layer.inner.tolist()) == {-1.0, 1.0}
    assert len({tuple(member) for member in layer.inner.view(4, 40).tolist()}) == 4
    assert (layer.outer == 1).all() and not layer.bias.any()
    second = TabM(40, members=4, hidden=[8, 8]).layers[1]
    assert (second.inner == 1).all()


def test_dropout_takes_the_same_units_from_each_row_and_others_from_each_member():
    trunk = TabM(5, members=8, hidden=[64], dropout=0.5)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x = torch.randn(9, 5)
        a = trunk.train()(x)
        gone = (a == 0).all(dim=0)  # (M, H)
        assert 0.3 < gone.float().mean() < 0.8
        assert len({tuple(member) for member in gone.tolist()}) == 8
        whole = trunk.eval()(x)
        torch.testing.assert_close(a[:, ~gone], 2 * whole[:, ~gone])
        assert torch.equal(whole, trunk(x))


def piecewise_by_hand(x: float, edges: list[float]) -> list[float]:
    bins = list(pairwise(edges))
    values = []
    for place, (start, end) in enumerate(bins):
        value = (x - start) / (end - start)
        value = value if place == 0 else max(value, 0.0)
        values.append(value if place == len(bins) - 1 else min(value, 1.0))
    return values


def test_how_far_numbers_are_through_the_bins():
    edges = [[-1.0, 0.0, 0.5, 2.0], [0.0, 4.0], []]
    encoder = Piecewise(width=4, edges=edges)
    for x in (-3.0, -1.0, -0.25, 0.0, 0.3, 0.5, 1.0, 2.0, 9.0):
        through = encoder.encode(torch.tensor([[x, x, x]]))[0]
        assert through[0].tolist() == pytest.approx(piecewise_by_hand(x, edges[0]))
        assert through[1].tolist() == pytest.approx([*piecewise_by_hand(x, edges[1]), 0.0, 0.0])
        assert through[2].tolist() == [0.0, 0.0, 0.0]


def test_the_vectors_of_numbers_by_hand():
    edges = [[-1.0, 0.0, 1.0], [0.0, 4.0]]
    encoder = drawn(Piecewise(width=3, edges=edges, dimension=2))
    block = torch.tensor([[0.5, 1.0, 1.0], [-7.0, 8.0, 0.0]])
    features = encoder(block)
    assert encoder.outputs == 5 and encoder.spans == [(0, 2), (2, 4), (4, 5)]
    for row in range(2):
        for column, (start, end) in enumerate(encoder.spans[:2]):
            x = block[row, column]
            vector = encoder.weight[column] * x + encoder.bias[column]
            for place, value in enumerate(piecewise_by_hand(float(x), edges[column])):
                vector = vector + value * encoder.bins[column, place]
            torch.testing.assert_close(features[row, start:end], vector)
        assert features[row, 4] == block[row, 2]


def test_bins_start_small_and_stay_in_their_column():
    encoder = Piecewise(width=2, edges=[[-1.0, 0.0, 1.0], [0.0, 4.0]])
    assert 0 < encoder.bins.abs().max() <= BINS * encoder.dimension**-0.5
    encoder(torch.tensor([[0.5, 0.5]])).square().sum().backward()
    assert encoder.bins.grad[0].any()
    assert not encoder.bins.grad[1, 1].any()  # the second column has one bin


def test_many_columns_have_shorter_vectors_and_fewer_bins():
    edges = [[float(value) for value in range(49)]] * 600
    encoder = Piecewise(width=600, edges=edges)
    assert encoder.outputs == 600
    assert encoder.bins.shape == (600, 6, 1)
    assert encoder(torch.zeros(2, 600)).isfinite().all()
    assert Piecewise(width=0, edges=[]).outputs == 0
    assert Piecewise(width=1, edges=[[]])(torch.ones(2, 1)).shape == (2, 16)


def test_edges_are_quantiles_of_the_training_rows_or_their_few_values():
    x = np.random.default_rng(0).lognormal(size=5000)
    kind = Number.fit(pl.DataFrame({"x": x, "few": np.arange(5000) % 3, "same": np.ones(5000)}))
    quantiles = (np.quantile(x, np.linspace(0, 1, 49), method="nearest") - kind.mean[0]) / kind.scale[0]
    np.testing.assert_allclose(kind.edges[0], quantiles, rtol=1e-5)
    few = kind.transform(pl.DataFrame({"x": [1.0] * 3, "few": [0, 1, 2], "same": [1.0] * 3}))[:, 1]
    np.testing.assert_allclose(kind.edges[1], few.numpy(), rtol=1e-5)
    assert kind.edges[2] == ()
    assert Number.fit(pl.DataFrame({"x": x}), bins=0).edges == ((),)


def test_a_value_that_most_rows_have_does_not_use_up_the_bins():
    x = np.concatenate([np.zeros(4000), np.arange(1, 1001)])
    (edges,) = Number.fit(pl.DataFrame({"x": x})).edges
    assert len(edges) == 49
    amounts = np.array(edges) * Number.fit(pl.DataFrame({"x": x})).scale[0] + x.mean()
    np.testing.assert_allclose(
        amounts, [0, *np.quantile(x[4000:], np.linspace(0, 1, 48), method="nearest")], atol=0.01
    )


LOGITS = torch.randn(6, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3)) * 3


def test_an_ensembles_probabilities_are_the_mean_of_its_members():
    three = Classify.fit(pl.Series("y", ["a", "b", "c"]), np.arange(3))
    expected = torch.softmax(LOGITS, dim=2).mean(dim=1).numpy()
    np.testing.assert_allclose(three.decode(LOGITS), expected, rtol=1e-12)
    two = Classify.fit(pl.Series("y", ["a", "b"]), np.arange(2))
    single = LOGITS[:, :, :1]
    np.testing.assert_allclose(
        two.decode(single)[:, 1], torch.sigmoid(single).mean(dim=1)[:, 0].numpy(), rtol=1e-12
    )
    assert np.isfinite(two.joined(torch.tensor([[[900.0]], [[-900.0]]])).numpy()).all()


def test_an_ensembles_value_is_the_mean_of_its_members():
    task = Regress.fit(pl.Series("y", [10.0, 20.0, 60.0]), np.arange(3))
    outputs = LOGITS[:, :, :1]
    expected = outputs.mean(dim=1)[:, 0].numpy() * task.kind.scale[0] + task.kind.mean[0]
    np.testing.assert_allclose(task.decode(outputs), expected, rtol=1e-12)


@pytest.mark.parametrize("weight", [None, torch.tensor([1.0, 0.0, 2.0, 1.0, 0.5, 3.0])])
def test_each_member_learns_on_its_own_and_all_are_measured_together(weight):
    target = torch.tensor([0, 1, 2, 2, 1, 0])
    batch = Batch({"x": LOGITS.float()}, target, torch.arange(6), weight)
    task = Classify.fit(pl.Series("y", ["a", "b", "c"]), np.arange(3))
    factors = torch.tensor([1.0, 2.0, 0.5])
    objective = Supervised(CrossEntropy(), factors, task.joined)

    def identity(inputs):
        return inputs["x"]

    loss, outputs = objective.step(identity, batch, "network", torch.default_generator)
    w = factors[target] * (1.0 if weight is None else weight)
    alone = torch.stack([CrossEntropy()(LOGITS[:, m].float(), target) for m in range(4)], dim=1)
    torch.testing.assert_close(loss, (w * alone.mean(dim=1)).sum() / w.sum())
    chosen = torch.softmax(LOGITS, dim=2).mean(dim=1).float()[torch.arange(6), target]
    torch.testing.assert_close(objective.evaluate(outputs, batch), (w * -chosen.log()).sum() / w.sum())


@pytest.mark.parametrize(
    ("loss", "target"), [(MSE(), torch.randn(6, 1)), (BinaryCrossEntropy(), torch.tensor([0, 1, 1, 0, 1, 0]))]
)
def test_the_mean_of_members_for_values_and_single_logits(loss, target):
    outputs = LOGITS[:, :, :1].float()
    batch = Batch({}, target, torch.arange(6))
    expected = torch.stack([loss(outputs[:, m], target) for m in range(4)]).mean()
    torch.testing.assert_close(Supervised(loss).evaluate(outputs, batch), expected)


def test_only_an_encoder_of_bins_is_given_their_edges():
    preparation = Preparation({"number": Number.fit(pl.DataFrame({"x": np.arange(20.0)}))})
    for name, taken in (("tabm", {"width", "edges"}), ("mlp", {"width"}), ("own", {"width"})):
        architecture = Architecture.of(Choice(name=name), preparation, 2)
        assert set(architecture.blocks["number"]) == taken
    network = Architecture.of(Choice(name="tabm"), preparation, 2).build(seed=0)
    assert isinstance(network.encoders["number"], Piecewise)
    assert network({"number": torch.zeros(3, 1)}).shape == (3, 8, 2)


def test_the_default_for_tables_and_the_rate_of_another_optimizer():
    task = Classify.fit(pl.Series("y", ["a", "b"]), np.arange(2))
    settled = settle(Spec(), task, 1000).spec
    assert (settled.network.name, settled.training.learning_rate) == ("tabm", 4e-3)
    assert settled.training.optimizer == Choice(name="adamw", options={"weight_decay": 3e-4})
    other = settle(Spec.from_settings({"training.optimizer": "momentum"}), task, 1000).spec
    assert other.training.learning_rate == 0.02
