# ruff: noqa: N803, N806 (the seed's symbols)
"""Backpropagation through two layers by hand, held against PyTorch's automatic differentiation.

Seed text 004, section 3.2.2: tanh, then sigmoid, with the cross-entropy; X is (features, m), one example a column.

The original's function is right for exactly this network, and two things about it are easily missed:

- dZ2 = A2 - Y is delta = grad_a J * sigma'(z) only for a sigmoid with the cross-entropy, where the two factors cancel.
  The general formula, which the text has too, is computed beside it; for the squared error A2 - Y would be wrong by
  the factor 2 A2 (1 - A2), which is shown;
- the formulas of the text (no 1/m) are for one example, those of the program for the mean over m.

Its `cache` has 8 entries, while `forward_with_dropout` of the same text returns 9: see dropout_by_hand.py.
"""

from __future__ import annotations

import numpy as np
import torch

Cache = tuple[np.ndarray, ...]


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def forward_propagation(
    X: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
) -> tuple[np.ndarray, Cache]:
    Z1 = W1 @ X + b1
    A1 = np.tanh(Z1)
    Z2 = W2 @ A1 + b2
    A2 = sigmoid(Z2)
    return A2, (Z1, A1, W1, b1, Z2, A2, W2, b2)


def backward_propagation(X: np.ndarray, Y: np.ndarray, cache: Cache) -> dict[str, np.ndarray]:
    """As in the seed."""
    _, A1, _, _, _, A2, _, _ = cache
    return _from_output_error(X, A2 - Y, A1, cache)


def backward_propagation_general(X: np.ndarray, grad_A2: np.ndarray, cache: Cache) -> dict[str, np.ndarray]:
    """For any loss: delta[2] = grad_a J * sigma'(z[2])."""
    _, A1, _, _, _, A2, _, _ = cache
    return _from_output_error(X, grad_A2 * A2 * (1 - A2), A1, cache)


def _from_output_error(X: np.ndarray, dZ2: np.ndarray, A1: np.ndarray, cache: Cache) -> dict[str, np.ndarray]:
    m, W2 = X.shape[1], cache[6]
    dZ1 = W2.T @ dZ2 * (1 - A1**2)
    return {
        "dW1": dZ1 @ X.T / m,
        "db1": dZ1.sum(axis=1, keepdims=True) / m,
        "dW2": dZ2 @ A1.T / m,
        "db2": dZ2.sum(axis=1, keepdims=True) / m,
    }


def by_autograd(
    X: np.ndarray, Y: np.ndarray, parameters: list[np.ndarray], squared: bool
) -> dict[str, np.ndarray]:
    """The same derivatives by PyTorch, in 64 bits."""
    W1, b1, W2, b2 = (torch.tensor(p, requires_grad=True) for p in parameters)
    x, y = torch.tensor(X), torch.tensor(Y)
    a2 = torch.sigmoid(W2 @ torch.tanh(W1 @ x + b1) + b2)
    each = (y - a2) ** 2 if squared else -(y * a2.log() + (1 - y) * (1 - a2).log())
    (each.sum() / X.shape[1]).backward()
    return {f"d{name}": p.grad.numpy() for name, p in zip(("W1", "b1", "W2", "b2"), (W1, b1, W2, b2))}


def apart(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> float:
    return float(max(np.abs(first[name] - second[name]).max() for name in first))


def main(features: int = 5, hidden: int = 7, m: int = 50) -> dict[str, float]:
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(features, m)), rng.integers(0, 2, size=(1, m)).astype(float)
    parameters = [
        rng.normal(size=(hidden, features)),
        rng.normal(size=(hidden, 1)),
        rng.normal(size=(1, hidden)),
        rng.normal(size=(1, 1)),
    ]
    A2, cache = forward_propagation(X, *parameters)
    oracle = by_autograd(X, Y, parameters, squared=False)
    squared = by_autograd(X, Y, parameters, squared=True)
    found = {
        "seed": apart(backward_propagation(X, Y, cache), oracle),
        "general": apart(backward_propagation_general(X, (A2 - Y) / (A2 * (1 - A2)), cache), oracle),
        "squared": apart(backward_propagation_general(X, 2 * (A2 - Y), cache), squared),
        "squared_by_the_short_formula": apart(backward_propagation(X, Y, cache), squared),
    }
    print("largest difference from automatic differentiation, of dW1, db1, dW2, db2:")
    print(f"  cross-entropy, dZ2 = A2 - Y                  {found['seed']:.1e}")
    print(f"  cross-entropy, dZ2 = grad_a J * sigma'(Z2)   {found['general']:.1e}")
    print(f"  squared error, dZ2 = grad_a J * sigma'(Z2)   {found['squared']:.1e}")
    print(f"  squared error, dZ2 = A2 - Y (wrong)          {found['squared_by_the_short_formula']:.1e}")
    return found


if __name__ == "__main__":
    main()
