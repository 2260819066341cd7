"""Each optimizer equals a hand-worked trajectory; then what is Ranvier's own: rates, groups, Muon's two halves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from ranvier.errors import RunError, SpecError
from ranvier.network.encoders import Embeddings
from ranvier.training import optimizers
from ranvier.training.muon import is_embedding, is_hidden
from reference import optim_numpy as reference

NAMES = [
    "trunk.layers.0.weight",
    "trunk.layers.0.bias",
    "trunk.layers.1.weight",
    "head.linear.weight",
    "scale",
]
SHAPES = [(4, 3), (4,), (3, 5), (2, 4), ()]
STEPS = 5


def start() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.normal(size=shape) for shape in SHAPES]


CURVATURE = [np.random.default_rng(1).uniform(0.5, 3.0, size=shape) for shape in SHAPES]
CENTRE = [np.random.default_rng(2).normal(size=shape) for shape in SHAPES]


def gradient(theta):
    """Of sum of c (p - m)^2 / 2 + (p - m)^4 / 4, worked by hand."""
    return [c * (p - m) + (p - m) ** 3 for p, c, m in zip(theta, CURVATURE, CENTRE)]


def objective(theta):
    parts = zip(theta, CURVATURE, CENTRE)
    return sum(
        (torch.as_tensor(c) * (p - torch.as_tensor(m)) ** 2 / 2 + (p - torch.as_tensor(m)) ** 4 / 4).sum()
        for p, c, m in parts
    )


def parameters() -> list[tuple[str, nn.Parameter]]:
    return [(name, nn.Parameter(torch.tensor(value))) for name, value in zip(NAMES, start())]


def walk(optimizer, named, steps=STEPS, factors=None):
    path = []
    for step in range(steps):
        if factors is not None:
            optimizers.set_rate(optimizer, factors[step])
        optimizer.zero_grad()
        objective([p for _, p in named]).backward()
        optimizer.step()
        path.append([p.detach().numpy().copy() for _, p in named])
    return path


def assert_same_path(got, want, **tolerance):
    for step, (here, there) in enumerate(zip(got, want, strict=True)):
        for name, a, b in zip(NAMES, here, there, strict=True):
            np.testing.assert_allclose(a, b, err_msg=f"step {step + 1}, {name}", **tolerance)


DECAYS = [0.3, 0.0, 0.3, 0.3, 0.0]


def penalized(theta):
    """The same with the gradient of lambda p^2 / 2."""
    return [g + decay * p for g, p, decay in zip(gradient(theta), theta, DECAYS)]


TRAJECTORIES = {
    "gradient_descent": (
        lambda p: optimizers.gradient_descent(p, 0.05),
        lambda: reference.gradient_descent(start(), gradient, 0.05, STEPS),
    ),
    "momentum": (
        lambda p: optimizers.momentum(p, 0.02, momentum=0.8),
        lambda: reference.momentum(start(), gradient, 0.02, STEPS, beta=0.8),
    ),
    "nesterov": (
        lambda p: optimizers.nesterov(p, 0.02, momentum=0.8),
        lambda: reference.nesterov(start(), gradient, 0.02, STEPS, beta=0.8),
    ),
    "momentum with decay": (
        lambda p: optimizers.momentum(p, 0.02, momentum=0.8, weight_decay=0.3),
        lambda: reference.momentum(start(), penalized, 0.02, STEPS, beta=0.8),
    ),
    "nesterov with decay": (
        lambda p: optimizers.nesterov(p, 0.02, momentum=0.8, weight_decay=0.3),
        lambda: reference.nesterov(start(), penalized, 0.02, STEPS, beta=0.8),
    ),
    "nesterov without momentum": (
        lambda p: optimizers.nesterov(p, 0.02, momentum=0.0),
        lambda: reference.gradient_descent(start(), gradient, 0.02, STEPS),
    ),
    "adagrad": (
        lambda p: optimizers.adagrad(p, 0.1, epsilon=1e-2),
        lambda: reference.adagrad(start(), gradient, 0.1, STEPS, epsilon=1e-2),
    ),
    "rmsprop": (
        lambda p: optimizers.rmsprop(p, 0.01, decay=0.9, epsilon=1e-2),
        lambda: reference.rmsprop(start(), gradient, 0.01, STEPS, beta=0.9, epsilon=1e-2),
    ),
    "adam": (
        lambda p: optimizers.adam(p, 0.1, beta1=0.7, beta2=0.95, epsilon=1e-2),
        lambda: reference.adamw(start(), gradient, 0.1, STEPS, 0.7, 0.95, 1e-2, [0.0] * 5),
    ),
    "adamw": (
        lambda p: optimizers.adamw(p, 0.1, beta1=0.7, beta2=0.95, epsilon=1e-2, weight_decay=0.3),
        lambda: reference.adamw(start(), gradient, 0.1, STEPS, 0.7, 0.95, 1e-2, DECAYS),
    ),
}


@pytest.mark.parametrize("name", TRAJECTORIES)
def test_trajectory_equals_the_formula(name):
    build, expected = TRAJECTORIES[name]
    named = parameters()
    assert_same_path(walk(build(named), named), expected(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in optimizers.DEFAULT_RATES if name != "muon"])
def test_default_options_equal_the_formula(name):
    rate = 0.02
    expected = {
        "gradient_descent": lambda: reference.gradient_descent(start(), gradient, rate, STEPS),
        "momentum": lambda: reference.momentum(start(), gradient, rate, STEPS, 0.9),
        "nesterov": lambda: reference.nesterov(start(), gradient, rate, STEPS, 0.9),
        "adagrad": lambda: reference.adagrad(start(), gradient, rate, STEPS, 1e-10),
        "rmsprop": lambda: reference.rmsprop(start(), gradient, rate, STEPS, 0.99, 1e-8),
        "adam": lambda: reference.adamw(start(), gradient, rate, STEPS, 0.9, 0.999, 1e-8, [0.0] * 5),
        "adamw": lambda: reference.adamw(
            start(), gradient, rate, STEPS, 0.9, 0.999, 1e-8, [0.01, 0.0, 0.01, 0.01, 0.0]
        ),
    }
    named = parameters()
    build = getattr(optimizers, name)
    assert_same_path(walk(build(named, rate), named), expected[name](), rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.5, "weight_decay": 2.0}])
def test_muon_equals_its_formula_on_both_halves(options):
    """With gradients that turn at each step: an orthogonal step hardly shows how a steady one was averaged."""
    rate, beta, decay = 0.05, options.get("momentum", 0.95), options.get("weight_decay", 0.01)
    random = np.random.default_rng(5)
    given = [[random.normal(size=shape) for shape in SHAPES] for _ in range(STEPS)]
    named = parameters()
    optimizer, got = optimizers.muon(named, rate, **options), []
    for gradients in given:
        for (_, p), g in zip(named, gradients):
            p.grad = torch.tensor(g)
        optimizer.step()
        got.append([p.detach().numpy().copy() for _, p in named])

    def turning(numbers):
        steps = iter(given)
        return lambda theta: [g for i, g in enumerate(next(steps)) if i in numbers]

    hidden, rest = [0, 2], [1, 3, 4]
    by_muon = reference.muon([start()[i] for i in hidden], turning(hidden), rate, STEPS, beta, decay)
    decays = [0.0, decay, 0.0]
    by_adamw = reference.adamw(
        [start()[i] for i in rest], turning(rest), rate, STEPS, 0.9, 0.999, 1e-8, decays
    )
    for step in range(STEPS):
        for place, number in enumerate(rest):
            np.testing.assert_allclose(got[step][number], by_adamw[step][place], rtol=1e-8, atol=1e-11)
        for place, number in enumerate(hidden):  # torch iterates in bfloat16, with 8 bits
            scale = 0.2 * np.sqrt(max(SHAPES[number])) * rate
            error = np.abs(got[step][number] - by_muon[step][place]).max() / scale
            assert error < TOLERANCE, (step, number, error)


TOLERANCE = 0.12
"""Of Muon's path, in steps: bfloat16's rounding comes to 0.06, leaving out Nesterov's form to more than 1."""


def test_muon_takes_hidden_matrices_only():
    optimizer = optimizers.muon(parameters(), 0.01)
    kinds = [type(member) for member in optimizer.members]
    assert kinds == [torch.optim.Muon, torch.optim.AdamW]
    assert optimizer.members[0].param_groups[0]["param_names"] == [NAMES[0], NAMES[2]]
    rest = [name for group in optimizer.members[1].param_groups for name in group["param_names"]]
    assert sorted(rest) == sorted([NAMES[1], NAMES[3], NAMES[4]])


def test_muon_without_hidden_matrix_is_adamw():
    one, other = [parameters()[1:2] + parameters()[3:4] for _ in range(2)]
    a, b = optimizers.muon(one, 0.1), optimizers.adamw(other, 0.1)
    for named, optimizer in ((one, a), (other, b)):
        for _ in range(3):
            optimizer.zero_grad()
            sum((p**2).sum() for _, p in named).backward()
            optimizer.step()
    assert all(torch.equal(p, q) for (_, p), (_, q) in zip(one, other))


def test_muon_with_hidden_matrices_only():
    named = parameters()[:1]
    optimizer = optimizers.muon(named, 0.1)
    assert len(optimizer.param_groups) == 1
    named[0][1].grad = torch.ones_like(named[0][1])
    optimizer.step()
    assert not np.allclose(named[0][1].detach().numpy(), start()[0])


@pytest.mark.parametrize(
    "name, shape, hidden",
    [
        ("trunk.layers.0.weight", (4, 3), True),
        ("network.0.weight", (4, 3), True),
        ("header.weight", (4, 3), True),
        ("trunk.layers.0.bias", (4,), False),
        ("trunk.conv.weight", (4, 3, 2, 2), False),
        ("head.linear.weight", (4, 3), False),
        ("encoders.category.tables.0.weight", (4, 3), False),
        ("word_embedding.weight", (4, 3), False),
    ],
)
def test_what_is_hidden(name, shape, hidden):
    assert is_hidden(name, nn.Parameter(torch.zeros(shape))) is hidden


@pytest.mark.parametrize(
    "name, embedding",
    [
        ("encoders.category.tables.0.weight", True),
        ("network.word_embedding.weight", True),
        ("Embed.weight", True),
        ("trunk.layers.0.weight", False),
        ("trunk.tables.0.weight", False),
        ("encoders.image.layers.0.weight", False),
    ],
)
def test_what_is_an_embedding(name, embedding):
    assert is_embedding(name) is embedding


def test_the_embeddings_of_an_encoder_are_known():
    encoder = Embeddings(cardinalities=[50, 3])
    names = [f"encoders.category.{name}" for name, _ in encoder.named_parameters()]
    assert names
    assert all(is_embedding(name) for name in names)


def test_adamw_spares_biases_norms_and_embeddings():
    names = {"a.weight": (3, 2), "a.bias": (3,), "norm.weight": (3,), "embeddings.0.weight": (5, 2)}
    named = [(name, nn.Parameter(torch.ones(shape))) for name, shape in names.items()]
    optimizer = optimizers.adamw(named, 0.1, weight_decay=0.5)
    for _, p in named:
        p.grad = torch.zeros_like(p)
    optimizer.step()
    values = {name: p.detach().unique().tolist() for name, p in named}
    assert values.pop("a.weight") == pytest.approx([0.95])
    assert values == {"a.bias": [1.0], "norm.weight": [1.0], "embeddings.0.weight": [1.0]}


def test_set_rate_keeps_each_groups_base():
    optimizer = optimizers.gradient_descent(parameters(), 0.5)
    more = {"params": [("more", nn.Parameter(torch.ones(1)))], "lr": 2.0, "initial_lr": 2.0}
    optimizer.add_param_group(more)
    for factor in (0.1, 0.25):
        optimizers.set_rate(optimizer, factor)
        assert [group["lr"] for group in optimizer.param_groups] == [0.5 * factor, 2.0 * factor]


def test_set_rate_reaches_both_halves_of_muon_also_after_loading():
    optimizer = optimizers.muon(parameters(), 0.5)
    optimizer.load_state_dict(optimizer.state_dict())
    optimizers.set_rate(optimizer, 0.5)
    assert [group["lr"] for member in optimizer.members for group in member.param_groups] == [0.25] * 3


def test_momentum_with_a_schedule_applies_the_rate_to_the_whole_velocity():
    factors = [1.0, 0.5, 0.25, 0.1, 0.0]
    named = parameters()
    got = walk(optimizers.momentum(named, 0.02, momentum=0.8), named, factors=factors)
    theta, buffer = start(), [np.zeros(shape) for shape in SHAPES]
    want = []
    for factor in factors:
        buffer = [0.8 * b + g for b, g in zip(buffer, gradient(theta))]
        theta = [p - 0.02 * factor * b for p, b in zip(theta, buffer)]
        want.append(theta)
    assert_same_path(got, want, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", optimizers.DEFAULT_RATES)
def test_nothing_that_learns_is_a_mistake(name):
    frozen = nn.Parameter(torch.ones(2, 2), requires_grad=False)
    for named in ([], [("frozen", frozen)]):
        with pytest.raises(SpecError, match="The network has no parameter that learns"):
            getattr(optimizers, name)(named, 0.1)


def test_frozen_parameters_stay():
    frozen = nn.Parameter(torch.ones(2, 2), requires_grad=False)
    named = [*parameters(), ("frozen", frozen)]
    optimizer = optimizers.adamw(named, 0.1, weight_decay=0.5)
    objective([p for _, p in named[:-1]]).backward()
    optimizer.step()
    assert torch.equal(frozen, torch.ones(2, 2))


def test_together_numbers_parameters_through():
    named = parameters()
    optimizer = optimizers.muon(named, 0.01)
    walk(optimizer, named, steps=1)
    state = optimizer.state_dict()
    assert sorted(state["state"]) == [0, 1, 2, 3, 4]
    assert [group["params"] for group in state["param_groups"]] == [[0, 1], [2], [3, 4]]
    assert "momentum_buffer" in state["state"][1]
    assert "exp_avg" in state["state"][2]


@pytest.mark.parametrize("other", [parameters()[:3], [*parameters(), ("last", nn.Parameter(torch.ones(2)))]])
def test_together_refuses_groups_of_another_network(other):
    state = optimizers.muon(parameters(), 0.01).state_dict()
    with pytest.raises(RunError, match=r"The saved optimizer has groups of \[2, 1, 2\] parameters"):
        optimizers.muon(other, 0.01).load_state_dict(state)
