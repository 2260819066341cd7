"""Activation functions and their derivatives: a table, a check of every one, and a picture.

    python examples/activations.py [PICTURE]

Seed text 004, section 2.2.3 (and 003, question 3). The original draws sigmoid, tanh, ReLU and Leaky ReLU, but not their
derivatives, on which learning rests; and

- `np.exp(-z)` overflows, with a warning, for z below -709: here the sigmoid is computed from exp(-|z|);
- `np.maximum(alpha * z, z)` is Leaky ReLU only for alpha from 0 to 1;
- text 003 says that an activation maps to values that are not negative: tanh and Leaky ReLU do not.

PICTURE is drawn where matplotlib is installed (the suffix says the format), or else, as HTML, with plotly.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from ranvier.catalog import ACTIVATIONS, load
from ranvier.network import derivative


def sigmoid(z: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)


def tanh(z: np.ndarray) -> np.ndarray:
    return np.tanh(z)


def relu(z: np.ndarray) -> np.ndarray:
    return np.maximum(0, z)


def leaky_relu(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    return np.where(z > 0, z, alpha * z)


def sigmoid_derivative(z: np.ndarray) -> np.ndarray:
    return sigmoid(z) * (1 - sigmoid(z))


def tanh_derivative(z: np.ndarray) -> np.ndarray:
    return 1 - np.tanh(z) ** 2


def relu_derivative(z: np.ndarray) -> np.ndarray:
    return (z > 0).astype(float)


def leaky_relu_derivative(z: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    return np.where(z > 0, 1, alpha)


SEED = {
    "sigmoid": (sigmoid, sigmoid_derivative),
    "tanh": (tanh, tanh_derivative),
    "relu": (relu, relu_derivative),
    "leaky_relu": (leaky_relu, leaky_relu_derivative),
}


def errors(z: np.ndarray) -> dict[str, float]:
    """For each activation, how far its derivative is from finite differences of its values, at most."""
    h, at = 1e-6, torch.tensor(z)
    found = {}
    for name in ACTIVATIONS:
        if name != "softmax":  # its derivative is a matrix
            f = load("activations", name)()
            slope = (f(at + h) - f(at - h)) / (2 * h)
            found[name] = float((derivative(name, at) - slope).abs().max())
    for name, (f, df) in SEED.items():
        found[f"{name} (NumPy)"] = float(np.abs(df(z) - (f(z + h) - f(z - h)) / (2 * h)).max())
    return found


def table(z: np.ndarray) -> str:
    lines = [
        "     z" + "".join(f"{name:>11} {'':>7}" for name in SEED),
        " " * 6 + "       f(z)   f'(z)" * len(SEED),
    ]
    for value in z:
        cells = "".join(f"{f(np.array(value)):11.4f} {df(np.array(value)):7.4f}" for f, df in SEED.values())
        lines.append(f"{value:6.1f}{cells}")
    return "\n".join(lines)


def draw(path: Path) -> str:
    """Draw values and derivatives into `path`; says what was done."""
    z = np.linspace(-5, 5, 401)
    if find_spec("matplotlib"):
        import matplotlib

        matplotlib.use("Agg")  # into a file: no screen is needed
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(2, 2, figsize=(10, 7))
        for axis, (name, (f, df)) in zip(axes.flat, SEED.items()):
            axis.plot(z, f(z), label="f(z)")
            axis.plot(z, df(z), "--", label="f'(z)")
            axis.set_title(name)
            axis.grid(True)
            axis.legend()
        figure.tight_layout()
        figure.savefig(path)
        plt.close(figure)
        return f"drawn: {path}"
    if find_spec("plotly"):
        from plotly.subplots import make_subplots

        figure = make_subplots(rows=2, cols=2, subplot_titles=list(SEED))
        for place, (name, (f, df)) in enumerate(SEED.items()):
            where = {"row": place // 2 + 1, "col": place % 2 + 1}
            figure.add_scatter(x=z, y=f(z), name=f"{name}(z)", **where)
            figure.add_scatter(x=z, y=df(z), name=f"{name}'(z)", line={"dash": "dash"}, **where)
        path = path.with_suffix(".html")
        figure.write_html(path)
        return f"drawn: {path}"
    return "not drawn: neither matplotlib nor plotly is installed"


def main(picture: str | Path | None = None) -> dict[str, float]:
    print(table(np.array([-5.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 5.0])))
    found = errors(np.linspace(-4.95, 4.95, 100))  # no kink (0, -3, 3) is among these
    worst = max(found, key=found.__getitem__)
    print(
        f"derivatives of {len(found)} against finite differences: at most {found[worst]:.1e} apart ({worst})"
    )
    print(f"sigmoid(-1000) = {sigmoid(np.array(-1000.0)):g}, without an overflow")
    if picture is not None:
        print(draw(Path(picture)))
    return found


if __name__ == "__main__":
    main(*sys.argv[1:2])
