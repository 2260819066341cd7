"""What every activation keeps: shape, closed-form derivative, finite values, a gain."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.special import ndtr

from ranvier.catalog import ACTIVATIONS, load
from ranvier.errors import SpecError
from ranvier.network.activations import GAINS, LeakyReLU, derivative, gain
from ranvier.options import defaults

ELEMENTWISE = [name for name in ACTIVATIONS if name != "softmax"]


def logistic(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))


def softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772

ORACLES = {  # the formulas of the sources, in NumPy
    "identity": lambda z: z,
    "step": lambda z: (z >= 0).astype(float),
    "sigmoid": logistic,
    "tanh": lambda z: 2 * logistic(2 * z) - 1,
    "relu": lambda z: np.maximum(0, z),
    "leaky_relu": lambda z: np.maximum(0.01 * z, z),
    "softmax": lambda z: (
        np.exp(z - z.max(-1, keepdims=True)) / np.exp(z - z.max(-1, keepdims=True)).sum(-1, keepdims=True)
    ),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "selu": lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0))),
    "softplus": softplus,
    "gelu": lambda z: z * ndtr(z),
    "silu": lambda z: z * logistic(z),
    "mish": lambda z: z * np.tanh(softplus(z)),
    "hard_swish": lambda z: z * np.clip(z + 3, 0, 6) / 6,
}


def points() -> torch.Tensor:
    """Ordinary values, the kinks and far ends."""
    generator = torch.Generator().manual_seed(1)
    ordinary = torch.randn(35, generator=generator, dtype=torch.float64) * 3
    special = torch.tensor([-1e4, -30, -3, -2.95, -1e-3, 0, 1e-3, 2.95, 3, 30, 1e4], dtype=torch.float64)
    return torch.cat([ordinary, special]).reshape(2, 23)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_equals_the_formula(name):
    z = points()
    a = load("activations", name)()(z)
    assert a.shape == z.shape
    np.testing.assert_allclose(a.numpy(), ORACLES[name](z.numpy()), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivative_equals_autograd_at_kinks_too(name):
    z = points().requires_grad_()
    load("activations", name)()(z).sum().backward()
    torch.testing.assert_close(derivative(name, z.detach()), z.grad, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", sorted(set(ELEMENTWISE) - {"step"}))
def test_derivative_equals_finite_differences_of_the_formula(name):
    z, step = np.array([-2.3, -0.7, 0.4, 1.9]), 1e-6
    slopes = (ORACLES[name](z + step) - ORACLES[name](z - step)) / (2 * step)
    np.testing.assert_allclose(derivative(name, torch.from_numpy(z)).numpy(), slopes, rtol=1e-6, atol=1e-9)


def test_step_is_one_at_zero_and_hides_no_nan():
    a = load("activations", "step")()(torch.tensor([-0.5, -0.0, 0.0, math.inf, -math.inf, math.nan]))
    assert a[:5].tolist() == [0, 1, 1, 1, 0]
    assert a[5].isnan()


def test_softmax_jacobian_is_the_documented_one():
    z = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)
    softmax = load("activations", "softmax")()
    a = softmax(z)
    jacobian = torch.autograd.functional.jacobian(softmax, z)
    torch.testing.assert_close(jacobian, torch.diag(a) - torch.outer(a, a))
    with pytest.raises(
        SpecError, match=r"Softmax has no derivative for each element alone\. Expected an activation"
    ):
        derivative("softmax", z)


def test_leaky_slope_is_an_option():
    assert defaults("activations", "leaky_relu") == {"slope": 0.01}
    assert LeakyReLU(slope=0.2)(torch.tensor([-2.0, 3.0])).tolist() == pytest.approx([-0.4, 3.0])
    assert repr(LeakyReLU(slope=0.2)) == "LeakyReLU(slope=0.2)"


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "leaky_relu", "selu"])
def test_gain_is_torchs_where_torch_knows_it(name):
    assert gain(name) == pytest.approx(
        torch.nn.init.calculate_gain(name, 0.01 if name == "leaky_relu" else None)
    )


@pytest.mark.parametrize(
    "name",
    ["identity", "step", "relu", "leaky_relu", "elu", "softplus", "gelu", "silu", "mish", "hard_swish"],
)
def test_gain_keeps_the_second_moment_of_a_normal_signal(name):
    z = np.linspace(-12, 12, 480_001)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    second = np.sum(ORACLES[name](z) ** 2 * density) * (z[1] - z[0])
    assert gain(name) == pytest.approx(1 / math.sqrt(second), abs=1e-4 if name == "step" else 1e-6)


def test_every_activation_has_a_gain_and_unknown_ones_a_sentence():
    assert set(GAINS) == set(ACTIVATIONS)
    with pytest.raises(SpecError, match=r"no activation called 'rleu'\. Did you mean 'relu'"):
        gain("rleu")
    with pytest.raises(SpecError, match=r"no activation called 'tan'\. Did you mean 'tanh'"):
        derivative("tan", torch.zeros(1))
