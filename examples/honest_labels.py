"""The network 2-2-1 in NumPy whose labels do not depend on its inputs, and what an honest test says of it.

Seed text 001, section 4. The original

- sets `outputs[:500] = 1` for inputs drawn at random: the label depends on the number of the row and on nothing else.
  No network can learn it; on new rows it is right half of the time, and only a measure on new rows shows that;
- does not run: `train` uses an `a1` that lives in `forward`;
- subtracts labels (N,) from predictions (N, 1), which NumPy broadcasts to (N, N) without a word;
- multiplies the output's delta by y_pred (1 - y_pred). That belongs to the squared error; for the cross-entropy that it
  computes, the delta is y_pred - outputs;
- sums the gradients over the rows where its loss is their mean, and sums each bias over all neurons.

Here the program is mended, its gradient is held against finite differences, and it learns twice: the original's labels,
and labels that follow from the inputs (1 where |x1 + x2| < 0.95: a band, which no single neuron can cut out).
"""

from __future__ import annotations

import numpy as np

from ranvier.evaluation.resampling import wilson


class NeuralNetwork:
    def __init__(self, rng: np.random.Generator):
        self.weights1 = rng.normal(size=(2, 2))
        self.biases1 = np.zeros(2)
        self.weights2 = rng.normal(size=(2, 1))
        self.biases2 = np.zeros(1)

    @property
    def parameters(self) -> list[np.ndarray]:
        return [self.weights1, self.biases1, self.weights2, self.biases2]

    def forward(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, 2) to the hidden activations (N, 2) and the predictions (N,)."""
        a1 = sigmoid(inputs @ self.weights1 + self.biases1)
        z2 = a1 @ self.weights2 + self.biases2
        return a1, sigmoid(z2)[:, 0]

    def loss(self, inputs: np.ndarray, outputs: np.ndarray) -> float:
        y_pred = self.forward(inputs)[1]
        return float(-np.mean(outputs * np.log(y_pred) + (1 - outputs) * np.log(1 - y_pred)))

    def gradient(self, inputs: np.ndarray, outputs: np.ndarray) -> list[np.ndarray]:
        """The derivatives of the loss for `parameters`."""
        a1, y_pred = self.forward(inputs)
        dz2 = (y_pred - outputs)[:, None] / len(inputs)  # (N, 1)
        dz1 = dz2 @ self.weights2.T * a1 * (1 - a1)  # (N, 2)
        return [inputs.T @ dz1, dz1.sum(axis=0), a1.T @ dz2, dz2.sum(axis=0)]

    def original_gradient(self, inputs: np.ndarray, outputs: np.ndarray) -> list[np.ndarray]:
        """What the original computes, but for the broadcasting and the missing a1: divided by N, as its loss is."""
        a1, y_pred = self.forward(inputs)
        dz2 = ((y_pred - outputs) * y_pred * (1 - y_pred))[:, None] / len(inputs)
        dz1 = dz2 @ self.weights2.T * a1 * (1 - a1)
        return [inputs.T @ dz1, np.full(2, dz1.sum()), a1.T @ dz2, np.full(1, dz2.sum())]


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def finite_differences(network: NeuralNetwork, inputs: np.ndarray, outputs: np.ndarray) -> list[np.ndarray]:
    """The derivatives once more, from the loss alone: (L(p + h) - L(p - h)) / 2h."""
    h, found = 1e-6, []
    for parameter in network.parameters:
        slope = np.zeros_like(parameter)
        for place in np.ndindex(parameter.shape):
            there = parameter[place]
            parameter[place] = there + h
            above = network.loss(inputs, outputs)
            parameter[place] = there - h
            slope[place] = (above - network.loss(inputs, outputs)) / (2 * h)
            parameter[place] = there
        found.append(slope)
    return found


def largest_difference(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    return float(max(np.abs(a - b).max() for a, b in zip(first, second)))


def train(
    network: NeuralNetwork, inputs: np.ndarray, outputs: np.ndarray, learning_rate: float, epochs: int
) -> None:
    for _ in range(epochs):
        for parameter, slope in zip(network.parameters, network.gradient(inputs, outputs)):
            parameter -= learning_rate * slope


def right(network: NeuralNetwork, inputs: np.ndarray, outputs: np.ndarray) -> float:
    return float(np.mean((network.forward(inputs)[1] > 0.5) == (outputs == 1)))


def by_row_number(inputs: np.ndarray) -> np.ndarray:
    """The original's labels."""
    outputs = np.zeros(len(inputs))
    outputs[: len(inputs) // 2] = 1
    return outputs


def by_inputs(inputs: np.ndarray) -> np.ndarray:
    """Labels that can be learnt."""
    return (np.abs(inputs.sum(axis=1)) < 0.95).astype(float)


def main(epochs: int = 3000, rows: int = 1000, new_rows: int = 2000) -> dict[str, float]:
    found: dict[str, float] = {}
    rng = np.random.default_rng(0)
    inputs, new_inputs = rng.normal(size=(rows, 2)), rng.normal(size=(new_rows, 2))
    network = NeuralNetwork(rng)
    outputs = by_row_number(inputs)
    slopes = finite_differences(network, inputs, outputs)
    found["original_error"] = largest_difference(network.original_gradient(inputs, outputs), slopes)
    found["mended_error"] = largest_difference(network.gradient(inputs, outputs), slopes)
    print("largest difference of the gradient from finite differences:")
    print(f"  original {found['original_error']:.1e}   mended {found['mended_error']:.1e}")
    for name, label in (("by row number", by_row_number), ("by the inputs", by_inputs)):
        network = NeuralNetwork(np.random.default_rng(1))
        train(network, inputs, label(inputs), learning_rate=2.0, epochs=epochs)
        seen = right(network, inputs, label(inputs))
        new = right(network, new_inputs, label(new_inputs))
        low, high = wilson(new, new_rows)
        key = name.replace(" ", "_")
        found |= {f"{key}_train": seen, f"{key}_new": new, f"{key}_low": low, f"{key}_high": high}
        print(
            f"labels {name}: {seen:.3f} right on training rows, {new:.3f} on new rows "
            f"(95% interval {low:.3f} to {high:.3f})"
        )
    return found


if __name__ == "__main__":
    main()
