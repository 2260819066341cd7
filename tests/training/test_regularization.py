"""The penalties equal their formulas, in value and in gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from ranvier.data.batches import Batch
from ranvier.training.regularization import noisy, penalty

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


def test_noise_has_its_deviation_and_leaves_other_blocks_alone():
    numbers, categories = torch.full((5000, 4), 2.0), torch.ones(5000, 1, dtype=torch.int64)
    batch = Batch({"number": numbers, "category": categories}, torch.zeros(5000), torch.arange(5000))
    drawn = noisy(batch, 0.3, torch.Generator().manual_seed(1))
    added = drawn.inputs["number"] - 2.0
    assert added.std().item() == pytest.approx(0.3, rel=0.02) and abs(added.mean().item()) < 0.01
    assert torch.equal(numbers, torch.full((5000, 4), 2.0)) and drawn.inputs["category"] is categories
    assert torch.equal(
        drawn.inputs["number"], noisy(batch, 0.3, torch.Generator().manual_seed(1)).inputs["number"]
    )


def test_without_numbers_there_is_no_noise():
    batch = Batch({"category": torch.ones(3, 1, dtype=torch.int64)}, torch.zeros(3), torch.arange(3))
    assert noisy(batch, 0.3, torch.Generator()) is batch
