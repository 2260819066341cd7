# ruff: noqa: N803, N806 (the seed's symbols)
"""Dropout by hand: forward, backward, and what becomes of it when the network answers.

Seed text 004, section 3.3.2. `forward_with_dropout` is right as far as it goes: inverted dropout keeps the mean of each
activation. But

- it drops neurons whenever it is called: asked twice about the same row, the network answers differently. Dropout
  belongs to training alone;
- its cache has 9 entries (D1 is among them), and the text's `backward_propagation` unpacks 8: ValueError. With the mask
  left out by hand, the gradient is wrong; the way back goes through the same mask and the same division;
- it draws from NumPy's global generator, so that no run can be repeated; a generator is passed here.
"""

from __future__ import annotations

import backpropagation_by_hand as plain
import numpy as np
import torch
from backpropagation_by_hand import Cache, sigmoid


def forward_with_dropout(
    X: np.ndarray,
    parameters: list[np.ndarray],
    keep_prob: float = 0.5,
    rng: np.random.Generator | None = None,
) -> tuple[np.ndarray, Cache]:
    """With a generator, as in training; without one nothing is dropped, as when the network answers."""
    W1, b1, W2, b2 = parameters
    Z1 = W1 @ X + b1
    A1 = np.tanh(Z1)
    D1 = np.ones_like(A1) if rng is None else (rng.random(A1.shape) < keep_prob) / keep_prob
    A1 = A1 * D1
    Z2 = W2 @ A1 + b2
    A2 = sigmoid(Z2)
    return A2, (Z1, A1, D1, W1, b1, Z2, A2, W2, b2)


def backward_with_dropout(X: np.ndarray, Y: np.ndarray, cache: Cache) -> dict[str, np.ndarray]:
    Z1, A1, D1, _, _, _, A2, W2, _ = cache
    m = X.shape[1]
    dZ2 = A2 - Y
    dZ1 = W2.T @ dZ2 * D1 * (1 - np.tanh(Z1) ** 2)  # A1 is masked: its tanh is not 1 - A1^2 any more
    return {
        "dW1": dZ1 @ X.T / m,
        "db1": dZ1.sum(axis=1, keepdims=True) / m,
        "dW2": dZ2 @ A1.T / m,
        "db2": dZ2.sum(axis=1, keepdims=True) / m,
    }


def by_autograd(
    X: np.ndarray, Y: np.ndarray, D1: np.ndarray, parameters: list[np.ndarray]
) -> dict[str, np.ndarray]:
    W1, b1, W2, b2 = (torch.tensor(p, requires_grad=True) for p in parameters)
    hidden = torch.tanh(W1 @ torch.tensor(X) + b1) * torch.tensor(D1)
    logits = W2 @ hidden + b2
    torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor(Y)).backward()
    return {f"d{name}": p.grad.numpy() for name, p in zip(("W1", "b1", "W2", "b2"), (W1, b1, W2, b2))}


def main(keep_prob: float = 0.5, draws: int = 20_000) -> dict[str, float]:
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(5, 50)), rng.integers(0, 2, size=(1, 50)).astype(float)
    parameters = [rng.normal(size=size) for size in ((7, 5), (7, 1), (1, 7), (1, 1))]

    _, cache = forward_with_dropout(X, parameters, keep_prob, rng)
    oracle = by_autograd(X, Y, cache[2], parameters)
    without_mask = plain.backward_propagation(X, Y, (*cache[:2], *cache[3:]))

    one = X[:, :1]
    hidden = forward_with_dropout(one, parameters)[1][1]
    masked = np.mean(
        [forward_with_dropout(one, parameters, keep_prob, rng)[1][1] for _ in range(draws)], axis=0
    )
    answers = [forward_with_dropout(one, parameters, keep_prob, rng)[0].item() for _ in range(100)]
    settled = {forward_with_dropout(one, parameters)[0].item() for _ in range(100)}
    found = {
        "mended_error": plain.apart(backward_with_dropout(X, Y, cache), oracle),
        "without_mask_error": plain.apart(without_mask, oracle),
        "mean_shift": float(np.abs(masked - hidden).max()),
        "spread_of_answers": max(answers) - min(answers),
        "different_answers_in_use": float(len(settled)),
    }
    print("gradient with dropout, largest difference from automatic differentiation:")
    print(f"  through the mask             {found['mended_error']:.1e}")
    print(f"  the original's, without it   {found['without_mask_error']:.1e}")
    print(
        f"mean activation over {draws:,} masks: at most {found['mean_shift']:.3f} from the one without dropout"
    )
    print(
        f"one row asked 100 times with dropout on: the answers spread over {found['spread_of_answers']:.2f}"
    )
    return found


if __name__ == "__main__":
    main()
