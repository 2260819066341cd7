"""The MLP is its equations; what it is asked for is checked."""

from __future__ import annotations

import math

import pytest
import torch

from ranvier.catalog import ACTIVATIONS, INITIALIZERS
from ranvier.errors import SpecError, UserError
from ranvier.network import MLP
from ranvier.network.layers import Layer
from ranvier.options import mistakes
from ranvier.spec import Choice


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small only wait for their threads, and much longer where other tests run at the same time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_equals_its_equations():
    network = MLP(3, hidden=[4, 2], activation="tanh", dropout=0.0).double()
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).double()
    a = x
    for layer in network.layers:
        a = torch.tanh(a @ layer.linear.weight.T + layer.linear.bias)
    torch.testing.assert_close(network(x), a)
    names = [name for name, _ in network.named_parameters()]
    assert names == [
        "layers.0.linear.weight",
        "layers.0.linear.bias",
        "layers.1.linear.weight",
        "layers.1.linear.bias",
    ]


def test_hand_worked_numbers():
    network = MLP(2, hidden=[2], dropout=0.0)
    with torch.no_grad():
        network.layers[0].linear.weight.copy_(torch.tensor([[1.0, 2.0], [-1.0, 1.0]]))
        network.layers[0].linear.bias.copy_(torch.tensor([0.5, -2.0]))
    assert network(torch.tensor([[1.0, 2.0]])).tolist() == [[5.5, 0.0]]  # relu of 1 + 4 + 0.5 and -1 + 2 - 2


@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_norm_comes_before_the_activation_and_dropout_last(norm):
    network = MLP(6, hidden=[5], norm=norm, dropout=0.5)
    x = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    z = x @ network.layers[0].linear.weight.T  # a bias would be zero at first
    dimension = 0 if norm == "batch" else 1
    normalised = (z - z.mean(dimension, keepdim=True)) / torch.sqrt(
        z.var(dimension, unbiased=False, keepdim=True) + 1e-5
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        a = network(x)
    kept = a != 0
    torch.testing.assert_close(a[kept], 2 * torch.relu(normalised)[kept], rtol=1e-4, atol=1e-5)
    assert 0.15 < kept.float().mean() < 0.35  # half of the positive half


def test_dropout_follows_torchs_seed_and_rests_when_used():
    network, x = MLP(6, hidden=[50], dropout=0.5), torch.ones(4, 6)
    seen = []
    for _ in range(2):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(5)
            seen.append(network(x))
    assert torch.equal(*seen)
    network.eval()
    assert torch.equal(network(x), network(x))
    assert not torch.equal(network(x), seen[0])


@pytest.mark.parametrize(
    "activation",
    ["identity", "relu", "leaky_relu", "elu", "softplus", "gelu", "silu", "mish", "hard_swish"],
)
def test_signal_keeps_its_size_through_the_layers(activation):
    """With the gains where they belong each z is as large as x: nothing fades or explodes (He et al. 2015)."""
    a = torch.randn(256, 200, generator=torch.Generator().manual_seed(1))
    network = MLP(200, hidden=[200] * 6, activation=activation, dropout=0.0, initializer="he_normal")
    network.reset(torch.Generator().manual_seed(0))
    for layer in network.layers:
        assert 0.8 < layer.linear(a).square().mean().sqrt().item() < 1.2
        a = layer(a)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_each_activation_and_initializer_can_be_asked_for(activation, initializer):
    network = MLP(3, hidden=[4], activation=activation, initializer=initializer)
    assert network.eval()(torch.ones(2, 3)).isfinite().all()


def test_step_cuts_no_graph_but_passes_no_gradient():
    network = MLP(3, hidden=[4], activation="step", dropout=0.0)
    network(torch.ones(2, 3)).sum().backward()
    assert all(p.grad is not None and not p.grad.any() for p in network.parameters())


def test_all_unknown_names_are_said_together():
    with pytest.raises(SpecError) as caught:
        MLP(3, activation="rleu", initializer="he_unifrm", norm="bath")
    assert str(caught.value).splitlines() == [
        "There is no activation called 'rleu'. Did you mean 'relu'?",
        "There is no initializer called 'he_unifrm'. Did you mean 'he_uniform'?",
        "There is no normalisation called 'bath'. Did you mean 'batch'?",
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"activation": "rleu"}, "'rleu'. Did you mean 'relu'?"),
        ({"initializer": "orthogonl"}, "'orthogonl'. Did you mean 'orthogonal'?"),
        ({"activation": 3}, "Setting 'network.activation' is 3. Expected the name of an activation."),
        ({"hidden": [0]}, "at least 1"),
        ({"dropout": 1.0}, "from 0 to below 1"),
        ({"norm": "bath"}, "'batch'"),
        ({"hiden": [3]}, "Did you mean 'hidden'?"),
    ],
)
def test_wrong_options_are_found_before_anything_is_built(options, sentence):
    found = list(mistakes("networks", Choice(name="mlp", options=options), "network"))
    assert len(found) == 1
    assert sentence in str(found[0])


def test_right_options_are_no_mistakes():
    options = {"hidden": [8], "activation": "silu", "dropout": 0.0, "norm": "layer", "initializer": "normal"}
    assert list(mistakes("networks", Choice(name="mlp", options=options), "network")) == []


def test_batch_normalisation_of_one_row_is_refused_only_in_training():
    network = MLP(3, hidden=[4], norm="batch")
    with pytest.raises(UserError, match=r"batch of one row.*Expected at least 2 rows.*training\.batch_size"):
        network(torch.ones(1, 3))
    assert network.eval()(torch.ones(1, 3)).shape == (1, 4)


def test_a_layer_is_zero_until_it_is_drawn():
    layer = Layer(3, 4, activation=torch.nn.Sigmoid(), dropout=0.0, norm="none")
    assert layer(torch.full((1, 3), math.pi)).tolist() == [[0.5] * 4]
