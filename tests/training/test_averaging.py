"""The moving average equals a plain loop over numbers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ranvier.errors import RunError
from ranvier.training.averaging import Average


def network(seed: int) -> nn.Module:
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    jolt(net, torch.Generator().manual_seed(seed))
    return net


def jolt(net: nn.Module, generator: torch.Generator) -> None:
    """Other values everywhere, buffers too."""
    with torch.no_grad():
        for tensor in net.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.randn(tensor.shape, generator=generator))
            else:
                tensor.add_(3)


def numbers(net: nn.Module) -> dict[str, list[float]]:
    return {name: tensor.flatten().tolist() for name, tensor in net.state_dict().items()}


def follow(average: Average, net: nn.Module, steps: int, seed: int = 9) -> None:
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        jolt(net, generator)
        average.update(net)


@pytest.mark.parametrize("decay", [0.999, 0.3, 0.0])
def test_equals_a_plain_loop(decay):
    net = network(0)
    average = Average(net, decay=decay)
    want = numbers(net)
    generator = torch.Generator().manual_seed(1)
    for t in range(1, 31):
        jolt(net, generator)
        average.update(net)
        d = min(decay, (1 + t) / (10 + t))
        for name, values in numbers(net).items():
            if name.endswith("num_batches_tracked"):
                want[name] = values
            else:
                want[name] = [d * a + (1 - d) * v for a, v in zip(want[name], values)]
    other = network(5)
    average.copy_to(other)
    got = numbers(other)
    assert got.keys() == want.keys()
    for name in want:
        assert got[name] == pytest.approx(want[name], rel=1e-4, abs=1e-5), name
    assert other[1].num_batches_tracked.dtype == torch.int64
    assert other[1].num_batches_tracked.item() == net[1].num_batches_tracked.item()


def test_default_decay_holds_in_the_long_run():
    net = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(net.weight)
    average = Average(net)
    average.updates = 1_000_000
    nn.init.ones_(net.weight)
    average.update(net)
    average.copy_to(net)
    assert net.weight.item() == pytest.approx(0.001, rel=1e-4)


def test_leaves_the_network_and_its_gradients_alone():
    net = network(0)
    net(torch.randn(4, 3, generator=torch.Generator().manual_seed(0))).sum().backward()
    before, gradient = numbers(net), net[0].weight.grad.clone()
    average = Average(net)
    average.update(net)
    assert numbers(net) == before
    assert torch.equal(net[0].weight.grad, gradient)
    average.copy_to(net)
    assert net[0].weight.requires_grad


def test_tied_weights_are_averaged_once():
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    net[1].weight = net[0].weight
    nn.init.zeros_(net[0].weight)
    average = Average(net)
    nn.init.ones_(net[0].weight)
    average.update(net)
    average.copy_to(net)
    assert net[0].weight.flatten().tolist() == pytest.approx([9 / 11] * 4)


def test_resumes_exactly():
    unbroken, net = network(0), network(0)
    whole, first = Average(unbroken), Average(net)
    generators = [torch.Generator().manual_seed(2) for _ in range(2)]
    for model, average, generator in ((unbroken, whole, generators[0]), (net, first, generators[1])):
        for _ in range(4):
            jolt(model, generator)
            average.update(model)
    saved = first.state_dict()
    assert all(isinstance(tensor, torch.Tensor) for tensor in saved.values())
    second = Average(network(7))
    second.load_state_dict(saved)
    for _ in range(3):
        jolt(unbroken, generators[0])
        whole.update(unbroken)
        jolt(net, generators[1])
        second.update(net)
    ended = whole.state_dict()
    assert ended.keys() == second.state_dict().keys()
    assert all(torch.equal(tensor, second.state_dict()[name]) for name, tensor in ended.items())
    assert int(saved["updates"]) == 4  # saved tensors are copies


def test_saved_tensors_do_not_follow_the_average():
    net = network(0)
    average = Average(net)
    saved = average.state_dict()
    copies = {name: tensor.clone() for name, tensor in saved.items()}
    follow(average, net, 2)
    assert all(torch.equal(saved[name], copies[name]) for name in saved)


def test_refuses_the_average_of_another_network():
    average = Average(nn.Linear(2, 1))
    before = average.state_dict()
    state = {"updates": torch.tensor(3), "average.weight": torch.zeros(4, 1), "average.extra": torch.zeros(1)}
    with pytest.raises(RunError, match=r"The saved average has no 'average\.bias'") as caught:
        average.load_state_dict(state)
    text = str(caught.value)
    assert "The saved average has a 'average.extra' that the network has not." in text
    assert "The saved average's 'average.weight' has the shape (4, 1). Expected (1, 2)." in text
    assert len(caught.value.mistakes) == 3
    assert average.updates == 0
    assert all(torch.equal(tensor, before[name]) for name, tensor in average.state_dict().items())


def test_a_constant_of_the_build_is_left_alone() -> None:
    network = nn.Linear(1, 1)
    network.register_buffer("edges", torch.tensor([0.0, float("inf")]), persistent=False)
    average = Average(network)
    average.update(network)
    average.copy_to(network)
    assert network.edges.tolist() == [0.0, float("inf")]
    assert sorted(average.state_dict()) == ["average.bias", "average.weight", "updates"]
