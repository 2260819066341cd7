"""Losses against PyTorch, scikit-learn and hand-worked numbers."""

from __future__ import annotations

import math

import pytest
import torch
from sklearn.metrics import log_loss, mean_absolute_error, mean_squared_error
from torch.nn import functional

from ranvier.losses import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Focal, Huber, PerceptronCriterion


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 3


LABELS = torch.tensor([0, 2, 1, 1, 0, 2, 2, 0])
SIDES = torch.tensor([0, 1, 1, 0, 1, 0, 0, 1])


def test_squares_and_absolutes_are_sklearns():
    outputs, target = random(8, 3), random(8, 3, seed=1)
    assert MSE()(outputs, target).mean().item() == pytest.approx(mean_squared_error(target, outputs))
    assert MAE()(outputs, target).mean().item() == pytest.approx(mean_absolute_error(target, outputs))


def test_squares_by_hand():
    outputs, target = torch.tensor([[1.0, 5.0]]), torch.tensor([[0.0, 2.0]])
    assert MSE()(outputs, target).tolist() == [5.0]  # (1 + 9) / 2
    assert MAE()(outputs, target).tolist() == [2.0]  # (1 + 3) / 2
    assert Huber()(outputs, target).tolist() == [1.5]  # (1 / 2 + (3 - 1 / 2)) / 2
    assert Huber(delta=2.0)(outputs, target).tolist() == [2.25]  # (1 / 2 + 2 (3 - 1)) / 2


def test_mae_gradient_is_zero_where_right():
    outputs = torch.tensor([[1.0], [2.0], [0.0]], requires_grad=True)
    MAE()(outputs, torch.ones(3, 1)).sum().backward()
    assert outputs.grad.flatten().tolist() == [0, 1, -1]


def test_cross_entropy_is_sklearns_log_loss():
    outputs = random(8, 3)
    expected = log_loss(LABELS, torch.softmax(outputs, 1), labels=[0, 1, 2])
    assert CrossEntropy()(outputs, LABELS).mean().item() == pytest.approx(expected)


def test_cross_entropy_smoothing_by_its_formula():
    outputs, smoothing = random(8, 3), 0.15
    q = functional.one_hot(LABELS, 3) * (1 - smoothing) + smoothing / 3
    expected = -(q * torch.log(torch.softmax(outputs, 1))).sum(1)
    torch.testing.assert_close(CrossEntropy(label_smoothing=smoothing)(outputs, LABELS), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_binary_cross_entropy_is_cross_entropy_of_zero_and_z(smoothing):
    z = random(8, 1)
    both = torch.cat([torch.zeros_like(z), z], dim=1)
    torch.testing.assert_close(
        BinaryCrossEntropy(label_smoothing=smoothing)(z, SIDES),
        CrossEntropy(label_smoothing=smoothing)(both, SIDES),
    )
    expected = log_loss(SIDES, torch.sigmoid(z[:, 0]))
    assert BinaryCrossEntropy()(z, SIDES).mean().item() == pytest.approx(expected)


def test_binary_gradient_is_probability_less_target():
    z = random(8, 1).requires_grad_()
    BinaryCrossEntropy()(z, SIDES).sum().backward()
    torch.testing.assert_close(z.grad[:, 0], (torch.sigmoid(z[:, 0]) - SIDES).detach())


def test_a_sure_and_wrong_answer_costs_its_logit():
    z, label = torch.tensor([[1e4]]), torch.tensor([0])
    assert BinaryCrossEntropy()(z, label).item() == 1e4
    assert CrossEntropy()(torch.tensor([[0.0, 1e4, 0.0]]), label).item() == 1e4
    assert Focal()(z, label).item() == 1e4


def test_focal_without_gamma_is_cross_entropy():
    outputs, z = random(8, 3), random(8, 1)
    torch.testing.assert_close(Focal(gamma=0.0)(outputs, LABELS), CrossEntropy()(outputs, LABELS))
    torch.testing.assert_close(Focal(gamma=0.0)(z, SIDES), BinaryCrossEntropy()(z, SIDES))


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
def test_focal_by_its_formula(gamma):
    outputs = random(8, 3)
    p = torch.softmax(outputs, 1).gather(1, LABELS[:, None])[:, 0]
    torch.testing.assert_close(Focal(gamma=gamma)(outputs, LABELS), -((1 - p) ** gamma) * torch.log(p))
    z = random(8, 1)
    both = torch.cat([torch.zeros_like(z), z], dim=1)
    torch.testing.assert_close(Focal(gamma=gamma)(z, SIDES), Focal(gamma=gamma)(both, SIDES))


def test_focal_by_hand():
    # p_t = 0.9 at z = log 9; (1 - 0.9)^2 * -log 0.9
    loss = Focal()(torch.tensor([[math.log(9.0)]], dtype=torch.float64), torch.tensor([1]))
    assert loss.item() == pytest.approx(0.01 * 0.10536051565782628)


@pytest.mark.parametrize("gamma", [0.3, 0.5])
@pytest.mark.parametrize("right", [True, False])
def test_focal_gradient_is_finite_for_small_gamma_where_the_answer_is_sure(gamma, right):
    label = torch.tensor([1 if right else 0])
    for z in (torch.tensor([[1e4]]), torch.tensor([[0.0, 1e4, 0.0]])):
        z.requires_grad_()
        Focal(gamma=gamma)(z, label).sum().backward()
        assert z.grad.isfinite().all()


def test_perceptron_single_by_hand():
    s = torch.tensor([[2.0], [2.0], [-3.0], [0.0], [0.0]], requires_grad=True)
    values = PerceptronCriterion()(s, torch.tensor([1, 0, 1, 1, 0]))
    values.sum().backward()
    assert values.tolist() == [0, 2, 3, 0, 0]
    assert s.grad.flatten().tolist() == [0, 1, -1, -1, 1]


def test_perceptron_classes_by_hand():
    s = torch.tensor([[1.0, 5.0, 2.0], [1.0, 5.0, 2.0], [4.0, 4.0, 0.0], [0.0, 0.0, 0.0]], requires_grad=True)
    values = PerceptronCriterion()(s, torch.tensor([2, 1, 0, 1]))
    values.sum().backward()
    assert values.tolist() == [3, 0, 0, 0]
    # right by a margin: no change; a tie: the true class up, the first best rival down
    assert s.grad.tolist() == [[0, 1, -1], [0, 0, 0], [-1, 1, 0], [1, -1, 0]]


def test_perceptron_of_two_scores_is_that_of_their_difference():
    s = random(8, 2)
    torch.testing.assert_close(
        PerceptronCriterion()(s, SIDES), PerceptronCriterion()(s[:, 1:] - s[:, :1], SIDES)
    )
