"""Linear regression as a network, and why a classifier of digits is something else.

Seed text 003, sections 4.2 to 5.2.

Linear regression. The text's backward pass has delta = y - y_hat, y being the label and y_hat the prediction, and then
w <- w - eta delta_w: with that sign the loss climbs. Its delta_w = delta w^T also has the wrong shape: the gradient
holds the inputs, x^T delta. Below, gradient descent with the right gradient meets the least-squares solution, and with
the text's sign runs away from it.

Digits. The text describes a classifier with two hidden layers of 64 neurons and cross-entropy, computes a squared
error, and then trains `LinearRegression(784, 10)` with `MSELoss` on the labels as numbers. That does not run: the
pictures are not flattened, and outputs (64, 10) do not fit labels (64,). If the labels are made (64, 1) it runs, for
PyTorch broadcasts them: then each of the ten outputs learns the digit's number. Five ways, compared on new rows:

    broadcast     the original, made to run: ten outputs that all learn the number; the answer is the largest
    number        one output learns the number 0..9; the answer is the nearest digit. A 9 is not nine times a 1
    one-hot       ten outputs, squared error against 1 for the right class and 0 for the others
    softmax       ten outputs, cross-entropy: the linear classifier
    2 x 64        the network that the text describes: two hidden layers, cross-entropy

    python examples/linear_regression.py [FOLDER WITH MNIST'S FOUR FILES]
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import handwritten
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss, one_hot

Loss = Callable[[Tensor, Tensor], Tensor]


def regression(steps: int = 500, eta: float = 0.1) -> dict[str, float]:
    """y = 3 x1 - 2 x2 + 1 and noise: the distance from least squares, by the right gradient and by the text's sign."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    y = x @ np.array([3.0, -2.0]) + 1 + 0.1 * rng.normal(size=200)
    ones = np.column_stack([x, np.ones(200)])
    exact = np.linalg.lstsq(ones, y, rcond=None)[0]

    def loss(theta: np.ndarray) -> float:
        return float(np.mean((y - ones @ theta) ** 2))

    theta, climbing = np.zeros(3), np.zeros(3)
    for _ in range(steps):
        theta -= eta * 2 / 200 * ones.T @ (ones @ theta - y)
    for _ in range(10):
        climbing -= eta * 2 / 200 * ones.T @ (y - ones @ climbing)  # the text's delta = y - y_hat
    return {
        "distance": float(np.abs(theta - exact).max()),
        "loss_before": loss(np.zeros(3)),
        "loss_after": loss(theta),
        "loss_by_the_texts_sign": loss(climbing),
    }


def learn(build: Callable[[], nn.Module], loss: Loss, data: handwritten.Digits, epochs: int) -> Tensor:
    """Adam at the text's rate 0.01, batches of 64, as many epochs for each way; the outputs for the test rows."""
    torch.manual_seed(0)
    model = build()
    images = torch.tensor(data.train_images.reshape(len(data.train_labels), -1), dtype=torch.float32)
    labels = torch.tensor(data.train_labels)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(epochs):
        for rows in torch.randperm(len(labels)).split(64):
            optimizer.zero_grad()
            loss(model(images[rows]), labels[rows]).backward()
            optimizer.step()
    with torch.no_grad():
        return model(torch.tensor(data.test_images.reshape(len(data.test_labels), -1), dtype=torch.float32))


def main(folder: str | None = None, epochs: int = 40) -> dict[str, float]:
    found = regression()
    print(f"gradient descent against least squares: {found['distance']:.1e} apart")
    print(
        f"loss {found['loss_before']:.2f} at first, {found['loss_after']:.4f} at the end; "
        f"{found['loss_by_the_texts_sign']:.0f} after 10 steps by the text's sign"
    )
    data = handwritten.load(folder)
    pixels = data.train_images[0].size

    def linear(outputs: int) -> Callable[[], nn.Module]:
        return lambda: nn.Linear(pixels, outputs)

    def deep() -> nn.Module:
        return nn.Sequential(
            nn.Linear(pixels, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
        )

    ways: dict[str, tuple[Callable[[], nn.Module], Loss]] = {
        "broadcast": (linear(10), lambda out, y: mse_loss(out, y[:, None].expand(-1, 10).float())),
        "number": (linear(1), lambda out, y: mse_loss(out[:, 0], y.float())),
        "one-hot": (linear(10), lambda out, y: mse_loss(out, one_hot(y, 10).float())),
        "softmax": (linear(10), cross_entropy),
        "2 x 64": (deep, cross_entropy),
    }
    print(f"{data.origin}: accuracy on {len(data.test_labels):,} new rows after {epochs} epochs")
    for name, (build, loss) in ways.items():
        out = learn(build, loss, data, epochs)
        answer = out[:, 0].round() if out.shape[1] == 1 else out.argmax(dim=1)
        found[name] = float((answer == torch.tensor(data.test_labels)).float().mean())
        print(f"  {name:<10} {found[name]:.3f}")
    return found


if __name__ == "__main__":
    main(*sys.argv[1:2])
