"""The penalties equal their formulas, in value and in gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from ranvier.training.regularization import penalty

SHAPES = {"a.weight": (3, 2), "a.bias": (3,), "conv.weight": (2, 1, 2, 2), "norm.weight": (4,), "scale": ()}


def named(dtype=torch.float64):
    random = np.random.default_rng(0)
    return [
        (name, nn.Parameter(torch.tensor(random.normal(size=shape), dtype=dtype)))
        for name, shape in SHAPES.items()
    ]


@pytest.mark.parametrize("l1, l2", [(0.3, 0.0), (0.0, 0.7), (0.3, 0.7)])
def test_value_and_gradient_equal_the_formula(l1, l2):
    parameters = named()
    value = penalty(parameters, l1, l2)
    value.backward()
    weights = [p.detach().numpy() for name, p in parameters if name in ("a.weight", "conv.weight")]
    want = sum(l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum() for w in weights)
    assert value.shape == ()
    assert value.item() == pytest.approx(want, rel=1e-12)
    for name, p in parameters:
        if name in ("a.weight", "conv.weight"):
            w = p.detach().numpy()
            np.testing.assert_allclose(p.grad.numpy(), l1 * np.sign(w) + l2 * w, rtol=1e-12)
        else:
            assert p.grad is None, name


def test_gradient_equals_finite_differences():
    weight = torch.randn(
        3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True
    )
    assert torch.autograd.gradcheck(lambda w: penalty([("w", w)], 0.3, 0.7), (weight,))


def test_l1_has_no_pull_at_zero():
    weight = nn.Parameter(torch.zeros(2, 2))
    penalty([("w", weight)], 1.0, 0.0).backward()
    assert torch.equal(weight.grad, torch.zeros(2, 2))


def test_nothing_to_penalise_is_0():
    assert penalty([], 1.0, 1.0).item() == 0.0
    assert penalty([("bias", nn.Parameter(torch.ones(3)))], 1.0, 1.0).item() == 0.0
    assert penalty(named(), 0.0, 0.0).item() == 0.0


def test_frozen_weights_do_not_count():
    frozen = nn.Parameter(torch.ones(2, 2), requires_grad=False)
    assert penalty([("frozen", frozen)], 1.0, 1.0).item() == 0.0


def test_keeps_the_type_of_the_weights():
    assert penalty(named(torch.float32), 0.1, 0.1).dtype == torch.float32
    assert penalty(named(), 0.1, 0.1).dtype == torch.float64


def test_takes_an_iterator():
    assert penalty(iter(named()), 0.1, 0.0).item() == penalty(named(), 0.1, 0.0).item()
