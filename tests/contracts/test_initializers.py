"""What every initializer keeps: its distribution, its generator alone, its gain."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from ranvier.catalog import INITIALIZERS, load
from ranvier.errors import SpecError
from ranvier.network.initializers import fans, initialize

INPUTS, OUTPUTS = 300, 200
FAN, MEAN_FAN = math.sqrt(1 / INPUTS), math.sqrt(2 / (INPUTS + OUTPUTS))
EXPECTED = {  # standard deviation for gain 1; whether uniform
    "uniform": (0.05 / math.sqrt(3), True),
    "normal": (0.05, False),
    "xavier_uniform": (MEAN_FAN, True),
    "xavier_normal": (MEAN_FAN, False),
    "he_uniform": (FAN, True),
    "he_normal": (FAN, False),
    "orthogonal": (FAN, None),
}


def draw(name: str, seed: int = 0, shape: tuple[int, ...] = (OUTPUTS, INPUTS), **options) -> torch.Tensor:
    weight = torch.full(shape, math.nan)
    load("initializers", name)(weight, torch.Generator().manual_seed(seed), **options)
    return weight


@pytest.mark.parametrize("gain", [1.0, 1.7])
@pytest.mark.parametrize("name", INITIALIZERS)
def test_distribution_is_the_formulas(name, gain):
    weight = draw(name, gain=gain).double()
    deviation, uniform = EXPECTED[name]
    deviation *= gain
    assert weight.mean().abs() < 5 * deviation / math.sqrt(weight.numel())
    # the spread of a standard deviation over 60,000 draws is about 0.3%
    assert weight.std().item() == pytest.approx(deviation, rel=0.015)
    if uniform:
        bound = deviation * math.sqrt(3)
        assert bound * 0.999 < weight.abs().max() <= bound * (1 + 1e-6)
        middle = (weight.abs() < bound / 2).double().mean()
        assert middle.item() == pytest.approx(0.5, abs=0.01)
    elif uniform is False:
        within_one = (weight.abs() < deviation).double().mean()
        assert within_one.item() == pytest.approx(0.6827, abs=0.01)


@pytest.mark.parametrize("shape", [(20, 30), (30, 20), (25, 25)])
def test_orthogonal_has_orthonormal_rows_or_columns(shape):
    weight = draw("orthogonal", shape=shape, gain=2.0).double()
    short = weight if shape[0] <= shape[1] else weight.T
    torch.testing.assert_close(
        short @ short.T, 4 * torch.eye(min(shape), dtype=torch.float64), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("name", INITIALIZERS)
def test_draws_from_its_generator_alone(name):
    before = torch.get_rng_state()
    assert torch.equal(draw(name, 3), draw(name, 3))
    assert not torch.equal(draw(name, 3), draw(name, 4))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("xavier_uniform", lambda w, g: nn.init.xavier_uniform_(w, 1.0, generator=g)),
        ("xavier_normal", lambda w, g: nn.init.xavier_normal_(w, 1.0, generator=g)),
        ("he_uniform", lambda w, g: nn.init.kaiming_uniform_(w, nonlinearity="relu", generator=g)),
        ("he_normal", lambda w, g: nn.init.kaiming_normal_(w, nonlinearity="relu", generator=g)),
    ],
)
@pytest.mark.parametrize("shape", [(7, 5), (4, 3, 3, 3)])
def test_equals_torchs_own_at_the_default_gain(name, theirs, shape):
    torch.testing.assert_close(
        draw(name, 5, shape), theirs(torch.empty(shape), torch.Generator().manual_seed(5))
    )


def test_scale_and_std_are_options():
    assert draw("uniform", scale=0.5).abs().max().item() == pytest.approx(0.5, rel=1e-3)
    assert draw("normal", std=0.5).std().item() == pytest.approx(0.5, rel=0.02)


def test_fans_count_the_kernel():
    assert fans(torch.empty(2, 3)) == (3, 2)
    assert fans(torch.empty(2, 3, 5, 7)) == (105, 70)


def network() -> nn.Module:
    return nn.Sequential(
        nn.Linear(40, 30),
        nn.BatchNorm1d(30),
        nn.Linear(30, 20, bias=False),
        nn.LayerNorm(20),
        nn.Embedding(500, 16),
    )


def test_initialize_sets_every_layer():
    ours = network()
    for parameter in ours.parameters():
        nn.init.constant_(parameter, 9.0)
    ours[1].running_mean.fill_(5.0)
    initialize(ours, torch.Generator().manual_seed(0), initializer="he_uniform", gain=2.0)
    for index, inputs in ((0, 40), (2, 30)):
        bound = 2 * math.sqrt(3 / inputs)
        assert 0.95 * bound < ours[index].weight.abs().max() <= bound
    assert not ours[0].bias.any()
    assert torch.equal(ours[1].weight, torch.ones(30))
    assert not ours[1].running_mean.any()
    assert torch.equal(ours[3].weight, torch.ones(20))
    assert not ours[3].bias.any()
    assert not ours[4].weight[0].any()
    assert ours[4].weight[1:].norm(dim=1).mean().item() == pytest.approx(1.0, abs=0.05)


def test_initialize_repeats_itself_and_leaves_the_global_generator_alone():
    first, second = network(), network()
    before = torch.get_rng_state()
    for one in (first, second):
        initialize(one, torch.Generator().manual_seed(7), initializer="xavier_normal", gain=1.0)
    assert torch.equal(torch.get_rng_state(), before)
    for a, b in zip(first.parameters(), second.parameters()):
        assert torch.equal(a, b)
    assert all(p.requires_grad and p.grad_fn is None for p in first.parameters())


def test_initialize_refuses_an_unknown_name():
    with pytest.raises(SpecError, match=r"no initializer called 'he_unifrm'\. Did you mean 'he_uniform'"):
        initialize(network(), torch.Generator(), initializer="he_unifrm", gain=1.0)
