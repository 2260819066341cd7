"""The contract of every optimizer in the catalogue."""

from __future__ import annotations

import inspect
import json

import pytest
import torch
from torch import nn

from ranvier import catalog, options
from ranvier.spec import Choice
from ranvier.training.optimizers import DEFAULT_RATES, set_rate

MEMBERS = list(catalog.OPTIMIZERS)


def network(dtype=torch.float32) -> nn.Module:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1)).to(dtype)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=generator, dtype=dtype) / 2)
    return net


def inputs(dtype=torch.float32) -> torch.Tensor:
    return torch.randn(32, 3, generator=torch.Generator().manual_seed(4), dtype=dtype)


def learn(net, optimizer, steps, first=0):
    for step in range(first, first + steps):
        set_rate(optimizer, 1 / (1 + step))
        optimizer.zero_grad(set_to_none=True)
        (net(inputs()) - inputs()[:, :1].sin()).square().mean().backward()
        optimizer.step()


def test_each_has_a_default_rate():
    assert list(DEFAULT_RATES) == MEMBERS
    assert all(0 < rate < 1 for rate in DEFAULT_RATES.values())


@pytest.mark.parametrize("name", MEMBERS)
def test_signature(name):
    positional = [
        p.name
        for p in inspect.signature(catalog.load("optimizers", name)).parameters.values()
        if p.kind is not inspect.Parameter.KEYWORD_ONLY
    ]
    assert positional == ["parameters", "learning_rate"]
    assert catalog.load("optimizers", name).__name__ == name


@pytest.mark.parametrize("name", MEMBERS)
def test_limits_catch_bad_options(name):
    for option, default in options.defaults("optimizers", name).items():
        for value, mistakes in ((default, 0), (-1.0, 1), ("much", 1)):
            choice = Choice(name=name, options={option: value})
            found = list(options.mistakes("optimizers", choice, "training.optimizer"))
            assert len(found) == mistakes, (option, value)


@pytest.mark.parametrize("name", MEMBERS)
def test_decreases_a_convex_quadratic(name):
    theta = nn.Parameter(torch.tensor([[2.0, -1.0], [1.0, 3.0]]))
    optimizer = catalog.load("optimizers", name)([("layer.weight", theta)], DEFAULT_RATES[name])
    curvature = torch.tensor([[1.0, 2.0], [0.5, 1.5]])
    losses = []
    for _ in range(50):
        optimizer.zero_grad()
        loss = (curvature * theta.square()).sum() / 2
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    assert losses[1] < losses[0]
    assert losses[-1] < losses[0] * 0.98


@pytest.mark.parametrize("name", MEMBERS)
def test_trains_logistic_regression(name):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 4, generator=generator)
    y = (x @ torch.tensor([2.0, -1.0, 0.5, 0.0]) + 0.3 > 0).float()
    weight, bias = nn.Parameter(torch.zeros(1, 4)), nn.Parameter(torch.zeros(1))
    named = [("layer.weight", weight), ("layer.bias", bias)]
    optimizer = catalog.load("optimizers", name)(named, 10 * DEFAULT_RATES[name])
    for _ in range(300):
        optimizer.zero_grad()
        logits = (x @ weight.T + bias).squeeze(1)
        loss = nn.functional.binary_cross_entropy_with_logits(logits, y)
        loss.backward()
        optimizer.step()
    assert ((logits > 0) == (y > 0.5)).float().mean() > 0.93
    assert loss < 0.3  # log 2 = 0.69 at the start


@pytest.mark.parametrize("name", MEMBERS)
def test_resumes_exactly(name):
    """After 3 steps, state saved as JSON and tensors, 4 more steps end in the bytes of an unbroken run."""
    build, rate = catalog.load("optimizers", name), DEFAULT_RATES[name]
    unbroken = network()
    learn(unbroken, build(list(unbroken.named_parameters()), rate), 7)

    first = network()
    optimizer = build(list(first.named_parameters()), rate)
    learn(first, optimizer, 3)
    saved = optimizer.state_dict()
    groups = json.loads(json.dumps(saved["param_groups"]))
    state = {
        number: {key: v.clone() if isinstance(v, torch.Tensor) else v for key, v in values.items()}
        for number, values in saved["state"].items()
    }
    for values in state.values():
        assert all(v is None or isinstance(v, torch.Tensor) for v in values.values())

    second = network()
    second.load_state_dict(first.state_dict())
    resumed = build(list(second.named_parameters()), rate * 2)  # the saved rate must win
    resumed.load_state_dict({"state": state, "param_groups": groups})
    learn(second, resumed, 4, first=3)
    for (where, p), (_, q) in zip(unbroken.named_parameters(), second.named_parameters()):
        assert torch.equal(p, q), where


@pytest.mark.parametrize("name", MEMBERS)
def test_draws_no_random_number_and_repeats_itself(name):
    networks = [network(), network()]  # making a layer draws, so both are made first
    before = torch.get_rng_state()
    runs = []
    for net in networks:
        learn(net, catalog.load("optimizers", name)(list(net.named_parameters()), DEFAULT_RATES[name]), 3)
        runs.append([p.detach().clone() for p in net.parameters()])
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(p, q) for p, q in zip(*runs))


@pytest.mark.parametrize("name", MEMBERS)
def test_groups_know_their_base_rate_and_gradients_are_forgotten(name):
    net = network()
    optimizer = catalog.load("optimizers", name)(list(net.named_parameters()), 0.125)
    assert {group["initial_lr"] for group in optimizer.param_groups} == {0.125}
    learn(net, optimizer, 1)
    assert all(p.grad is not None for p in net.parameters())
    optimizer.zero_grad(set_to_none=True)
    assert all(p.grad is None for p in net.parameters())
