"""The update rules of the optimizers in NumPy float64, written from the papers' formulas.

Each rule takes start values, a gradient function and a rate, and yields the parameters after each step.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Values = list[np.ndarray]
Gradient = Callable[[Values], Values]


def gradient_descent(theta: Values, gradient: Gradient, alpha: float, steps: int) -> list[Values]:
    path = []
    for _ in range(steps):
        theta = [p - alpha * g for p, g in zip(theta, gradient(theta))]
        path.append(theta)
    return path


def momentum(theta: Values, gradient: Gradient, alpha: float, steps: int, beta: float) -> list[Values]:
    path, v = [], [np.zeros_like(p) for p in theta]
    for _ in range(steps):
        v = [beta * u - alpha * g for u, g in zip(v, gradient(theta))]
        theta = [p + u for p, u in zip(theta, v)]
        path.append(theta)
    return path


def nesterov(theta: Values, gradient: Gradient, alpha: float, steps: int, beta: float) -> list[Values]:
    """Sutskever's form; the path is that of the point where the gradient is taken, theta + beta v."""
    path, v = [], [np.zeros_like(p) for p in theta]
    for _ in range(steps):
        ahead = [p + beta * u for p, u in zip(theta, v)]
        v = [beta * u - alpha * g for u, g in zip(v, gradient(ahead))]
        theta = [p + u for p, u in zip(theta, v)]
        path.append([p + beta * u for p, u in zip(theta, v)])
    return path


def adagrad(theta: Values, gradient: Gradient, alpha: float, steps: int, epsilon: float) -> list[Values]:
    path, v = [], [np.zeros_like(p) for p in theta]
    for _ in range(steps):
        g = gradient(theta)
        v = [a + b**2 for a, b in zip(v, g)]
        theta = [p - alpha * b / (np.sqrt(a) + epsilon) for p, a, b in zip(theta, v, g)]
        path.append(theta)
    return path


def rmsprop(
    theta: Values, gradient: Gradient, alpha: float, steps: int, beta: float, epsilon: float
) -> list[Values]:
    path, v = [], [np.zeros_like(p) for p in theta]
    for _ in range(steps):
        g = gradient(theta)
        v = [beta * a + (1 - beta) * b**2 for a, b in zip(v, g)]
        theta = [p - alpha * b / (np.sqrt(a) + epsilon) for p, a, b in zip(theta, v, g)]
        path.append(theta)
    return path


def adamw(
    theta: Values,
    gradient: Gradient,
    alpha: float,
    steps: int,
    beta1: float,
    beta2: float,
    epsilon: float,
    decays: list[float],
) -> list[Values]:
    """AdamW with its own decay for each parameter; with decays of 0 it is Adam."""
    path = []
    m, v = [np.zeros_like(p) for p in theta], [np.zeros_like(p) for p in theta]
    for t in range(1, steps + 1):
        g = gradient(theta)
        m = [beta1 * a + (1 - beta1) * b for a, b in zip(m, g)]
        v = [beta2 * a + (1 - beta2) * b**2 for a, b in zip(v, g)]
        m_hat = [a / (1 - beta1**t) for a in m]
        v_hat = [a / (1 - beta2**t) for a in v]
        theta = [
            p - alpha * (a / (np.sqrt(b) + epsilon) + decay * p)
            for p, a, b, decay in zip(theta, m_hat, v_hat, decays)
        ]
        path.append(theta)
    return path


def muon(
    theta: Values, gradient: Gradient, alpha: float, steps: int, beta: float, decay: float
) -> list[Values]:
    """Muon on matrices: Jordan's quintic in float64, Liu's scale."""
    path, m = [], [np.zeros_like(p) for p in theta]
    for _ in range(steps):
        g = gradient(theta)
        m = [beta * a + (1 - beta) * b for a, b in zip(m, g)]
        u = [beta * a + (1 - beta) * b for a, b in zip(m, g)]
        theta = [
            p - alpha * decay * p - 0.2 * np.sqrt(max(p.shape)) * alpha * quintic(a) for p, a in zip(theta, u)
        ]
        path.append(theta)
    return path


def quintic(matrix: np.ndarray) -> np.ndarray:
    """Five times s -> 3.4445 s - 4.775 s^3 + 2.0315 s^5 on the singular values of matrix / its Frobenius norm.

    Through the singular value decomposition, not through matrix products as the usual implementation does.
    """
    left, s, right = np.linalg.svd(matrix / np.linalg.norm(matrix), full_matrices=False)
    for _ in range(5):
        s = 3.4445 * s - 4.775 * s**3 + 2.0315 * s**5
    return left @ np.diag(s) @ right
