"""A network with one hidden layer and one with several, in NumPy: their gradients, held against finite differences.

Seed text 002, section 4. Of `SimpleNeuralNetwork`

- `hidden_error` lacks the derivative of ReLU: the error also flows back through neurons that were switched off;
- each bias moves by the sum over all neurons (`np.sum` without an axis), not by its own;
- gradients are summed over the rows, so that the learning rate has to shrink as rows are added.

Of `ComplexNeuralNetwork`

- the constructor's loop reads `hidden_sizes[i + 1]` at the last i: IndexError, whatever sizes are given. It also never
  uses `input_size`: the first matrix is between the first two hidden layers;
- `self.hidden` is overwritten by each layer. With automatic differentiation that is harmless; by hand, every layer's
  activations are needed for the way back, and are kept here;
- `tf.train.AdamOptimizer` is of TensorFlow 1 and takes no list of eager gradients in TensorFlow 2.

L = 1/2m sum (outputs - targets)^2 throughout, m rows.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

Gradient = list[np.ndarray]


class SimpleNeuralNetwork:
    def __init__(self, input_size: int, hidden_size: int, output_size: int, rng: np.random.Generator):
        self.weights1 = rng.normal(size=(input_size, hidden_size)) * (2 / input_size) ** 0.5
        self.bias1 = rng.normal(size=(1, hidden_size)) * 0.1
        self.weights2 = rng.normal(size=(hidden_size, output_size)) * (2 / hidden_size) ** 0.5
        self.bias2 = np.zeros((1, output_size))

    @property
    def parameters(self) -> list[np.ndarray]:
        return [self.weights1, self.bias1, self.weights2, self.bias2]

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        self.hidden = np.maximum(inputs @ self.weights1 + self.bias1, 0)
        return self.hidden @ self.weights2 + self.bias2

    def gradient(self, inputs: np.ndarray, targets: np.ndarray) -> Gradient:
        output_error = (self.forward(inputs) - targets) / len(inputs)
        hidden_error = output_error @ self.weights2.T * (self.hidden > 0)  # the derivative of ReLU
        return [
            inputs.T @ hidden_error,
            hidden_error.sum(axis=0, keepdims=True),
            self.hidden.T @ output_error,
            output_error.sum(axis=0, keepdims=True),
        ]

    def original_gradient(self, inputs: np.ndarray, targets: np.ndarray) -> Gradient:
        """The original's, but for its sum over rows, which is made a mean here to compare the rest."""
        output_error = (self.forward(inputs) - targets) / len(inputs)
        hidden_error = output_error @ self.weights2.T
        return [
            inputs.T @ hidden_error,
            np.full_like(self.bias1, hidden_error.sum()),
            self.hidden.T @ output_error,
            np.full_like(self.bias2, output_error.sum()),
        ]


class ComplexNeuralNetwork:
    def __init__(self, input_size: int, hidden_sizes: list[int], output_size: int, rng: np.random.Generator):
        sizes = [input_size, *hidden_sizes, output_size]
        self.weights = [rng.normal(size=(a, b)) * (2 / a) ** 0.5 for a, b in pairwise(sizes)]
        self.biases = [rng.normal(size=(1, size)) * 0.1 for size in sizes[1:]]

    @property
    def parameters(self) -> list[np.ndarray]:
        return [*self.weights, *self.biases]

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        self.activations = [inputs]
        for weights, biases in zip(self.weights[:-1], self.biases[:-1]):
            self.activations.append(np.maximum(self.activations[-1] @ weights + biases, 0))
        return self.activations[-1] @ self.weights[-1] + self.biases[-1]

    def gradient(self, inputs: np.ndarray, targets: np.ndarray) -> Gradient:
        error = (self.forward(inputs) - targets) / len(inputs)
        of_weights, of_biases = [], []
        for weights, activation in zip(reversed(self.weights), reversed(self.activations)):
            of_weights.append(activation.T @ error)
            of_biases.append(error.sum(axis=0, keepdims=True))
            error = error @ weights.T * (activation > 0)  # unused after the first layer
        return [*reversed(of_weights), *reversed(of_biases)]


Network = SimpleNeuralNetwork | ComplexNeuralNetwork


def loss(network: Network, inputs: np.ndarray, targets: np.ndarray) -> float:
    return float(np.sum((network.forward(inputs) - targets) ** 2) / (2 * len(inputs)))


def finite_differences(network: Network, inputs: np.ndarray, targets: np.ndarray) -> Gradient:
    """The derivatives from the loss alone: (L(p + h) - L(p - h)) / 2h."""
    h, found = 1e-6, []
    for parameter in network.parameters:
        slope = np.zeros_like(parameter)
        for place in np.ndindex(parameter.shape):
            there = parameter[place]
            parameter[place] = there + h
            above = loss(network, inputs, targets)
            parameter[place] = there - h
            slope[place] = (above - loss(network, inputs, targets)) / (2 * h)
            parameter[place] = there
        found.append(slope)
    return found


def relative_error(found: Gradient, oracle: Gradient) -> float:
    """The distance of two gradients over the length of the second."""
    difference = sum(float(np.sum((a - b) ** 2)) for a, b in zip(found, oracle))
    return (difference / sum(float(np.sum(b**2)) for b in oracle)) ** 0.5


def train(
    network: Network,
    gradient: Callable[[np.ndarray, np.ndarray], Gradient],
    inputs: np.ndarray,
    targets: np.ndarray,
    learning_rate: float,
    epochs: int,
) -> None:
    for _ in range(epochs):
        for parameter, slope in zip(network.parameters, gradient(inputs, targets)):
            parameter -= learning_rate * slope


def original_constructor(hidden_sizes: list[int]) -> list[tuple[int, int]]:
    """The shapes of the weights by the original's loop."""
    return [(hidden_sizes[i], hidden_sizes[i + 1]) for i in range(len(hidden_sizes))]


def explained(network: Network, inputs: np.ndarray, targets: np.ndarray) -> float:
    """R^2: the share of the targets' variance that the outputs explain."""
    return float(1 - np.mean((network.forward(inputs) - targets) ** 2) / np.var(targets))


def main(epochs: int = 2000) -> dict[str, float]:
    rng = np.random.default_rng(0)
    inputs, new = rng.uniform(-2, 2, size=(400, 2)), rng.uniform(-2, 2, size=(1000, 2))

    def target(x: np.ndarray) -> np.ndarray:
        return np.sin(2 * x[:, :1]) * x[:, 1:]

    def simple() -> SimpleNeuralNetwork:
        return SimpleNeuralNetwork(2, 32, 1, np.random.default_rng(1))

    found: dict[str, float] = {}
    network = simple()
    oracle = finite_differences(network, inputs, target(inputs))
    found["original_error"] = relative_error(network.original_gradient(inputs, target(inputs)), oracle)
    found["mended_error"] = relative_error(network.gradient(inputs, target(inputs)), oracle)
    print("one hidden layer: relative error of the gradient against finite differences")
    print(f"  original {found['original_error']:.1e}   mended {found['mended_error']:.1e}")

    deep = ComplexNeuralNetwork(2, [16, 16, 16], 1, np.random.default_rng(1))
    oracle = finite_differences(deep, inputs, target(inputs))
    found["deep_error"] = relative_error(deep.gradient(inputs, target(inputs)), oracle)
    print(f"three hidden layers: {found['deep_error']:.1e}")
    try:
        original_constructor([16, 16, 16])
    except IndexError as error:
        print(f"  the original's constructor with [16, 16, 16]: IndexError, {error}")

    wrong = simple()
    for name, which, gradient in (
        ("original", wrong, wrong.original_gradient),
        ("mended", network, network.gradient),
        ("deep", deep, deep.gradient),
    ):
        train(which, gradient, inputs, target(inputs), learning_rate=0.05, epochs=epochs)
        found[f"{name}_r2"] = explained(which, new, target(new))
    print(f"R^2 on new rows after {epochs:,} epochs, y = sin(2 x1) x2:")
    print(
        f"  original {found['original_r2']:.3f}   mended {found['mended_r2']:.3f}   "
        f"three hidden layers {found['deep_r2']:.3f}"
    )
    return found


if __name__ == "__main__":
    main()
