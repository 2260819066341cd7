"""What every network for pictures keeps: parameters, names, gradients, and learning from a batch."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ranvier.assemble import Architecture
from ranvier.catalog import NETWORKS, load
from ranvier.network.pictures.common import count_multiplications
from ranvier.spec import Spec

COUNTS = {  # the parameters that the papers, or torchvision's documentation, state; channels, side, classes
    "lenet5": (61_706, 1, 32, 10),
    "alexnet": (61_100_840, 3, 224, 1000),
    "vgg11": (132_863_336, 3, 224, 1000),
    "vgg11_bn": (132_868_840, 3, 224, 1000),
    "vgg13": (133_047_848, 3, 224, 1000),
    "vgg13_bn": (133_053_736, 3, 224, 1000),
    "vgg16": (138_357_544, 3, 224, 1000),
    "vgg16_bn": (138_365_992, 3, 224, 1000),
    "vgg19": (143_667_240, 3, 224, 1000),
    "vgg19_bn": (143_678_248, 3, 224, 1000),
    "resnet18": (11_689_512, 3, 224, 1000),
    "resnet34": (21_797_672, 3, 224, 1000),
    "resnet50": (25_557_032, 3, 224, 1000),
    "resnet101": (44_549_160, 3, 224, 1000),
    "resnet152": (60_192_808, 3, 224, 1000),
    "resnet20": (269_722, 3, 32, 10),
    "resnet32": (464_154, 3, 32, 10),
    "resnet44": (658_586, 3, 32, 10),
    "resnet56": (853_018, 3, 32, 10),
    "compact": (279_466, 3, 32, 10),
}
LEARNT = ("lenet5", "alexnet", "vgg11_bn", "resnet18", "resnet50", "resnet20", "compact")
"""One of each family: the others differ in depth alone."""

SMALL = {"vgg11_bn": 32}


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def small(name: str, classes: int | None = 3) -> nn.Module:
    side = SMALL.get(name, 16)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = load("networks", name)(1, (side, side), classes)
        network.reset(torch.Generator().manual_seed(0))
    return network


def pictures(name: str, count: int = 6) -> torch.Tensor:
    side = SMALL.get(name, 16)
    return torch.randn(count, 1, side, side, generator=torch.Generator().manual_seed(1))


def test_every_member_is_covered():
    assert set(COUNTS) == {name for name in NETWORKS if load("networks", name).role == "picture"}


@pytest.mark.parametrize("name", COUNTS)
def test_the_parameters_are_as_many_as_the_source_states(name):
    count, channels, side, classes = COUNTS[name]
    with torch.device("meta"):  # shapes alone
        network = load("networks", name)(channels, (side, side), classes)
    assert sum(parameter.numel() for parameter in network.parameters()) == count


@pytest.mark.parametrize("name", COUNTS)
def test_settings_that_it_asks_for_are_settings_and_its_last_layer_is_there(name):
    function = load("networks", name)
    Spec.from_settings(function.defaults)
    if name in LEARNT:
        last = small(name).get_submodule(function.last)
        assert isinstance(last, nn.Linear)
        assert last.out_features == 3
        assert isinstance(small(name, classes=None).get_submodule(function.last), nn.Identity)


@pytest.mark.parametrize("name", LEARNT)
def test_shapes_features_and_multiplications(name):
    network, x = small(name, classes=None).eval(), pictures(name)
    assert network(x).shape == (6, network.outputs)
    assert small(name)(x).shape == (6, 3)
    assert network.multiplications == count_multiplications(network, 1, tuple(x.shape[2:])) > 0
    assert isinstance(network.fits, str)


@pytest.mark.parametrize("name", LEARNT)
def test_every_parameter_receives_a_gradient(name):
    network = small(name)
    nn.functional.cross_entropy(network(pictures(name)), torch.arange(6) % 3).backward()
    silent = [key for key, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


@pytest.mark.parametrize("name", LEARNT)
def test_reset_draws_from_its_generator_alone(name):
    network = small(name)
    first = {key: value.clone() for key, value in network.state_dict().items()}
    before = torch.get_rng_state()
    network.reset(torch.Generator().manual_seed(2))
    assert any(not torch.equal(value, first[key]) for key, value in network.state_dict().items())
    network.reset(torch.Generator().manual_seed(0))
    assert all(torch.equal(value, first[key]) for key, value in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", LEARNT)
def test_rows_do_not_touch_each_other_when_used(name):
    network, x = small(name).eval(), pictures(name, 3)
    alone = torch.cat([network(one[None]) for one in x])
    torch.testing.assert_close(network(x), alone, rtol=1e-4, atol=1e-4)


SLOW = ("alexnet", "vgg11_bn", "resnet18", "resnet50")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in LEARNT]
)
def test_overfits_one_batch(name):
    network, x, target = small(name), pictures(name), torch.arange(6) % 3
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-4 if name == "alexnet" else 2e-3)
    for _ in range(25):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x), target).backward()
        optimizer.step()
    assert (network(x).argmax(dim=1) == target).all()


@pytest.mark.parametrize("name", LEARNT)
def test_the_assembled_network_has_the_same_parameters_and_builds_again(name):
    side = SMALL.get(name, 16)
    block = {"channels": 1, "size": [side, side], "mean": [100.0], "deviation": [50.0]}
    architecture = Architecture(name, {"image": block}, 3)
    network = architecture.build(seed=4).eval()
    alone = small(name)
    assert sum(p.numel() for p in network.parameters()) == sum(p.numel() for p in alone.parameters())
    again = Architecture(**architecture.as_dict()).build(seed=5).eval()
    again.load_state_dict(network.state_dict())
    rows = {"image": torch.randint(0, 256, (2, 1, side, side), dtype=torch.uint8)}
    assert torch.equal(network(rows), again(rows))
    beside = Architecture(name, {"number": {"width": 2}, "image": block}, 3).build(seed=4).eval()
    assert beside({**rows, "number": torch.zeros(2, 2)}).shape == (2, 3)
