"""What every network (trunk) keeps, alone and between encoders and a head."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from ranvier.catalog import NETWORKS, load
from ranvier.data.batches import Batch
from ranvier.losses import CrossEntropy, PerceptronCriterion
from ranvier.network import MLP, Assembled, Embeddings, Head, Linear, Numbers
from ranvier.options import defaults
from ranvier.spec import Spec
from ranvier.training.objectives.supervised import Supervised

INPUTS = 5
VARIANTS = [
    ("perceptron", {}),
    ("linear", {}),
    ("mlp", {}),
    ("mlp", {"hidden": [], "dropout": 0.0}),
    ("mlp", {"hidden": [12], "activation": "tanh", "initializer": "xavier_normal", "dropout": 0.0}),
    ("mlp", {"hidden": [12, 9], "norm": "batch", "activation": "gelu"}),
    ("mlp", {"hidden": [12, 9], "norm": "layer", "initializer": "orthogonal"}),
    ("tabm", {}),
    ("tabm", {"members": 3, "hidden": [12], "activation": "silu", "dropout": 0.0}),
    ("tabm", {"members": 2, "hidden": []}),
]
each = pytest.mark.parametrize(("name", "options"), VARIANTS)


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small only wait for their threads, and much longer where other tests run at the same time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def expected_count(inputs: int, options: dict, name: str) -> int:
    """The documented number of parameters of a trunk."""
    if name not in ("mlp", "tabm"):
        return 0
    options = {**defaults("networks", name), **options}
    widths = [inputs, *options["hidden"]]
    if name == "tabm":
        return sum(n_in * n_out + options["members"] * (n_in + 2 * n_out) for n_in, n_out in pairwise(widths))
    norm = options["norm"]
    each_layer = [
        (n_in + (norm != "batch")) * n_out + (2 * n_out if norm != "none" else 0)
        for n_in, n_out in pairwise(widths)
    ]
    return sum(each_layer)


def head_of(trunk: nn.Module, outputs: int) -> nn.Module:
    return trunk.head(outputs) if hasattr(trunk, "head") else Head(trunk.outputs, outputs)


def loss_of(loss, outputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The mean loss; of an ensemble that of all its members."""
    batch = Batch({}, target, torch.arange(len(target)))
    return Supervised(loss).evaluate(outputs, batch)


def said(outputs: torch.Tensor) -> torch.Tensor:
    """The class of each row; of an ensemble that of all its members together."""
    together = outputs.softmax(dim=-1).mean(dim=1) if outputs.ndim == 3 else outputs
    return together.argmax(dim=1)


def whole(name: str, options: dict, seed: int = 0, outputs: int = 3) -> Assembled:
    encoders = {"number": Numbers(width=INPUTS), "category": Embeddings(cardinalities=[4, 30])}
    trunk = load("networks", name)(sum(e.outputs for e in encoders.values()), **options)
    network = Assembled(encoders, trunk, head_of(trunk, outputs))
    network.reset(torch.Generator().manual_seed(seed))
    return network


def rows(count: int, seed: int = 0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    categories = [torch.randint(0, n, (count,), generator=generator) for n in (4, 30)]
    return {"number": torch.randn(count, INPUTS, generator=generator), "category": torch.stack(categories, 1)}


def train(network: nn.Module, inputs, target, loss, steps: int, rate: float) -> float:
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss_of(loss, network(inputs), target)
        value.backward()
        optimizer.step()
    return value.item()


def test_every_member_is_covered():
    trunks = {name for name in NETWORKS if load("networks", name).role == "trunk"}
    assert {name for name, _ in VARIANTS} == trunks  # the others are in test_picture_networks.py


@each
def test_shapes_and_role(name, options):
    trunk = load("networks", name)(INPUTS, **options)
    assert trunk.role == "trunk"
    members = (trunk.members,) if hasattr(trunk, "members") else ()
    assert trunk(torch.randn(7, INPUTS)).shape == (7, *members, trunk.outputs)
    assert count(trunk) == expected_count(INPUTS, options, name)
    network = whole(name, options)
    assert network(rows(7)).shape == (7, *members, 3)
    assert count(network.head) == (network.trunk.outputs + 1) * 3 * (members[0] if members else 1)


@each
def test_settings_that_it_asks_for_are_settings(name, options):
    Spec.from_settings(load("networks", name).defaults)


@each
def test_every_parameter_receives_a_gradient(name, options):
    network = whole(name, options)
    loss_of(CrossEntropy(), network(rows(64)), torch.arange(64) % 3).backward()
    silent = [key for key, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


@each
def test_reset_draws_from_its_generator_alone(name, options):
    network = whole(name, options, seed=1)
    first = {key: value.clone() for key, value in network.state_dict().items()}
    before = torch.get_rng_state()
    network.reset(torch.Generator().manual_seed(2))
    assert any(not torch.equal(value, first[key]) for key, value in network.state_dict().items())
    network.reset(torch.Generator().manual_seed(1))
    assert all(torch.equal(value, first[key]) for key, value in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), before)


@each
def test_first_weights_follow_torchs_seed(name, options):
    built = []
    for _ in range(2):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(11)
            trunk = load("networks", name)(INPUTS, **options)
            built.append(Assembled({"number": Numbers(width=INPUTS)}, trunk, head_of(trunk, 2)))
    for a, b in zip(built[0].parameters(), built[1].parameters()):
        assert torch.equal(a, b)
        assert a.isfinite().all()


@each
def test_state_dict_round_trip(name, options):
    network, other = whole(name, options, seed=1), whole(name, options, seed=2)
    inputs = rows(9)
    network(inputs)  # moves the running statistics of batch normalisation
    other.load_state_dict(network.state_dict())
    assert torch.equal(network.eval()(inputs), other.eval()(inputs))


@each
def test_rows_do_not_touch_each_other_when_used(name, options):
    network, inputs = whole(name, options).eval(), rows(6)
    alone = torch.cat([network({key: block[i : i + 1] for key, block in inputs.items()}) for i in range(6)])
    torch.testing.assert_close(network(inputs), alone)


@each
def test_overfits_one_batch(name, options):
    """A batch with a plane between any two classes, which every network can represent."""
    inputs = rows(24)
    target = inputs["number"][:, :3].argmax(dim=1)
    network = whole(name, options)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if name == "perceptron":
            # its criterion is 0 as soon as each row is on its side
            optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
            for step in range(5000):
                row = step % 24
                if row == 0 and PerceptronCriterion()(network(inputs), target).sum() == 0:
                    break
                one = {key: block[row : row + 1] for key, block in inputs.items()}
                optimizer.zero_grad()
                PerceptronCriterion()(network(one), target[row : row + 1]).mean().backward()
                optimizer.step()
            assert PerceptronCriterion()(network(inputs), target).sum() == 0
        else:
            train(network, inputs, target, CrossEntropy(), 400, 0.02)
    assert (said(network.eval()(inputs)) == target).all()


XOR = ({"number": torch.tensor([[-1.0, -1], [-1, 1], [1, -1], [1, 1]])}, torch.tensor([0, 1, 1, 0]))


def test_xor_is_learnt_by_the_mlp():
    for seed in range(3):
        trunk = MLP(2, hidden=[8], dropout=0.0)
        network = Assembled({"number": Numbers(width=2)}, trunk, Head(8, 2))
        network.reset(torch.Generator().manual_seed(seed))
        assert train(network, *XOR, CrossEntropy(), 300, 0.05) < 0.05
        assert (network(XOR[0]).argmax(dim=1) == XOR[1]).all()


def test_xor_is_not_learnt_by_the_linear_network():
    trunk = Linear(2)
    network = Assembled({"number": Numbers(width=2)}, trunk, Head(2, 2))
    network.reset(torch.Generator().manual_seed(0))
    # the loss is convex, and at its best each row has probability 1/2
    assert train(network, *XOR, CrossEntropy(), 500, 0.05) == pytest.approx(math.log(2), abs=1e-4)
    assert (network(XOR[0]).argmax(dim=1) == XOR[1]).sum() < 4
