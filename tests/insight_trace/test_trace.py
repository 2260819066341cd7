"""The trace of a 2-2-1 network is a hand computation, to the last digit shown."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from ranvier import trace
from ranvier.errors import SpecError

W1 = [[0.15, 0.20], [0.25, 0.30]]
W2 = [[0.40, 0.45]]


def network() -> nn.Sequential:
    chain = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    for layer, weight, bias in ((chain[0], W1, [0.35, 0.35]), (chain[2], W2, [0.60])):
        layer.weight.data = torch.tensor(weight, dtype=torch.float64)
        layer.bias.data = torch.tensor(bias, dtype=torch.float64)
    return chain


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def by_hand(x: list[float], y: float, rate: float) -> dict[str, float]:
    """The same step, a number at a time."""
    z1 = [W1[j][0] * x[0] + W1[j][1] * x[1] + 0.35 for j in range(2)]
    a1 = [sigmoid(z) for z in z1]
    z2 = W2[0][0] * a1[0] + W2[0][1] * a1[1] + 0.60
    a2 = sigmoid(z2)
    delta2 = 2 * (a2 - y) * a2 * (1 - a2)
    delta1 = [W2[0][j] * delta2 * a1[j] * (1 - a1[j]) for j in range(2)]
    return {
        "z11": z1[0], "z12": z1[1], "a11": a1[0], "a12": a1[1], "z2": z2, "a2": a2, "J": (a2 - y) ** 2,
        "delta2": delta2, "delta11": delta1[0], "delta12": delta1[1],
        "dW2": delta2 * a1[0], "dW1": delta1[1] * x[0], "W2": W2[0][0] - rate * delta2 * a1[0],
        "W1": W1[1][0] - rate * delta1[1] * x[0], "b1": 0.35 - rate * delta1[0],
    }  # fmt: skip


def test_equals_the_hand_computation_to_the_last_digit_shown() -> None:
    x, y, rate = [0.05, 0.10], 0.01, 0.5
    hand = by_hand(x, y, rate)
    step = trace(network(), [x], [[y]], rate=rate)
    first, second = step.layers
    shown = {
        "z11": first.z[0, 0], "z12": first.z[0, 1], "a11": first.a[0, 0], "a12": first.a[0, 1], "z2": second.z[0, 0],
        "a2": second.a[0, 0], "J": torch.tensor(step.loss, dtype=torch.float64),
        "delta2": second.delta[0, 0], "delta11": first.delta[0, 0],
        "delta12": first.delta[0, 1], "dW2": second.weight_gradient[0, 0], "dW1": first.weight_gradient[1, 0],
        "W2": second.new_weight[0, 0], "W1": first.new_weight[1, 0], "b1": first.new_bias[0],
    }  # fmt: skip
    for name, value in hand.items():
        assert f"{float(shown[name]):.12f}" == f"{value:.12f}", name
        assert f"{value:.6f}" in str(step), name
    assert step.new_loss < step.loss


def test_says_the_formula_beside_each_number() -> None:
    text = str(trace(network(), [[1.0, 0.0]], [[1.0]]))
    for formula in (
        "z1 = W1 a0 + b1", "a2 = sigmoid(z2)", "J = mse(a2, y)", "delta2 = dJ/da2 * sigmoid'(z2)",
        "delta1 = (W2^T delta2) * sigmoid'(z1)", "dJ/dW1 = delta1 a0^T", "update by gradient_descent, alpha = 0.1",
    ):  # fmt: skip
        assert formula in text


def test_leaves_the_network_as_it_was() -> None:
    chain = network()
    before = [parameter.clone() for parameter in chain.parameters()]
    trace(chain, [[1.0, 0.0]], [[1.0]], rate=1.0)
    assert all(torch.equal(a, b) for a, b in zip(before, chain.parameters()))
    assert all(parameter.grad is None for parameter in chain.parameters())


def test_classes_and_several_rows() -> None:
    chain = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Dropout(0.5), nn.Linear(3, 3, bias=False))
    rows, target = np.eye(2), [0, 2]
    step = trace(
        chain, rows, target, loss={"name": "cross_entropy", "label_smoothing": 0.1}, optimizer="adam"
    )
    expected = nn.functional.cross_entropy(
        chain.eval()(torch.eye(2)), torch.tensor(target), label_smoothing=0.1
    )
    assert step.loss == pytest.approx(expected.item(), rel=1e-5)
    assert [layer.activation for layer in step.layers] == ["relu", "identity"]
    assert step.layers[1].bias is None and step.layers[1].new_bias is None
    total = step.layers[0].delta.T @ step.layers[0].inputs
    torch.testing.assert_close(total, step.layers[0].weight_gradient)


@pytest.mark.parametrize("module", [nn.Sequential(nn.Conv1d(1, 1, 1)), nn.Sequential(nn.ReLU())])
def test_what_is_no_chain_is_refused(module: nn.Module) -> None:
    with pytest.raises(SpecError, match="The network cannot be traced"):
        trace(module, [[[1.0]]], [[1.0]])


def test_rows_that_do_not_fit() -> None:
    with pytest.raises(SpecError, match="The network cannot take the rows"):
        trace(network(), [[1.0, 2.0, 3.0]], [[1.0]])
