"""The perceptron's settings are Rosenblatt's rule: a trajectory by hand, and scikit-learn's Perceptron."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Perceptron as SklearnPerceptron
from torch import nn

from ranvier.losses import PerceptronCriterion
from ranvier.network import Assembled, Head, Numbers, Perceptron

POINTS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
AND = torch.tensor([0, 0, 0, 1])
XOR = torch.tensor([0, 1, 1, 0])

# w_1, w_2, b after each epoch over (0,0), (0,1), (1,0), (1,1), from zero, with w <- w + y x and b <- b + y where
# y (w x + b) <= 0, worked by hand
BY_HAND = [
    (1, 1, 0),
    (2, 1, -1),
    (2, 1, -2),
    (2, 2, -2),
    (3, 2, -2),
    (3, 2, -3),
    (3, 3, -3),
    (3, 2, -4),
    (3, 2, -4),
]


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small only wait for their threads, and much longer where other tests run at the same time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def from_zero(inputs: int, outputs: int) -> Assembled:
    trunk = Perceptron(inputs)
    network = Assembled({"number": Numbers(width=inputs)}, trunk, Head(trunk.outputs, outputs))
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    return network


def epochs(network: nn.Module, x: torch.Tensor, y: torch.Tensor, count: int):
    """Plain gradient descent, one row at a time, at rate 1; yields after each epoch."""
    loss, optimizer = PerceptronCriterion(), torch.optim.SGD(network.parameters(), lr=1.0)
    for _ in range(count):
        for row in range(len(x)):
            optimizer.zero_grad()
            loss(network({"number": x[row : row + 1]}), y[row : row + 1]).mean().backward()
            optimizer.step()
        yield [p.detach().clone() for p in network.parameters()]


def test_and_is_learnt_as_by_hand():
    network = from_zero(2, 1)
    found = [
        (*weight[0].tolist(), bias.item()) for weight, bias in epochs(network, POINTS, AND, len(BY_HAND))
    ]
    assert found == BY_HAND
    assert ((network({"number": POINTS})[:, 0] > 0).long() == AND).all()


def test_xor_is_never_learnt():
    for weight, bias in epochs(from_zero(2, 1), POINTS, XOR, 30):
        answers = (POINTS @ weight[0] + bias > 0).long()
        assert not torch.equal(answers, XOR)


@pytest.mark.parametrize("count", [1, 3, 10])
def test_equals_sklearn_on_random_rows(count):
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(40, 3, generator=generator).double()
    y = (x[:, 0] - 2 * x[:, 1] + 0.5 * torch.randn(40, generator=generator) > 0).long()
    network = from_zero(3, 1).double()
    *_, (weight, bias) = epochs(network, x, y, count)
    theirs = SklearnPerceptron(max_iter=count, tol=None, shuffle=False).fit(x.numpy(), y.numpy())
    np.testing.assert_allclose(weight.numpy(), theirs.coef_, atol=1e-12)
    np.testing.assert_allclose(bias.numpy(), theirs.intercept_, atol=1e-12)


def test_three_classes_by_keslers_rule():
    """Against the rule written out: the true class up, the best rival down, where the rival is not below."""
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(30, 2, generator=generator).double()
    y = torch.randint(0, 3, (30,), generator=generator)
    weights, biases = np.zeros((3, 2)), np.zeros(3)
    for _ in range(4):
        for row, label in zip(x.numpy(), y.tolist()):
            scores = weights @ row + biases
            rival = max((c for c in range(3) if c != label), key=lambda c: scores[c])
            if scores[rival] >= scores[label]:
                weights[label] += row
                weights[rival] -= row
                biases[label] += 1
                biases[rival] -= 1
    *_, (weight, bias) = epochs(from_zero(2, 3).double(), x, y, 4)
    np.testing.assert_allclose(weight.numpy(), weights, atol=1e-12)
    np.testing.assert_allclose(bias.numpy(), biases, atol=1e-12)
