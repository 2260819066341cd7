"""A trace as a page: each number of one step with its formula, and with the numbers that go into it."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from ..errors import SpecError
from ..network import derivative
from .offline import offline
from .report.markup import Html, escape, join, section, table, tag
from .trace import LayerTrace, Trace

TERMS = 8
"""A sum of more products than this is not written out."""


def page(step: Trace, digits: int = 6) -> str:
    """The step as one page that needs no network and no script.

    Args:
        step: what ``trace`` gave.
        digits: behind the point, of every number.
    """
    show = _Show(step, digits)
    last = len(step.layers)
    widths = "-".join(
        str(n) for n in (step.layers[0].weight.shape[1], *(len(layer.weight) for layer in step.layers))
    )
    backward = [
        part
        for index in range(last, 0, -1)
        for part in (
            _part(f"The error of layer {index}, delta = dJ/dz", show.errors(index)),
            _part(f"The gradients of layer {index}, summed over the rows", show.gradients(index)),
        )
    ]
    lead = (
        f"A network {widths}, {len(step.layers[0].inputs)} row, loss {step.loss_name}, {step.optimizer} with alpha = "
        f"{step.rate:g}. Before the step J = {show(step.loss)}, after it J = {show(step.new_loss)}. Each number is "
        f"rounded to {digits} digits behind the point; computed with 64 bits."
    ).replace(" row,", " row," if len(step.layers[0].inputs) == 1 else " rows,")
    return offline(
        "One step of learning",
        lead,
        section(
            "forward",
            "Forward propagation",
            *(
                _part(f"Layer {i}: {step.layers[i - 1].activation}", show.forward(i))
                for i in range(1, last + 1)
            ),
        ),
        section("loss", "The loss", _part("J", show.loss())),
        section("backward", "Backward propagation", *backward),
        section(
            "update",
            "The update",
            *(_part(f"Layer {i}", show.update(i)) for i in range(1, last + 1)),
            tag("p", f"The loss of the same rows is now J = {show(step.new_loss)}."),
        ),
    )


Row = tuple[Html, Html, str]


def _part(title: str, rows: Iterator[Row]) -> Html:
    return table(
        title, ("number", "formula", "value"), [(name, formula, value) for name, formula, value in rows], (2,)
    )


def _symbol(letter: str, layer: int, *places: int, row: int | None = None) -> Html:
    """A letter with its indices: the layer, then the neurons, from 1 on; the row where there are several."""
    below = ",".join([str(layer), *("" if not places else [" ".join(map(str, places))])])
    above = "" if row is None else f"<sup>({row})</sup>"
    return Html(f"<i>{letter}</i><sub>{below}</sub>{above}")


class _Show:
    """The rows of the tables, one a number."""

    def __init__(self, step: Trace, digits: int) -> None:
        self.step, self.digits = step, digits
        self.several = len(step.layers[0].inputs) > 1

    def __call__(self, value: float | Tensor) -> str:
        shown = f"{float(value):.{self.digits}f}"
        return shown if float(shown) else shown.removeprefix("-")

    def rows(self, layer: LayerTrace) -> Iterator[tuple[int, int | None, int]]:
        """Index and shown number of each row, and each neuron of the layer."""
        for row in range(len(layer.z)):
            for neuron in range(layer.z.shape[1]):
                yield row, (row + 1 if self.several else None), neuron

    def products(self, pairs: list[tuple[Tensor, Tensor]], also: Tensor | None = None) -> str:
        """A sum of products, with its numbers."""
        if len(pairs) > TERMS:
            return f"a sum of {len(pairs)} products" + ("" if also is None else f" + ({self(also)})")
        terms = [f"{self(a)} · {self._signed(b)}" for a, b in pairs]
        return " + ".join([*terms, *([] if also is None else [self._signed(also)])])

    def _signed(self, value: Tensor) -> str:
        shown = self(value)
        return f"({shown})" if shown.startswith("-") else shown

    def forward(self, index: int) -> Iterator[Row]:
        """z and a."""
        layer = self.step.layers[index - 1]
        for row, shown, j in self.rows(layer):
            z, a = (_symbol(letter, index, j + 1, row=shown) for letter in "za")
            pairs = list(zip(layer.weight[j], layer.inputs[row]))
            formula = f"W{index} a{index - 1}" + (f" + b{index}" if layer.bias is not None else "")
            summed = self.products(pairs, None if layer.bias is None else layer.bias[j])
            yield z, _formula(formula, summed), self(layer.z[row, j])
            of = "" if layer.activation == "identity" else f"{layer.activation}({self(layer.z[row, j])})"
            yield a, _formula(f"{layer.activation}(z{index})", of), self(layer.a[row, j])

    def loss(self) -> Iterator[Row]:
        """J, from the outputs and the target."""
        last = len(self.step.layers)
        outputs = "; ".join(", ".join(self(a) for a in row) for row in self.step.layers[-1].a)
        target = ", ".join(f"{y:g}" for y in self.step.target.double().reshape(-1).tolist())
        numbers = f"a{last} = {outputs}; y = {target}"
        values = self.step.layers[-1].a.reshape(-1)
        if self.step.loss_name == "mse" and len(values) <= TERMS:
            squares = (
                f"({self(a)} - {y:g})^2" for a, y in zip(values, self.step.target.reshape(-1).tolist())
            )
            numbers = " + ".join(squares).join(("(", f") / {len(values)}") if len(values) > 1 else ("", ""))
        formula = _formula(f"{self.step.loss_name}(a{last}, y)", numbers)
        yield Html("<i>J</i>"), formula, self(self.step.loss)

    def errors(self, index: int) -> Iterator[Row]:
        """dJ/da and delta."""
        layer, above = (
            self.step.layers[index - 1],
            self.step.layers[index] if index < len(self.step.layers) else None,
        )
        slope = _slope(layer)
        for row, shown, j in self.rows(layer):
            error = _symbol("δ", index, j + 1, row=shown)
            back = layer.a_gradient[row, j]
            if above is None:
                formula, summed = f"dJ/da{index}", self(back)
            else:
                formula = f"(W{index + 1}^T delta{index + 1})"
                summed = self.products(list(zip(above.weight[:, j], above.delta[row])))
                summed = f"({summed})" if len(above.weight) > 1 else summed
            if layer.activation != "identity":
                formula += f" * {layer.activation}'(z{index})"
                summed += "" if slope is None else f" · {self._signed(slope[row, j])}"
            yield error, _formula(formula, summed), self(layer.delta[row, j])

    def gradients(self, index: int) -> Iterator[Row]:
        """dJ/dW and dJ/db."""
        layer = self.step.layers[index - 1]
        for j, weights in enumerate(layer.weight_gradient):
            for i, value in enumerate(weights):
                pairs = list(zip(layer.delta[:, j], layer.inputs[:, i]))
                name = Html("d<i>J</i>/d") + _symbol("w", index, j + 1, i + 1)
                yield Html(name), _formula(f"delta{index} a{index - 1}^T", self.products(pairs)), self(value)
            if layer.bias_gradient is not None:
                name = Html("d<i>J</i>/d") + _symbol("b", index, j + 1)
                summed = (
                    " + ".join(self._signed(d) for d in layer.delta[:, j])
                    if 1 < len(layer.delta) <= TERMS
                    else ""
                )
                yield Html(name), _formula(f"delta{index}", summed), self(layer.bias_gradient[j])

    def update(self, index: int) -> Iterator[Row]:
        """The new weights and biases."""
        layer = self.step.layers[index - 1]
        for j, weights in enumerate(layer.weight):
            for i, old in enumerate(weights):
                name, gradient = _symbol("w", index, j + 1, i + 1), layer.weight_gradient[j, i]
                yield name, self._moved("w", "W", index, old, gradient), self(layer.new_weight[j, i])
            if layer.bias is not None and layer.new_bias is not None and layer.bias_gradient is not None:
                moved = self._moved("b", "b", index, layer.bias[j], layer.bias_gradient[j])
                yield _symbol("b", index, j + 1), moved, self(layer.new_bias[j])

    def _moved(self, letter: str, matrix: str, index: int, old: Tensor, gradient: Tensor) -> Html:
        if self.step.optimizer != "gradient_descent":
            return _formula(
                f"{self.step.optimizer}({letter}, dJ/d{letter})", f"{self(old)}; {self(gradient)}"
            )
        return _formula(
            f"{matrix}{index} - alpha dJ/d{matrix}{index}",
            f"{self(old)} - {self.step.rate:g} · {self._signed(gradient)}",
        )


def _slope(layer: LayerTrace) -> Tensor | None:
    """f'(z), where the activation works on each element alone."""
    try:
        return derivative(layer.activation, layer.z)
    except SpecError:
        return None


def _formula(symbols: str, numbers: str) -> Html:
    """The formula, and below it the same with numbers."""
    for letter in ("alpha", "delta"):
        symbols = symbols.replace(letter, {"alpha": "α", "delta": "δ"}[letter])
    shown = escape(symbols)
    return join(shown, tag("small", numbers)) if numbers else shown
